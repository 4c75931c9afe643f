import { Job, Queue } from 'bullmq';
import type { ChainableCommander, Redis } from 'ioredis';
import { wakeUpOptions, type WakeUpData } from './catalog.ts';
import { readable } from './entry.ts';
import type { Keys } from './keys.ts';
import { callCommand } from './scripts.ts';

/** The BullMQ queues of one connection. Their scripts are registered per connection, so transactions need them on their own. */
export interface BullQueues {
  get(queue: string): Queue;
  /** Adds a job to a transaction; it exists if, and only if, the rest of it does. */
  add(transaction: ChainableCommander, job: Job): void;
  /** Adds the wake-up of a mailbox to a transaction. One that exists already is enough: asking again is harmless. */
  wake(transaction: ChainableCommander, at: { readonly queue: string; readonly mailbox: string; readonly conversation: string }): void;
  close(): Promise<void>;
}

/** Opens queues by name on a connection and waits until BullMQ has its scripts there. */
export async function openBullQueues(options: {
  readonly redis: Redis;
  readonly keys: Keys;
  readonly names: readonly string[];
  readonly onError: (error: unknown) => void;
}): Promise<BullQueues> {
  const queues = new Map(options.names.map((name) => [name, new Queue(name, { connection: options.redis, prefix: options.keys.bullmq })]));
  for (const queue of queues.values()) queue.on('error', options.onError);
  try {
    await Promise.all([...queues.values()].map((queue) => queue.waitUntilReady()));
  } catch (error) {
    for (const queue of queues.values()) queue.close().catch(options.onError);
    throw error;
  }

  const get = (name: string): Queue => {
    const queue = queues.get(name);
    if (queue === undefined) throw new Error(`there is no queue ${name}; name its platform in the platforms of openQueues`);
    return queue;
  };
  return {
    get,
    add: addToTransaction,
    wake(transaction, { queue, mailbox, conversation }) {
      const data: WakeUpData = { mailbox, conversation: readable(conversation) };
      addToTransaction(transaction, new Job(get(queue), readable(conversation), data, wakeUpOptions(mailbox)));
    },
    close: async () => void (await Promise.all([...queues.values()].map((queue) => queue.close()))),
  };
}

function addToTransaction(transaction: ChainableCommander, job: Job): void {
  const before = transaction.length;
  const target: unknown = {
    runCommand: (name: string, args: readonly unknown[]): Promise<number> => {
      callCommand(transaction, name, [args]);
      return Promise.resolve(0);
    },
  };
  // Queued synchronously; the promise only carries BullMQ's look at an answer that does not exist before EXEC. BullMQ's type
  // asks for a whole client, its code for `runCommand` alone.
  void job.addJob(target as Parameters<Job['addJob']>[0], {}).catch(() => undefined);
  if (transaction.length === before)
    throw new Error(`BullMQ added no job to the transaction; was its queue opened on the same connection?`);
}
