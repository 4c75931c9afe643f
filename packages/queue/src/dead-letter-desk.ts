import type { Job, Queue } from 'bullmq';
import type { ChainableCommander, Redis } from 'ioredis';
import { z } from 'zod';
import { deadLetterSchema, deadQueue, type DeadLetter } from './catalog.ts';
import { revive, type Revival } from './dead-letters.ts';
import type { Keys } from './keys.ts';
import type { Mailboxes } from './mailbox.ts';
import type { BullQueues } from './wake-ups.ts';

/** Names one dead letter: its queue (`outbound-discord`, without `-dead`) and the id of its job there. */
export interface LetterRef {
  readonly queue: string;
  readonly id: string;
}

/** One dead letter in a list: all but what was written. */
export interface LetterLine extends LetterRef {
  readonly conversation: string;
  /** `<reason>: <the platform's answer>`. */
  readonly why: string;
  /** Unix milliseconds. */
  readonly diedAt: number;
}

/** Dead letters that have their reason and their conversation in common. */
export interface LetterGroup {
  readonly queue: string;
  readonly conversation: string;
  readonly why: string;
  /** False while no worker has looked at them, or while they are being retried: `why` only holds their place until then. */
  readonly told: boolean;
  readonly count: number;
  readonly oldestAt: number;
  readonly newestAt: number;
  /** Messages of that conversation that wait in its mailbox now; absent when the group's letters have just gone. */
  readonly waitingBehind: number | undefined;
  /** Its newest letter. */
  readonly newest: LetterRef;
}

/** Which dead letters are meant; all of them where nothing is said. */
export interface LetterFilter {
  readonly queue?: string | undefined;
  readonly conversation?: string | undefined;
  readonly why?: string | undefined;
}

/** A part of a list with how long the whole is. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly total: number;
  /** Dead letters that were not looked at, because there are more than `mostLookedAt`: the oldest ones. */
  readonly unseen: number;
}

/** A part of the groups, of whatever there was at one moment. */
export interface GroupPage extends Page<LetterGroup> {
  /** Dead letters of all groups together, the unseen ones as well; what counts them later is compared with this. */
  readonly letters: number;
}

/** Which part of a list. */
export interface Range {
  readonly from: number;
  readonly count: number;
}

/** What became of the letters that were to be retried or discarded. */
export interface Settled {
  readonly done: number;
  /** Gone already: somebody else was faster. */
  readonly missing: number;
}

/** Joins the transaction that retries or discards one letter. */
export type LetterNote = (transaction: ChainableCommander, letter: DeadLetter) => void;

/** The dead letters of all queues, for people. Every call throws when Redis does not answer. */
export interface DeadLetterDesk {
  list(filter: LetterFilter, range: Range): Promise<Page<LetterLine>>;
  /** Largest groups first. */
  groups(range: Range): Promise<GroupPage>;
  show(ref: LetterRef): Promise<DeadLetter | undefined>;
  /** The references of all that a filter means, for `retry` and `discard`. */
  matching(filter: LetterFilter): Promise<readonly LetterRef[]>;
  /**
   * Puts each message back at the end of its conversation, in the order in which they died; from then on order is kept. A letter
   * that is retried twice, also at the same time, comes back once.
   */
  retry(refs: readonly LetterRef[], note?: LetterNote): Promise<Settled>;
  /** Removes them for good. */
  discard(refs: readonly LetterRef[], note?: LetterNote): Promise<Settled>;
}

/** More than anybody reads; grouping looks at this many of the newest of each queue, some 3 MB. */
export const mostLookedAt = 10_000;
const pipelined = 1_000;

interface DeskOptions {
  readonly redis: Redis;
  readonly keys: Keys;
  readonly bull: BullQueues;
  readonly mailboxes: Mailboxes;
  /** Queues with mailboxes, without `-dead`. */
  readonly queues: readonly string[];
}

/** A desk on a connection that `bull` was opened on. */
export function createDesk(options: DeskOptions): DeadLetterDesk {
  return new Desk(options);
}

class Desk implements DeadLetterDesk {
  readonly #options: DeskOptions;
  constructor(options: DeskOptions) {
    this.#options = options;
  }

  async list(filter: LetterFilter, { from, count }: Range): Promise<Page<LetterLine>> {
    const { lines, unseen } = await this.#lines(filter);
    return { items: lines.slice(from, from + count), total: lines.length, unseen };
  }

  async groups({ from, count }: Range): Promise<GroupPage> {
    const { lines, unseen } = await this.#lines({});
    const groups = grouped(lines);
    const items = await Promise.all(groups.slice(from, from + count).map((group) => this.#withWaiting(group)));
    return { items, total: groups.length, unseen, letters: lines.length + unseen };
  }

  async show(ref: LetterRef): Promise<DeadLetter | undefined> {
    const job = await this.#job(ref);
    return job === undefined ? undefined : letterOf(job);
  }

  async matching(filter: LetterFilter): Promise<readonly LetterRef[]> {
    const { lines } = await this.#lines(filter);
    return lines.map(({ queue, id }) => ({ queue, id }));
  }

  retry(refs: readonly LetterRef[], note?: LetterNote): Promise<Settled> {
    return this.#each(refs, async (job, letter) => {
      const { redis, keys, bull, mailboxes } = this.#options;
      const revival: Revival = {
        redis,
        keys,
        bull,
        mailboxes,
        ...(note === undefined ? {} : { also: (transaction) => note(transaction, letter) }),
      };
      // First back into its mailbox, then off the list: a crash in between leaves a letter whose retry appends nothing.
      await revive(letter, revival);
      await remove(job);
    });
  }

  discard(refs: readonly LetterRef[], note?: LetterNote): Promise<Settled> {
    return this.#each(refs, async (job, letter) => {
      await remove(job);
      if (note === undefined) return;
      const transaction = this.#options.redis.multi();
      note(transaction, letter);
      await transaction.exec();
    });
  }

  /** One after the other, so that messages of one conversation come back in the order in which they died. */
  async #each(refs: readonly LetterRef[], act: (job: Job, letter: DeadLetter) => Promise<void>): Promise<Settled> {
    const found: { readonly job: Job; readonly letter: DeadLetter }[] = [];
    for (let from = 0; from < refs.length; from += pipelined) {
      const jobs = await Promise.all(refs.slice(from, from + pipelined).map((ref) => this.#job(ref)));
      for (const job of jobs) {
        const letter = job === undefined ? undefined : letterOf(job);
        if (job !== undefined && letter !== undefined) found.push({ job, letter });
      }
    }
    for (const { job, letter } of found.toSorted((a, b) => inOrderOfDeath(a.letter, b.letter))) await act(job, letter);
    return { done: found.length, missing: refs.length - found.length };
  }

  async #job({ queue, id }: LetterRef): Promise<Job | undefined> {
    if (!this.#options.queues.includes(queue)) return undefined;
    const job: Job | undefined = await this.#options.bull.get(deadQueue(queue)).getJob(id);
    return job;
  }

  async #withWaiting(group: Omit<LetterGroup, 'waitingBehind'>): Promise<LetterGroup> {
    const { redis, keys } = this.#options;
    const letter = await this.show(group.newest);
    const waitingBehind = letter === undefined ? undefined : await redis.llen(keys.mailbox(letter.queue, letter.mailbox));
    return { ...group, waitingBehind };
  }

  async #lines(filter: LetterFilter): Promise<{ readonly lines: readonly LetterLine[]; readonly unseen: number }> {
    const { queues, bull, redis, keys } = this.#options;
    const wanted = queues.filter((queue) => filter.queue === undefined || filter.queue === queue);
    const read = await Promise.all(wanted.map((queue) => linesOf({ queue, bull: bull.get(deadQueue(queue)), redis, keys })));
    const lines = read
      .flatMap((one) => one.lines)
      .filter((line) => filter.conversation === undefined || line.conversation === filter.conversation)
      .filter((line) => filter.why === undefined || line.why === filter.why)
      .toSorted((a, b) => b.diedAt - a.diedAt || (b.id < a.id ? -1 : 1));
    return { lines, unseen: read.reduce((sum, one) => sum + one.unseen, 0) };
  }
}

interface Reading {
  readonly queue: string;
  readonly bull: Queue;
  readonly redis: Redis;
  readonly keys: Keys;
}

/** Reads what a list shows and leaves the messages themselves where they are. */
async function linesOf({ queue, bull, redis, keys }: Reading): Promise<{ lines: LetterLine[]; unseen: number }> {
  const states = ['failed', 'waiting', 'active', 'delayed'] as const;
  const [counts, ids] = await Promise.all([bull.getJobCounts(...states), bull.getRanges([...states], 0, mostLookedAt - 1)]);
  const total = Object.values(counts).reduce((sum, count) => sum + count, 0);
  const lines: LetterLine[] = [];
  for (let from = 0; from < ids.length; from += pipelined) {
    const part = ids.slice(from, from + pipelined);
    const pipeline = redis.pipeline();
    for (const id of part) pipeline.hmget(keys.job(deadQueue(queue), id), 'name', 'failedReason', 'timestamp');
    for (const [index, [, answer]] of ((await pipeline.exec()) ?? []).entries()) {
      const [name, why, timestamp] = lineAnswer.parse(answer);
      const id = part[index];
      // Gone since its id was read.
      if (id === undefined || timestamp === null) continue;
      lines.push({ queue, id, conversation: name ?? '', why: why === null || why === '' ? notYetTold : why, diedAt: Number(timestamp) });
    }
  }
  return { lines, unseen: Math.max(0, total - ids.length) };
}

const lineAnswer = z.tuple([z.string().nullable(), z.string().nullable(), z.string().nullable()]);

/** No worker has looked at it yet, or it is being retried. */
const notYetTold = 'on its way';

function grouped(lines: readonly LetterLine[]): Omit<LetterGroup, 'waitingBehind'>[] {
  const groups = new Map<string, Omit<LetterGroup, 'waitingBehind'>>();
  for (const { queue, id, conversation, why, diedAt } of lines) {
    const name = JSON.stringify([queue, conversation, why]);
    const known = groups.get(name);
    // Newest first, so the first of a group is its newest.
    const newest = { queue, conversation, why, told: why !== notYetTold, newestAt: diedAt, newest: { queue, id } };
    if (known === undefined) groups.set(name, { ...newest, count: 1, oldestAt: diedAt });
    else groups.set(name, { ...known, count: known.count + 1, oldestAt: diedAt });
  }
  return [...groups.values()].toSorted((a, b) => b.count - a.count || b.newestAt - a.newestAt);
}

function letterOf(job: Job): DeadLetter | undefined {
  const parsed = deadLetterSchema.safeParse(job.data);
  return parsed.success ? parsed.data : undefined;
}

/** Two of one conversation that died within the same millisecond died in the same process, whose clock tells them apart. */
function inOrderOfDeath(a: DeadLetter, b: DeadLetter): number {
  return Date.parse(a.died) - Date.parse(b.died) || (a.tick ?? 0) - (b.tick ?? 0);
}

/** One that a worker holds at this moment removes itself. */
async function remove(job: Job): Promise<void> {
  try {
    await job.remove();
  } catch (error) {
    if (!(error instanceof Error && /lock/i.test(error.message))) throw error;
  }
}
