import { Job, UnrecoverableError, Worker } from 'bullmq';
import type { ChainableCommander, Redis } from 'ioredis';
import { deadLetterOptions, deadLetterSchema, deadQueue, seenSeconds, type DeadLetter } from './catalog.ts';
import { decodeEntry, encodeEntry, entryBody, nextLife, readable } from './entry.ts';
import { keyPart, type Keys } from './keys.ts';
import type { MailboxAt, Mailboxes } from './mailbox.ts';
import { transact } from './transaction.ts';
import type { BullQueues } from './wake-ups.ts';
import type { Also, WorkerHandle } from './types.ts';

/** What becomes a dead letter, and why. */
export interface Death extends MailboxAt {
  readonly conversation: string;
  readonly entry: string;
  readonly id: string;
  readonly reason: string;
  readonly detail: string;
  readonly answer?: DeadLetter['answer'];
  readonly attempts: number;
  /** What is done of it already, so that a retry does not do it again. */
  readonly progress?: string | undefined;
}

/** What burying needs. */
export interface Grave {
  readonly keys: Keys;
  readonly bull: BullQueues;
  readonly mailboxes: Mailboxes;
}

/** Takes an entry off and makes it a dead letter: both, or neither when another worker has dealt with it meanwhile. */
export function bury(transaction: ChainableCommander, { keys, bull, mailboxes }: Grave, death: Death): void {
  const { queue, mailbox, conversation, id, reason, detail, answer, attempts, entry } = death;
  const message = decodeEntry(entry);
  const content = message === undefined ? { text: entryBody(entry) } : { message: withProgress(message, death.progress) };
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
    tick: performance.now(),
    ...content,
  };
  // An id per life of an entry: a transaction that a broken connection repeats, or two workers racing, make one letter.
  const dead = deadQueue(queue);
  const jobId = `dead-${keyPart(id)}`;
  mailboxes.onlyIfHead(transaction, death, {
    id,
    job: keys.job(dead, jobId),
    add: () => bull.add(transaction, new Job(bull.get(dead), letter.conversation, letter, deadLetterOptions, jobId)),
  });
  mailboxes.take(transaction, death, { id, delivered: false });
}

const withProgress = (message: unknown, progress: string | undefined): unknown =>
  progress === undefined || typeof message !== 'object' ? message : { ...message, progress };

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
  const worker = new Worker(name, (job) => settleLetter(job, options), {
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

/**
 * Runs a dead letter's job: the first time it fails, which is what keeps it in the list; after that it revives its message.
 * @throws on the first run.
 */
export async function settleLetter(job: Job, options: Omit<DeadLetterOptions, 'onError'>): Promise<void> {
  const letter = deadLetterSchema.parse(job.data);
  // Counts failures only, so a worker that dies in the middle changes nothing.
  if (job.attemptsMade === 0) throw new UnrecoverableError(letter.detail === '' ? letter.reason : `${letter.reason}: ${letter.detail}`);
  await revive(letter, options);
}

/** What putting a dead letter back takes. */
export interface Revival extends Pick<DeadLetterOptions, 'redis' | 'keys' | 'bull' | 'mailboxes'> {
  /** Joins the transaction. */
  readonly also?: Also;
}

/** Puts the message back at the end of its conversation; once, however often it is asked for the same life of it. */
export async function revive(letter: DeadLetter, { keys, bull, mailboxes, redis, also }: Revival): Promise<void> {
  const id = nextLife(letter.id);
  const entry = letter.message === undefined ? `${id}\n${letter.text ?? ''}` : encodeEntry(id, letter.message);
  // A second run of the same retry, after a crash between here and the job's end, appends nothing.
  const seen = keys.seen(letter.queue, id);
  await transact(redis, {
    own(transaction) {
      mailboxes.append(transaction, letter, { seen, entry, seconds: seenSeconds });
      bull.wake(transaction, letter);
    },
    also,
  });
}
