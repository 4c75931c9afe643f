import { Job, UnrecoverableError, Worker } from 'bullmq';
import type { ChainableCommander, Redis } from 'ioredis';
import { deadLetterOptions, deadLetterSchema, deadQueue, seenSeconds, type DeadLetter } from './catalog.ts';
import { decodeEntry, encodeEntry, entryBody, nextLife, readable } from './entry.ts';
import { keyPart, type Keys } from './keys.ts';
import type { MailboxAt, Mailboxes } from './mailbox.ts';
import { transact } from './transaction.ts';
import type { BullQueues } from './wake-ups.ts';
import type { WorkerHandle } from './types.ts';

/** What becomes a dead letter, and why. */
export interface Death extends MailboxAt {
  readonly conversation: string;
  readonly entry: string;
  readonly id: string;
  readonly reason: string;
  readonly detail: string;
  readonly answer?: DeadLetter['answer'];
  readonly attempts: number;
}

/** Adds a dead letter to the transaction that takes its entry off. */
export function bury(transaction: ChainableCommander, bull: BullQueues, death: Death): void {
  const { queue, mailbox, conversation, id, reason, detail, answer, attempts, entry } = death;
  const message = decodeEntry(entry);
  const content = message === undefined ? { text: entryBody(entry) } : { message };
  const letter = {
    queue,
    mailbox,
    conversation: readable(conversation),
    id,
    reason,
    detail,
    ...(answer === undefined ? {} : { answer }),
    attempts,
    died: new Date().toISOString(),
    ...content,
  };
  // An id per life of an entry: a transaction that a broken connection repeats, or two workers racing, make one letter.
  bull.add(transaction, new Job(bull.get(deadQueue(queue)), letter.conversation, letter, deadLetterOptions, `dead-${keyPart(id)}`));
}

/** What the worker of one queue's dead letters needs. */
export interface DeadLetterOptions {
  readonly queue: string;
  readonly redis: Redis;
  readonly keys: Keys;
  readonly bull: BullQueues;
  readonly mailboxes: Mailboxes;
  readonly onError: (error: unknown, where: string) => void;
}

/**
 * Makes a queue's dead letters a list that any BullMQ dashboard can work with: the first run of a letter fails at once with
 * its reason, so it shows under Failed; a retry of it puts the message back at the end of its conversation.
 */
export async function startDeadLetters(options: DeadLetterOptions): Promise<WorkerHandle> {
  const name = deadQueue(options.queue);
  const worker = new Worker(name, (job) => settle(job, options), {
    connection: options.redis,
    prefix: options.keys.bullmq,
    concurrency: 5,
    maxStalledCount: 1_000_000_000,
  });
  worker.on('error', (error) => options.onError(error, name));
  await worker.waitUntilReady();
  return {
    stop: async (graceMs) => {
      const closed = worker.close();
      await Promise.race([closed, new Promise((resolve) => setTimeout(resolve, graceMs))]);
    },
  };
}

async function settle(job: Job, options: DeadLetterOptions): Promise<void> {
  const letter = deadLetterSchema.parse(job.data);
  // Counts failures only, so a worker that dies in the middle changes nothing.
  if (job.attemptsMade === 0) throw new UnrecoverableError(letter.detail === '' ? letter.reason : `${letter.reason}: ${letter.detail}`);
  await revive(letter, options);
}

async function revive(letter: DeadLetter, { keys, bull, mailboxes, redis }: DeadLetterOptions): Promise<void> {
  const id = nextLife(letter.id);
  const entry = letter.message === undefined ? `${id}\n${letter.text ?? ''}` : encodeEntry(id, letter.message);
  // A second run of the same retry, after a crash between here and the job's end, appends nothing.
  const seen = keys.seen(letter.queue, id);
  await transact(redis, {
    own(transaction) {
      mailboxes.append(transaction, letter, { seen, entry, seconds: seenSeconds });
      bull.wake(transaction, letter);
    },
  });
}
