import { Queue, Worker } from 'bullmq';
import { Redis } from 'ioredis';
import { pace } from './pace.ts';
import { ms, percentiles } from './percentiles.ts';

/** What plain BullMQ does here with the same three hops and no order, journal or settlement: the yardstick for the bridge's figures. */
export async function plainBullmq(redisUrl: string): Promise<readonly string[]> {
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
  const one = async (id: string): Promise<number> => {
    const started = performance.now();
    const arrived = new Promise<number>((resolve) => void waiting.set(id, resolve));
    await inbound.add('event', { id });
    return (await arrived) - started;
  };
  const lines: string[] = [];
  for (const [perSecond, count] of [
    [20, 200],
    [200, 2_000],
  ] as const) {
    const took: Promise<number>[] = [];
    await pace({ perSecond, count, act: (n) => took.push(one(`${perSecond}-${n}`)) });
    const { p50, p99 } = percentiles(await Promise.all(took));
    lines.push(`plain BullMQ, three hops in one process, ${perSecond} msg/s: p50 ${ms(p50)}, p99 ${ms(p99)}`);
  }
  const count = 10_000;
  const started = performance.now();
  await Promise.all(Array.from({ length: count }, (_, n) => one(`burst-${n}`)));
  lines.push(`plain BullMQ, three hops in one process, burst: ${((count * 1000) / (performance.now() - started)).toFixed(0)} msg/s`);
  await Promise.all([...workers.map((worker) => worker.close()), inbound.close(), outbound.close()]);
  connection.disconnect();
  return lines;
}
