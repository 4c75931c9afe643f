import { randomUUID } from 'node:crypto';
import type { Delivery } from '@bridge/core';
import type { ChainableCommander, Redis } from 'ioredis';
import { entrySchemas, issuesOf, type WakeUpData } from './catalog.ts';
import { bury, type Death } from './dead-letters.ts';
import { decodeEntry } from './entry.ts';
import type { Keys } from './keys.ts';
import { readPeek, type Head, type MailboxAt, type Mailboxes, type Peeked, type Right } from './mailbox.ts';
import type { PlatformGate } from './platform-gate.ts';
import { transact, untilAnswered, type Plan } from './transaction.ts';
import type { End, Turn } from './turns.ts';
import type { Also, Attempt, Outcome, SenderOptions } from './types.ts';
import type { BullQueues } from './wake-ups.ts';

/** What turns with the mailboxes of one outbound queue need. */
export interface SenderContext {
  readonly redis: Redis;
  readonly keys: Keys;
  readonly bull: BullQueues;
  readonly mailboxes: Mailboxes;
  readonly gate: PlatformGate;
  readonly lockDurationMs: number;
  readonly batch: number;
  readonly pauseMs: number;
  readonly deliver: SenderOptions['deliver'];
  readonly onError: (error: unknown, where: string) => void;
}

/** What a settled head leads to: the next one, or the end of the turn. */
type Next = Peeked | { readonly kind: 'end'; readonly end: End };
const end = (value: End): Next => ({ kind: 'end', end: value });

const longestThrowDelayMs = 30_000;

/** Sends the messages of one conversation, in order, until it is empty, its share is used up, or something says wait. */
export async function sendTurn(turn: Turn, context: SenderContext): Promise<End> {
  return new SenderTurn(turn, context).run();
}

class SenderTurn {
  readonly #turn: Turn;
  readonly #context: SenderContext;
  readonly #at: MailboxAt;
  readonly #right: Omit<Right, 'nonce'>;
  readonly #nonce = randomUUID();
  #taken = 0;

  constructor(turn: Turn, context: SenderContext) {
    this.#turn = turn;
    this.#context = context;
    this.#at = { queue: turn.queue, mailbox: turn.data.mailbox };
    this.#right = { jobId: turn.jobId, token: turn.token, lockDurationMs: context.lockDurationMs, pauseMs: context.pauseMs };
  }

  async run(): Promise<End> {
    const { redis, mailboxes } = this.#context;
    const at = performance.now();
    let next: Next = this.#confirmed(await mailboxes.peek(redis, this.#at, this.#nextRight()), at);
    for (;;) {
      switch (next.kind) {
        case 'head':
          next = this.#turn.stopping() ? await this.#giveBack(next) : await this.#send(next);
          break;
        case 'held':
          return { kind: 'held', delayMs: next.delayMs, shown: { why: next.reason } };
        case 'empty':
          return { kind: 'done' };
        case 'fenced':
          return { kind: 'lost' };
        case 'end':
          return next.end;
        default: {
          const never: never = next;
          return never;
        }
      }
    }
  }

  /** The attempts of a turn are numbered by what it has taken off: one head has one attempt per turn. */
  #nextRight(): Right {
    return { ...this.#right, nonce: `${this.#nonce}.${this.#taken}` };
  }

  #confirmed(peeked: Peeked, at: number): Peeked {
    if (peeked.kind === 'head') this.#turn.confirm(at, peeked.lockLeftMs);
    return peeked;
  }

  async #send(head: Head): Promise<Next> {
    const parsed = entrySchemas.outbound.safeParse(decodeEntry(head.entry));
    if (!parsed.success) return this.#bury(head, { reason: 'not a delivery', detail: issuesOf(parsed.error) });
    const { progress, ...delivery } = parsed.data;
    let outcome: Outcome;
    try {
      outcome = await this.#context.deliver(this.#attempt({ ...head, progress: head.progress ?? progress }, delivery));
    } catch (error) {
      return this.#unknown(head, error);
    }
    return outcome.kind === 'settled' ? this.#settle(head, outcome.also) : this.#failed(head, outcome);
  }

  #attempt(head: Head, delivery: Delivery): Attempt {
    const turn = this.#turn;
    const { redis, mailboxes } = this.#context;
    const { nonce } = this.#nextRight();
    return {
      delivery,
      attempt: head.attempt,
      ageMs: head.ageMs,
      ambiguous: head.ambiguous,
      progress: head.progress,
      saveProgress: async (progress) => {
        await untilAnswered(() => mailboxes.saveProgress(redis, this.#at, { id: head.id, nonce, progress }), turn.abandoned);
      },
      held: () => turn.held(),
      signal: turn.signal,
    };
  }

  /** The handler threw, so nobody knows: the attempt stays open in the journal, and the next one will be told. */
  async #unknown(head: Head, error: unknown): Promise<Next> {
    this.#context.onError(error, `deliver ${this.#at.queue}`);
    const delayMs = Math.min(longestThrowDelayMs, 1_000 * 2 ** Math.min(head.attempt - 1, 5));
    return end({ kind: 'delay', delayMs, shown: await this.#shown('the sender failed; its error is in the log') });
  }

  async #settle(head: Head, also: Also | undefined): Promise<Next> {
    const { mailboxes, gate } = this.#context;
    return this.#takeAnd(also, (transaction) => {
      mailboxes.take(transaction, this.#at, { id: head.id, delivered: true });
      if (head.probe) gate.open(transaction);
    });
  }

  async #bury(
    head: Head,
    why: Pick<Death, 'reason' | 'detail' | 'answer' | 'progress'> & { readonly also?: Also | undefined },
  ): Promise<Next> {
    const { gate } = this.#context;
    const death: Death = {
      ...this.#at,
      conversation: this.#turn.data.conversation,
      entry: head.entry,
      id: head.id,
      attempts: head.attempt,
      progress: why.progress,
      reason: why.reason,
      detail: why.detail,
      ...(why.answer === undefined ? {} : { answer: why.answer }),
    };
    return this.#takeAnd(why.also, (transaction) => {
      bury(transaction, this.#context, death);
      if (head.probe) gate.open(transaction);
    });
  }

  /** Takes the head off and looks at the next one in the same round trip. */
  async #takeAnd(also: Also | undefined, own: (transaction: ChainableCommander) => void): Promise<Next> {
    const { mailboxes, bull, batch } = this.#context;
    this.#taken += 1;
    const stopping = this.#turn.stopping();
    const goOn = !stopping && this.#taken < batch;
    const at = performance.now();
    const answers = await this.#transact({
      own: (transaction) => {
        own(transaction);
        if (goOn) mailboxes.addPeek(transaction, this.#at, this.#nextRight());
        // Asked for while this one still runs, the wake-up goes to the end of the line: the others have their turn first.
        else if (!stopping) bull.wake(transaction, { ...this.#at, conversation: this.#turn.data.conversation });
      },
      also,
    });
    if (goOn) return this.#confirmed(readPeek(answers.at(-1)), at);
    return end({ kind: stopping ? 'hand-back' : 'done' });
  }

  async #failed(head: Head, outcome: Outcome & { kind: 'failed' }): Promise<Next> {
    const { verdict, ambiguous, also, detail, answer, progress } = outcome;
    const { gate, pauseMs } = this.#context;
    const reason = 'reason' in verdict ? verdict.reason : '';
    const why = detail === '' ? reason : `${reason}: ${detail}`;
    switch (verdict.action) {
      case 'retry':
      case 'hold-conversation':
        await this.#close(head, { counts: verdict.action === 'retry', ambiguous, also }, (transaction) => {
          // A platform that limits one conversation has accepted the credential.
          if (head.probe) (verdict.action === 'retry' || outcome.unasked === true ? gate.endProbe : gate.open)(transaction);
        });
        return end({ kind: 'delay', delayMs: verdict.delayMs, shown: await this.#shown(why) });
      case 'hold-platform':
        await this.#close(head, { counts: false, ambiguous, also }, (transaction) => {
          gate.hold(transaction, verdict.reason, verdict.delayMs);
          if (head.probe) gate.open(transaction);
        });
        return end({ kind: 'held', delayMs: verdict.delayMs, shown: await this.#shown(why) });
      case 'pause-platform':
        await this.#close(head, { counts: false, ambiguous, also }, (transaction) => gate.pause(transaction, why, pauseMs));
        return end({ kind: 'held', delayMs: pauseMs, shown: await this.#shown(why) });
      case 'move-conversation':
        // The mailbox keeps its name, which is the conversation's first one; only the calls go elsewhere. It counts, so that
        // nobody is sent round in circles for ever.
        await this.#close(head, { counts: true, ambiguous, also }, (transaction) => {
          if (head.probe) gate.open(transaction);
        });
        return end({ kind: 'hand-back' });
      case 'dead-letter':
        return this.#bury(head, { reason: verdict.reason, detail, also, progress, ...(answer === undefined ? {} : { answer }) });
      case 'requeue':
        return this.#giveBack(head, { ambiguous, also });
      default: {
        const never: never = verdict;
        return never;
      }
    }
  }

  async #giveBack(
    head: Head,
    more: { readonly ambiguous: boolean; readonly also?: Also | undefined } = { ambiguous: false },
  ): Promise<Next> {
    await this.#close(head, { counts: false, ...more }, (transaction) => {
      if (head.probe) this.#context.gate.endProbe(transaction);
    });
    return end({ kind: 'hand-back' });
  }

  async #close(
    head: Head,
    how: { readonly counts: boolean; readonly ambiguous: boolean; readonly also?: Also | undefined },
    more: (transaction: ChainableCommander) => void,
  ): Promise<void> {
    await this.#transact({
      own: (transaction) => {
        this.#context.mailboxes.close(transaction, this.#at, {
          id: head.id,
          nonce: this.#nextRight().nonce,
          counts: how.counts,
          ambiguous: how.ambiguous,
        });
        more(transaction);
      },
      also: how.also,
    });
  }

  async #transact(plan: Plan): Promise<readonly unknown[]> {
    const { redis, onError } = this.#context;
    const onAlsoFailed = (error: unknown) => onError(error, `settle ${this.#at.queue}`);
    return untilAnswered(() => transact(redis, { ...plan, onAlsoFailed }), this.#turn.abandoned);
  }

  async #shown(why: string): Promise<Partial<WakeUpData>> {
    const { redis, keys } = this.#context;
    const { queue, mailbox } = this.#at;
    const [last, waiting] = await Promise.all([redis.hget(keys.last(queue), mailbox), redis.llen(keys.mailbox(queue, mailbox))]);
    return { waiting, why: why.slice(0, 500), ...(last === null ? {} : { lastDelivered: last }) };
  }
}
