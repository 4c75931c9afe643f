import type { ChainableCommander, Redis } from 'ioredis';
import type { Claim } from './local-jobs.ts';
import { QueueUnavailable, type Also } from './types.ts';

/** Answer of one command of a transaction. */
type Answer = readonly [error: Error | null, value: unknown];

/** A transaction's own commands come first; what `also` adds after them may fail without undoing them. */
export interface Plan {
  /** Adds the commands whose answers are wanted. */
  readonly own: (transaction: ChainableCommander) => void;
  /** Jobs to be taken of what its own commands add. */
  readonly claims?: readonly Claim[];
  readonly also?: Also | undefined;
  /** A command of `also` or a claim failed, or `also` itself threw: a programming error, since the effect it belongs to has happened. */
  readonly onAlsoFailed?: (error: unknown) => void;
}

/**
 * Begins a MULTI. ioredis copies every script of a connection onto each transaction, some hundred properties with BullMQ's, which
 * costs a fifth of a worker's time; built on a view without scripts it copies none, and `callCommand` finds them on the connection.
 */
export function beginTransaction(redis: Redis): ChainableCommander {
  const begin: () => ChainableCommander = redis.multi;
  const transaction = Reflect.apply(begin, viewOf(redis), []);
  Reflect.set(transaction, 'redis', redis);
  return transaction;
}

const views = new WeakMap<Redis, unknown>();

function viewOf(redis: Redis): unknown {
  const known = views.get(redis);
  if (known !== undefined) return known;
  const view: unknown = Object.create(redis, { scriptsSet: { value: {} } });
  views.set(redis, view);
  return view;
}

/**
 * Runs a plan as one MULTI and answers what its own commands answered.
 * @throws the first error of its own commands, or of the connection.
 */
export async function transact(redis: Redis, plan: Plan): Promise<readonly unknown[]> {
  const transaction = beginTransaction(redis);
  plan.own(transaction);
  // The first command of the chain is MULTI itself.
  const owned = transaction.length - 1;
  for (const claim of plan.claims ?? []) claim.add(transaction);
  addAlso(transaction, plan);
  const answers = await transaction.exec();
  if (answers === null) throw new QueueUnavailable('Redis discarded the transaction; try again');
  return check(redis, plan, { answers, owned });
}

function addAlso(transaction: ChainableCommander, plan: Plan): void {
  try {
    plan.also?.(transaction);
  } catch (error) {
    plan.onAlsoFailed?.(error);
  }
}

function check(redis: Redis, plan: Plan, result: { readonly answers: readonly Answer[]; readonly owned: number }): readonly unknown[] {
  const values = result.answers.slice(0, result.owned).map(([error, value]) => {
    if (error !== null) throw forgetScripts(redis, error);
    return value;
  });
  for (const [index, [error, value]] of result.answers.slice(result.owned).entries()) {
    const claim = plan.claims?.[index];
    if (error === null) claim?.read(value);
    else {
      const told = forgetScripts(redis, error);
      plan.onAlsoFailed?.(told);
      claim?.lose();
    }
  }
  return values;
}

/**
 * Inside a MULTI ioredis does not notice that Redis forgot a script (SCRIPT FLUSH, or eviction since Redis 7.4) and would name
 * it by its digest for ever; a new socket makes it send the text again.
 */
function forgetScripts(redis: Redis, error: Error): Error {
  if (error.message.includes('NOSCRIPT')) redis.disconnect(true);
  return error;
}

const lostConnection =
  /connection|closed|writeable|ECONN|EPIPE|timed out|LOADING|READONLY|NOSCRIPT|MASTERDOWN|CLUSTERDOWN|TRYAGAIN|max retries/i;

/** Whether a command failed because Redis, or the way to it, went away: it may or may not have been carried out. */
export const isConnectionLost = (error: unknown): error is Error => error instanceof Error && lostConnection.test(error.message);

/**
 * Repeats an idempotent step until Redis has answered it, since what it settles has already happened elsewhere.
 * @throws errors that a repetition cannot mend, and the last one once `signal` aborts.
 */
export async function untilAnswered<T>(step: () => Promise<T>, signal: AbortSignal): Promise<T> {
  for (;;) {
    try {
      return await step();
    } catch (error) {
      if (signal.aborted || !isConnectionLost(error)) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}
