import { setTimeout as sleep } from 'node:timers/promises';
import type { Installation, RoleProcess } from '../tests/support/processes.ts';
import { until } from '../tests/support/until.ts';
import { type World, createWorld } from '../tests/support/world.ts';
import { startBridge } from './start-bridge.ts';

const rooms = 20;
/** Long enough for a sender to have calls under way when it ends. */
const apiLatencyMs = 300;
const rounds = 5;

interface Way {
  readonly what: string;
  readonly senders: number;
  readonly signal: NodeJS.Signals;
}

const ways: readonly Way[] = [
  { what: 'kill -9 of one of two senders', senders: 2, signal: 'SIGKILL' },
  { what: 'kill -9 of the only sender, started again at once', senders: 1, signal: 'SIGKILL' },
  { what: 'SIGTERM to one of two senders', senders: 2, signal: 'SIGTERM' },
  { what: 'SIGTERM to the only sender, started again at once', senders: 1, signal: 'SIGTERM' },
];

/** From the end of a sender until each conversation goes on, at default settings. */
export async function recovery(redisUrl: string): Promise<readonly string[]> {
  const lines: string[] = [];
  for (const way of ways) lines.push(await measure(redisUrl, way));
  return lines;
}

async function measure(redisUrl: string, { what, senders, signal }: Way): Promise<string> {
  const world = await createWorld({ bridges: rooms });
  const processes = ['ingress', 'gateway', 'router', ...Array.from({ length: senders }, () => 'sender')];
  const bridge = await startBridge({ world, redisUrl, processes });
  const load = createLoad(world);
  const took: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    await load.settled();
    // Workers look at times of their own for what others have left.
    await sleep(5_000 + Math.random() * 5_000);
    world.simulators.discord.faults.latencyMs = apiLatencyMs;
    load.write();
    // Half of them stand in a call, and the others are about to.
    await load.reached(rooms / 2);
    const victim = latestSender(bridge);
    const ended = end(bridge, { victim, signal });
    const at = performance.now();
    world.simulators.discord.faults.latencyMs = 0;
    load.write();
    await load.settled();
    took.push(performance.now() - at);
    await ended;
  }
  await bridge.stop();
  await world.close();
  return `${what}: the last of ${rooms} conversations goes on after ${took.map((each) => `${(each / 1000).toFixed(2)} s`).join(', ')}`;
}

function latestSender({ processes }: Installation): RoleProcess {
  const found = processes.findLast(({ roles }) => roles === 'sender');
  if (found === undefined) throw new Error('no sender runs');
  return found;
}

/** Ends a sender and puts another one in its place. */
async function end(
  bridge: Installation,
  { victim, signal }: { readonly victim: RoleProcess; readonly signal: NodeJS.Signals },
): Promise<void> {
  victim.kill(signal);
  await victim.exit;
  const next = bridge.add('sender');
  await until(() => next.output().includes('"msg":"started"'), { timeoutMs: 60_000 });
}

/** One message at a time into each room, from Telegram to Discord. */
function createLoad(world: World) {
  let written = 0;
  const arrived = new Map<number, Set<string>>();
  world.simulators.discord.onChange(({ kind, message }) => {
    const number = /load (\d+)/.exec(message.text)?.[1];
    if (kind === 'posted' && message.viaApi && number !== undefined) arrived.get(Number(number))?.add(message.room);
  });
  const reached = (count: number) =>
    until(() => (arrived.get(written)?.size ?? count) >= count, {
      timeoutMs: 120_000,
      why: () => `${arrived.get(written)?.size} of ${rooms} conversations went on`,
    });
  return {
    write() {
      written += 1;
      arrived.set(written, new Set());
      for (const room of world.rooms)
        world.simulators.telegram.post({ room: room.telegram, author: world.people.telegram, text: `load ${written}` });
    },
    /** The last message has arrived in so many rooms. */
    reached,
    settled: () => reached(rooms),
  };
}
