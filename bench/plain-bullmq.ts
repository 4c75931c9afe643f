import { Queue, Worker } from 'bullmq';
import { Redis } from 'ioredis';
import { createCpuMeter } from './cpu.ts';
import { pace } from './pace.ts';
import { ms, percentiles } from './percentiles.ts';

/** What plain BullMQ does here: the yardstick for the bridge's figures. */
export interface Plain {
  readonly lines: readonly string[];
  /** Milliseconds, by messages per second. */
  readonly latency: ReadonlyMap<number, { readonly p50: number; readonly p99: number }>;
  /** Messages per second. */
  readonly burst: number;
}

const what = 'plain BullMQ, three hops in one process';

/** Three hops with no order, journal or settlement, and no HTTP. */
export async function plainBullmq(redisUrl: string): Promise<Plain> {
  const hops = await openHops(redisUrl);
  const cpu = createCpuMeter(redisUrl, 'all three hops');
  const lines: string[] = [];
  const latency = new Map<number, { p50: number; p99: number }>();
  for (const [perSecond, count] of [
    [20, 200],
    [200, 2_000],
  ] as const) {
    const took: Promise<number>[] = [];
    await cpu.reset();
    await pace({ perSecond, count, act: (n) => took.push(hops.one(`${perSecond}-${n}`)) });
    const { p50, p99 } = percentiles(await Promise.all(took));
    latency.set(perSecond, { p50, p99 });
    lines.push(`${what}, ${perSecond} msg/s: p50 ${ms(p50)}, p99 ${ms(p99)}`, await cpu.perThousand(count));
  }
  const count = 10_000;
  await cpu.reset();
  const started = performance.now();
  await Promise.all(Array.from({ length: count }, (_, n) => hops.one(`burst-${n}`)));
  const burst = (count * 1000) / (performance.now() - started);
  lines.push(`${what}, burst: ${burst.toFixed(0)} msg/s`, await cpu.perThousand(count));
  cpu.close();
  await hops.close();
  return { lines, latency, burst };
}

async function openHops(redisUrl: string) {
  const connection = new Redis(redisUrl, { maxRetriesPerRequest: null });
  const inbound = new Queue('plain-inbound', { connection });
  const outbound = new Queue('plain-outbound', { connection });
  const options = { connection, concurrency: 50, removeOnComplete: { count: 0 } };
  const waiting = new Map<string, (at: number) => void>();
  const workers = [
    new Worker<{ id: string }>('plain-inbound', async (job) => void (await outbound.add('send', job.data)), options),
    new Worker<{ id: string }>('plain-outbound', async (job) => waiting.get(job.data.id)?.(performance.now()), options),
  ];
  await Promise.all(workers.map((worker) => worker.waitUntilReady()));
  return {
    /** Sends one message through and resolves with how long it took, milliseconds. */
    async one(id: string): Promise<number> {
      const started = performance.now();
      const arrived = new Promise<number>((resolve) => void waiting.set(id, resolve));
      await inbound.add('event', { id });
      return (await arrived) - started;
    },
    async close(): Promise<void> {
      await Promise.all([...workers.map((worker) => worker.close()), inbound.close(), outbound.close()]);
      connection.disconnect();
    },
  };
}
