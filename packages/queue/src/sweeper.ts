import type { Redis } from 'ioredis';
import { z } from 'zod';
import type { Keys } from './keys.ts';
import { runScript } from './scripts.ts';
import { beginTransaction } from './transaction.ts';
import type { BullQueues } from './wake-ups.ts';

const page = 500;
const orphansAnswer = z.array(z.string());

/**
 * Wakes every non-empty mailbox whose wake-up is gone, which takes a foreign hand: a job removed in a dashboard, say.
 * Answers how many there were. Running it twice, or in many places, does no harm.
 */
export async function sweepQueue(options: {
  readonly redis: Redis;
  readonly keys: Keys;
  readonly bull: BullQueues;
  readonly queue: string;
}): Promise<number> {
  const { redis, keys, bull, queue } = options;
  const ready = await redis.zcard(keys.ready(queue));
  let found = 0;
  for (let from = 0; from < ready; from += page) {
    const orphans = orphansAnswer.parse(
      await runScript(redis, 'orphans', {
        keys: [keys.ready(queue)],
        args: [from, from + page - 1, keys.wakeUp(queue, ''), keys.job(queue, '')],
      }),
    );
    if (orphans.length === 0) continue;
    const transaction = beginTransaction(redis);
    // The mailbox's name is all that is known of its conversation here; most often it is the same.
    for (const mailbox of orphans) bull.wake(transaction, { queue, mailbox, conversation: mailbox });
    await transaction.exec();
    found += orphans.length;
  }
  return found;
}

/** Sweeps again and again until stopped. */
export function startSweeping(
  sweep: () => Promise<number>,
  options: { readonly everyMs: number; readonly onError: (error: unknown, where: string) => void },
): { stop(): void } {
  const timer = setInterval(() => {
    sweep().catch((error: unknown) => options.onError(error, 'sweep'));
  }, options.everyMs);
  timer.unref();
  return { stop: () => clearInterval(timer) };
}
