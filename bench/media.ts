import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RoleProcess } from '../tests/support/processes.ts';
import { until } from '../tests/support/until.ts';
import { type World, createWorld } from '../tests/support/world.ts';
import { startBridge } from './start-bridge.ts';

const sampleMs = 10;
const settleMs = 5_000;

interface Crossing {
  readonly source: 'discord' | 'telegram';
  readonly target: 'discord' | 'telegram';
  /** Bytes of each video. Discord takes 20 MiB without boosts and 50 with two, Telegram gives a bot 20 MB and takes 50. */
  readonly size: number;
  readonly premiumTier?: 2;
  readonly videos: number;
}

/** Ten conversations, so that ten videos do travel at once. */
const crossings: readonly Crossing[] = [
  { source: 'discord', target: 'telegram', size: 20_000_000, videos: 1 },
  { source: 'discord', target: 'telegram', size: 20_000_000, videos: 10 },
  { source: 'telegram', target: 'discord', size: 20_000_000, videos: 1 },
  { source: 'telegram', target: 'discord', size: 20_000_000, videos: 10 },
  { source: 'telegram', target: 'discord', size: 20_000_000, videos: 1, premiumTier: 2 },
  { source: 'telegram', target: 'discord', size: 20_000_000, videos: 10, premiumTier: 2 },
];

/** How much more resident memory the one process with all roles has at its peak, while videos cross. */
export async function mediaMemory(redisUrl: string): Promise<readonly string[]> {
  const lines: string[] = [];
  for (const crossing of crossings) {
    const world = await createWorld({ bridges: 10, premiumTier: crossing.premiumTier ?? 0 });
    const bridge = await startBridge({ world, redisUrl, processes: ['ingress,gateway,router,sender'] });
    const [process] = bridge.processes;
    if (process === undefined) throw new Error('no process of the bridge runs');
    // What the first of its kind loads and compiles is not the video's.
    await carry(world, { ...crossing, size: 1_000 });
    await sleep(settleMs);
    const more = await peakWhile(process, () => carry(world, crossing));
    const { source, target, size, videos, premiumTier } = crossing;
    const where = premiumTier === undefined ? target : `${target} (a boosted server)`;
    lines.push(`resident memory, ${videos} × ${size / 1e6} MB video from ${source} to ${where}: ${more.toFixed(0)} MB more`);
    await bridge.stop();
    await world.close();
  }
  return lines;
}

async function peakWhile(process: RoleProcess, run: () => Promise<void>): Promise<number> {
  const before = await residentMegabytes(process);
  let peak = before;
  let running = true;
  const watched = (async () => {
    while (running) {
      peak = Math.max(peak, await residentMegabytes(process));
      await sleep(sampleMs);
    }
  })();
  await run().finally(() => (running = false));
  await watched;
  return peak - before;
}

async function residentMegabytes({ pid }: RoleProcess): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024;
}

async function carry(world: World, { source, target, size, videos }: Crossing): Promise<void> {
  const bytes = randomBytes(size);
  const rooms = world.rooms.slice(0, videos);
  for (const room of rooms)
    world.simulators[source].post({
      room: room[source],
      author: world.people[source],
      text: 'a video',
      files: [{ kind: 'video', name: 'video.mp4', mime: 'video/mp4', bytes }],
    });
  for (const room of rooms)
    await until(() => world.simulators[target].messages(room[target]).some(({ files = [] }) => files[0]?.size === size), {
      timeoutMs: 120_000,
      why: () => JSON.stringify(world.simulators[target].messages(room[target]).map(({ text, files }) => ({ text, files }))),
    });
}
