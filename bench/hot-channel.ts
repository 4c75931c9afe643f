import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '../tests/support/until.ts';
import { type PlatformName, type World, createWorld } from '../tests/support/world.ts';
import { ms, percentiles } from './percentiles.ts';
import { startBridge } from './start-bridge.ts';

const quietRooms = 9;
/** The rooms after the quiet ones. */
const [hotRoom, stuckRoom] = [9, 10];
/** Between two messages into the nine in turn: each gets 13 a minute, which a Telegram group may have for ever. */
const everyMs = 500;
const burst = 60;

/** What nine quiet channels notice of one that has more than its platform takes, and of one call that is never answered. */
export async function hotChannel(redisUrl: string): Promise<readonly string[]> {
  const lines: string[] = [];
  for (const [source, target] of [
    ['telegram', 'discord'],
    ['discord', 'telegram'],
  ] as const)
    lines.push(...(await measure({ redisUrl, source, target })));
  return lines;
}

interface Direction {
  readonly redisUrl: string;
  readonly source: PlatformName;
  readonly target: PlatformName;
}

async function measure({ redisUrl, source, target }: Direction): Promise<readonly string[]> {
  const world = await createWorld({ bridges: 11, limits: true });
  const bridge = await startBridge({ world, redisUrl, processes: ['ingress', 'gateway', 'router', 'sender'], limits: 'keep' });
  const write = (room: number, text: string) =>
    world.simulators[source].post({ room: world.rooms[room]?.[source] ?? '', author: world.people[source], text });
  const arrived = (text: string) => (room: number) =>
    world.simulators[target].messages(world.rooms[room]?.[target] ?? '').filter((message) => message.text.includes(text)).length;
  const quiet = createQuiet({ world, target, write });
  // The first call for each room finds out about the room, as for a webhook to write through.
  for (let room = 0; room < world.rooms.length; room += 1) write(room, 'first');
  await until(() => world.rooms.every((_, room) => arrived('first')(room) > 0), {
    timeoutMs: 120_000,
    why: () => 'not every room was reached',
  });
  await sleep(10_000);

  const undisturbed = await quiet.run(60);
  world.simulators[target].faults.add({ fault: { kind: 'hang' }, times: 1 });
  write(stuckRoom, 'unanswered');
  await until(() => world.simulators[target].faults.hits.hang === 1);
  const besideUnanswered = await quiet.run(30);
  const unanswered = arrived('unanswered')(stuckRoom) === 0;
  for (let n = 0; n < burst; n += 1) write(hotRoom, `burst ${n};`);
  const besideHot = await quiet.run(60);
  const left = burst - arrived('burst')(hotRoom);

  await bridge.stop();
  await world.close();
  const told = (p50: number) => `p50 ${ms(p50)}, × ${(p50 / undisturbed).toFixed(2)} of undisturbed`;
  return [
    `nine quiet channels, ${source} to ${target}, undisturbed: p50 ${ms(undisturbed)}`,
    `    while one call is not answered: ${told(besideUnanswered)}${unanswered ? '' : ' (it was answered meanwhile: not a measurement)'}`,
    `    while another channel got ${burst} messages at once: ${told(besideHot)} (${left} of them still waited for the limit at the end)`,
  ];
}

interface QuietOptions {
  readonly world: World;
  readonly target: PlatformName;
  write(room: number, text: string): void;
}

function createQuiet({ world, target, write }: QuietOptions) {
  const written = new Map<string, number>();
  let took: number[] = [];
  let count = 0;
  world.simulators[target].onChange(({ kind, message }) => {
    const at = written.get(/quiet \d+;/.exec(message.text)?.[0] ?? '');
    if (kind === 'posted' && message.viaApi && at !== undefined) took.push(performance.now() - at);
  });
  return {
    /** Writes into the quiet rooms in turn; resolves with the p50 of how long the messages took, milliseconds. */
    async run(messages: number): Promise<number> {
      took = [];
      for (let n = 0; n < messages; n += 1) {
        const text = `quiet ${(count += 1)};`;
        written.set(text, performance.now());
        write(count % quietRooms, text);
        await sleep(everyMs);
      }
      await until(() => took.length >= messages, { timeoutMs: 120_000, why: () => `${took.length} of ${messages} quiet messages arrived` });
      return percentiles(took).p50;
    },
  };
}
