import type { ChainableCommander, Redis } from 'ioredis';
import { z } from 'zod';
import { entryId } from './entry.ts';
import type { Keys } from './keys.ts';
import type { Claim } from './local-jobs.ts';
import { addScript, runScript, type ScriptInput } from './scripts.ts';
import type { WakeUp } from './wake-ups.ts';

/** One mailbox of one queue. */
export interface MailboxAt {
  readonly queue: string;
  readonly mailbox: string;
}

/** The lock of a wake-up job, by which its holder proves the right to send. */
export interface Right {
  readonly jobId: string;
  readonly token: string;
  readonly lockDurationMs: number;
  /** How long a paused platform is left alone after the probe that this peek may become. */
  readonly pauseMs: number;
  /** Names the attempt that this peek may begin; never used twice. */
  readonly nonce: string;
}

/** One element of a mailbox. */
export interface Entry {
  readonly entry: string;
  readonly id: string;
}

/** The first entry of a mailbox. */
export interface Seen extends Entry {
  readonly waiting: number;
}

/** A head that this worker may now send; the journal says so already. */
export interface Head extends Seen {
  readonly kind: 'head';
  readonly attempt: number;
  readonly ageMs: number;
  readonly ambiguous: boolean;
  readonly progress: string | undefined;
  /** Milliseconds that the lock was still good for when Redis looked. */
  readonly lockLeftMs: number;
  /** The one delivery let through to see whether a paused platform takes it again. */
  readonly probe: boolean;
}

/** What a peek finds. */
export type Peeked =
  | Head
  | { readonly kind: 'empty' }
  /** The lock is another's. */
  | { readonly kind: 'fenced' }
  /** The platform is held or paused. */
  | { readonly kind: 'held'; readonly delayMs: number; readonly reason: string };

/** A new entry, and what it is recognised by when it comes again. */
export interface Arrival {
  readonly seen: string;
  readonly entry: string;
  /** How long it is recognised. */
  readonly seconds: number;
}

/** One that is appended with its wake-up. */
export interface Accepted extends Arrival {
  readonly wakeUp: WakeUp;
  readonly claim?: Claim | undefined;
}

/** A mailbox that a routed entry goes to. */
export interface Target extends MailboxAt {
  readonly entry: string;
  readonly wakeUp: WakeUp;
}

/** What a hop moves. */
export interface Hop {
  readonly id: string;
  /** Ids of the entries after the head that go with it. */
  readonly behind: readonly string[];
  readonly targets: readonly Target[];
}

/** How an attempt ended that did not take its entry off. */
export interface Closing {
  readonly id: string;
  readonly nonce: string;
  /** False gives the attempt's number back. */
  readonly counts: boolean;
  readonly ambiguous: boolean;
}

const flag = z.number().transform((value) => value === 1);
const peekAnswer = z.union([
  z.tuple([z.literal('head'), z.string(), z.string(), z.number(), z.number(), z.number(), flag, z.string(), z.number(), flag]),
  z.tuple([z.literal('held'), z.number(), z.string().nullable()]),
  z.tuple([z.enum(['empty', 'fenced'])]),
]);
const acceptAnswer = z.tuple([z.number(), z.unknown()]);
const lookAnswer = z.union([z.tuple([z.string(), z.string(), z.number()]), z.tuple([])]);

/** Reads what the script `peek` answered. */
export function readPeek(answer: unknown): Peeked {
  const told = peekAnswer.parse(answer);
  switch (told[0]) {
    case 'head': {
      const [kind, entry, id, waiting, attempt, ageMs, ambiguous, progress, lockLeftMs, probe] = told;
      return { kind, entry, id, waiting, attempt, ageMs, ambiguous, progress: progress === '' ? undefined : progress, lockLeftMs, probe };
    }
    case 'held':
      return { kind: 'held', delayMs: told[1], reason: told[2] ?? 'the platform asked to wait' };
    default:
      return { kind: told[0] };
  }
}

/** Reads what the script `look` answered; undefined when the mailbox is empty. */
export function readLook(answer: unknown): Seen | undefined {
  const [entry, id, waiting] = lookAnswer.parse(answer);
  return entry === undefined || id === undefined || waiting === undefined ? undefined : { entry, id, waiting };
}

/** Everything that may be done to mailboxes. What takes a transaction only adds to it. */
export class Mailboxes {
  readonly #keys: Keys;
  constructor(keys: Keys) {
    this.#keys = keys;
  }

  /** Answers 1, or 0 when `seen` exists already. */
  append(transaction: ChainableCommander, at: MailboxAt, what: Arrival): void {
    addScript(transaction, 'append', { keys: [what.seen, ...this.#listAndReady(at)], args: [what.entry, at.mailbox, what.seconds] });
  }

  /** Appends with a wake-up, where one is needed: both or neither. Answers as `append`. A claim takes a job in the same step. */
  async accept(redis: Redis, at: MailboxAt, what: Accepted): Promise<boolean> {
    const { seen, entry, seconds, wakeUp, claim } = what;
    const keys = [seen, ...this.#listAndReady(at), ...wakeUp.keys];
    const args = [entry, at.mailbox, seconds, ...this.#owner(at), ...wakeUp.args];
    if (claim === undefined) return (await runScript(redis, 'accept', { keys, args })) === 1;
    try {
      const { input } = claim;
      const told = await runScript(redis, 'acceptAndTake', { keys: [...keys, ...input.keys], args: [...args, ...input.args] });
      const [accepted, taken] = acceptAnswer.parse(told);
      claim.read(taken);
      return accepted === 1;
    } catch (error) {
      claim.lose();
      throw error;
    }
  }

  /** The head, without any right to it. */
  async look(redis: Redis, at: MailboxAt): Promise<Seen | undefined> {
    return readLook(await runScript(redis, 'look', this.#lookInput(at)));
  }
  /** As `look`; `readLook` reads the answer. */
  addLook(transaction: ChainableCommander, at: MailboxAt): void {
    addScript(transaction, 'look', this.#lookInput(at));
  }

  /** The head with the right to send it, and the journal saying so. */
  async peek(redis: Redis, at: MailboxAt, right: Right): Promise<Peeked> {
    return readPeek(await runScript(redis, 'peek', this.#peekInput(at, right)));
  }
  /** As `peek`; `readPeek` reads the answer. */
  addPeek(transaction: ChainableCommander, at: MailboxAt, right: Right): void {
    addScript(transaction, 'peek', this.#peekInput(at, right));
  }

  /** Answers the number left, or -1 when `id` is no longer the head. */
  take(transaction: ChainableCommander, at: MailboxAt, what: { readonly id: string; readonly delivered: boolean }): void {
    const last = what.delivered ? `${what.id} ${new Date().toISOString()}` : '';
    addScript(transaction, 'take', {
      keys: [...this.#listAndReady(at), this.#keys.journal(at.queue, at.mailbox), this.#keys.last(at.queue)],
      args: [what.id, at.mailbox, last],
    });
  }

  /** What stands behind the head, at most `count`; nothing when `id` is no longer the head. */
  async behind(redis: Redis, at: MailboxAt, what: { readonly id: string; readonly count: number }): Promise<readonly Entry[]> {
    const [head, ...others] = await redis.lrange(this.#keys.mailbox(at.queue, at.mailbox), 0, what.count);
    if (head === undefined || entryId(head) !== what.id) return [];
    return others.map((entry) => ({ entry, id: entryId(entry) }));
  }

  /** Lets `add` add a job to the transaction only if the entry is still the head; the entry is to be taken after that. */
  onlyIfHead(transaction: ChainableCommander, at: MailboxAt, what: { readonly id: string; readonly job: string; add(): void }): void {
    addScript(transaction, 'guard', { keys: [this.#keys.mailbox(at.queue, at.mailbox), what.job], args: [what.id] });
    what.add();
    addScript(transaction, 'unguard', { keys: [what.job], args: [] });
  }

  /** Takes the head, and those `behind` it, and appends to the targets with their wake-ups, once. Answers as `take` does. */
  hop(transaction: ChainableCommander, at: MailboxAt, what: Hop): void {
    const { id, targets, behind } = what;
    addScript(transaction, 'hop', {
      keys: [...this.#listAndReady(at), ...targets.flatMap((target) => [...this.#listAndReady(target), ...target.wakeUp.keys])],
      args: [
        id,
        at.mailbox,
        targets.length,
        ...targets.flatMap((target) => [target.mailbox, target.entry, ...this.#owner(target), ...target.wakeUp.args]),
        ...behind,
      ],
    });
  }

  /** Ends an attempt whose message stays the head. */
  close(transaction: ChainableCommander, at: MailboxAt, what: Closing): void {
    addScript(transaction, 'close', {
      keys: [this.#keys.journal(at.queue, at.mailbox)],
      args: [what.id, what.nonce, what.counts ? 1 : 0, what.ambiguous ? 1 : 0],
    });
  }

  /** Notes how far an attempt at `id` has come, unless a later one has begun. */
  async saveProgress(
    redis: Redis,
    at: MailboxAt,
    what: { readonly id: string; readonly nonce: string; readonly progress: string },
  ): Promise<void> {
    await runScript(redis, 'progress', { keys: [this.#keys.journal(at.queue, at.mailbox)], args: [what.id, what.nonce, what.progress] });
  }

  #listAndReady({ queue, mailbox }: MailboxAt): [list: string, ready: string] {
    return [this.#keys.mailbox(queue, mailbox), this.#keys.ready(queue)];
  }

  /** Where the job of a mailbox is found. */
  #owner({ queue, mailbox }: MailboxAt): [owner: string, jobs: string] {
    return [this.#keys.wakeUp(queue, mailbox), this.#keys.job(queue, '')];
  }

  #lookInput(at: MailboxAt): ScriptInput {
    return { keys: this.#listAndReady(at), args: [at.mailbox] };
  }

  #peekInput(at: MailboxAt, right: Right): ScriptInput {
    const { queue, mailbox } = at;
    const keys = this.#keys;
    return {
      keys: [
        ...this.#listAndReady(at),
        keys.journal(queue, mailbox),
        keys.lock(queue, right.jobId),
        keys.stalled(queue),
        keys.hold(queue),
        keys.pause(queue),
      ],
      args: [right.token, mailbox, right.jobId, right.lockDurationMs, right.pauseMs, right.nonce],
    };
  }
}
