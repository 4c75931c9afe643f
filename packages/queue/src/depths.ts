import type { Redis } from 'ioredis';
import { deadQueue } from './catalog.ts';
import type { Keys } from './keys.ts';
import { createPlatformGate } from './platform-gate.ts';
import type { QueueDepth } from './types.ts';
import type { BullQueues } from './wake-ups.ts';

const page = 1_000;

/** What waits in one queue. Counts lists instead of keeping a counter, which could drift; pages, so as to block nobody. */
export async function depthOf(
  queue: string,
  { redis, keys, bull }: { readonly redis: Redis; readonly keys: Keys; readonly bull: BullQueues },
): Promise<QueueDepth> {
  const ready = keys.ready(queue);
  const [conversations, oldest, letters, pausedReason] = await Promise.all([
    redis.zcard(ready),
    redis.zrange(ready, 0, '0', 'WITHSCORES'),
    bull.get(deadQueue(queue)).getJobCounts('failed', 'waiting', 'active', 'delayed'),
    createPlatformGate(keys, queue).pausedReason(redis),
  ]);
  let waiting = 0;
  for (let from = 0; from < conversations; from += page) waiting += await lengths(redis, keys, { queue, from });
  const since = Number(oldest[1] ?? Number.NaN);
  return {
    queue,
    waiting,
    conversations,
    oldestWaitingMs: Number.isNaN(since) ? 0 : Math.max(0, Date.now() - since),
    dead: Object.values(letters).reduce((sum, count) => sum + count, 0),
    ...(pausedReason === undefined ? {} : { pausedReason }),
  };
}

async function lengths(redis: Redis, keys: Keys, at: { readonly queue: string; readonly from: number }): Promise<number> {
  const pipeline = redis.pipeline();
  for (const mailbox of await redis.zrange(keys.ready(at.queue), at.from, String(at.from + page - 1)))
    pipeline.llen(keys.mailbox(at.queue, mailbox));
  const answers = (await pipeline.exec()) ?? [];
  return answers.reduce((sum, [, length]) => sum + Number(length ?? 0), 0);
}
