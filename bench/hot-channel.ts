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
const settleMs = 10_000;

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

async function measure({ redisUrl, ...direction }: Direction): Promise<readonly string[]> {
  const world = await createWorld({ bridges: 11, limits: true });
  const bridge = await startBridge({ world, redisUrl, processes: ['ingress', 'gateway', 'router', 'sender'], limits: 'keep' });
  const rooms = createRooms(world, direction);
  const { hits } = rooms.faults;
  await rooms.warmUp();
  const undisturbed = await rooms.quiet(60);

  const release = rooms.faults.add({ fault: { kind: 'hang' }, times: 1 });
  rooms.write(stuckRoom, 'unanswered');
  await until(() => rooms.faults.hits.hang !== hits.hang);
  release();
  const besideUnanswered = await rooms.quiet(30);
  const answered = rooms.arrived(stuckRoom, 'unanswered') > 0;

  for (let n = 0; n < burst; n += 1) rooms.write(hotRoom, `burst ${n}`);
  const besideHot = await rooms.quiet(60);
  const left = burst - rooms.arrived(hotRoom, 'burst');
  await bridge.stop();
  await world.close();

  const told = ({ p50, max }: Took) => `p50 ${ms(p50)}, max ${ms(max)}, p50 × ${(p50 / undisturbed.p50).toFixed(2)} of undisturbed`;
  const { source, target } = direction;
  return [
    `nine quiet channels, ${source} to ${target}, undisturbed: p50 ${ms(undisturbed.p50)}, max ${ms(undisturbed.max)}`,
    `    while one call is not answered: ${told(besideUnanswered)}${answered ? ' (it was answered meanwhile: this tells nothing)' : ''}`,
    `    while another channel got ${burst} messages at once: ${told(besideHot)} (${left} of them still waited for the limit at the end)`,
  ];
}

type Took = ReturnType<typeof percentiles>;

/** What people write at the source, and how it arrives at the target. */
function createRooms(world: World, { source, target }: Omit<Direction, 'redisUrl'>) {
  const [from, to] = [world.simulators[source], world.simulators[target]];
  const written = new Map<string, number>();
  let took: number[] = [];
  let count = 0;
  to.onChange(({ kind, message }) => {
    const at = written.get(/quiet \d+/.exec(message.text)?.[0] ?? '');
    if (kind === 'posted' && message.viaApi && at !== undefined) took.push(performance.now() - at);
  });
  const write = (room: number, text: string) =>
    void from.post({ room: world.rooms[room]?.[source] ?? '', author: world.people[source], text });
  const arrived = (room: number, text: string): number =>
    to.messages(world.rooms[room]?.[target] ?? '').filter((message) => message.text.includes(text)).length;
  return {
    faults: to.faults,
    write,
    arrived,
    /** With a room's first message the bridge finds out about the room, or makes what it writes through. */
    async warmUp(): Promise<void> {
      for (const room of world.rooms.keys()) write(room, 'first');
      const all = () => [...world.rooms.keys()].every((room) => arrived(room, 'first') > 0);
      await until(all, { timeoutMs: 120_000, why: () => 'not every room was reached' });
      await sleep(settleMs);
    },
    /** Writes into the quiet rooms in turn; resolves with how long the messages took, milliseconds. */
    async quiet(messages: number): Promise<Took> {
      took = [];
      for (let n = 0; n < messages; n += 1) {
        count += 1;
        written.set(`quiet ${count}`, performance.now());
        write(count % quietRooms, `quiet ${count}`);
        await sleep(everyMs);
      }
      await until(() => took.length >= messages, { timeoutMs: 120_000, why: () => `${took.length} of ${messages} quiet messages arrived` });
      return percentiles(took);
    },
  };
}
