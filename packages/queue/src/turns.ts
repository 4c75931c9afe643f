import { DelayedError, RateLimitError, WaitingError, Worker, raw2NextJobData, type Job, type JobJson } from 'bullmq';
import type { Redis } from 'ioredis';
import { wakeUpSchema, type WakeUpData } from './catalog.ts';
import { type EndingStep, type FirstLook, type JoinedBackend, joinBackend } from './joined-backend.ts';
import type { Keys } from './keys.ts';
import { type Given, hardlyIdle, type LocalWorker } from './local-jobs.ts';
import type { BullQueues } from './wake-ups.ts';
import type { WorkerHandle } from './types.ts';

/** How a turn with a mailbox ends; carried out on its wake-up job. */
export type End =
  /** The mailbox is empty, or a further wake-up exists. */
  | { readonly kind: 'done' }
  /** The conversation waits; the worker's slot is free meanwhile. */
  | { readonly kind: 'delay'; readonly delayMs: number; readonly shown: Partial<WakeUpData> }
  /** The whole queue waits, in all workers. */
  | { readonly kind: 'held'; readonly delayMs: number; readonly shown: Partial<WakeUpData> }
  /** Any worker may go on at once. */
  | { readonly kind: 'hand-back' }
  /** The job is another worker's by now. */
  | { readonly kind: 'lost' };

/** The right to one mailbox, for as long as it lasts. */
export interface Turn {
  readonly queue: string;
  readonly data: WakeUpData;
  readonly jobId: string;
  readonly token: string;
  /** What was in the mailbox when the job was taken, for whoever looks first. */
  readonly first?: FirstLook | undefined;
  /** The end of the turn, for the transaction that may empty the mailbox; after `ended` it ends as done, and asks nothing more. */
  ending(): EndingStep;
  /** True once the worker wants no further message begun. */
  stopping(): boolean;
  /** Whether the lock is surely still ours, by this process's own monotonic clock. */
  held(): boolean;
  /** The lock was ours, and good for `forMs` more, at `at` (performance.now) or later. */
  confirm(at: number, forMs: number): void;
  /** Aborted when the lock is known to be lost, or the time to stop is used up. */
  readonly signal: AbortSignal;
  /** Aborted when this process stops waiting even for what should still be written down. */
  readonly abandoned: AbortSignal;
}

/** What a worker of one queue needs. */
export interface TurnOptions {
  readonly queue: string;
  readonly redis: Redis;
  readonly keys: Keys;
  readonly bull: BullQueues;
  /** The turns send, and need the right to; see `JoinedOptions`. */
  readonly sending?: { readonly lockDurationMs: number; readonly pauseMs: number } | undefined;
  readonly concurrency: number;
  readonly lockDurationMs: number;
  readonly stalledIntervalMs: number;
  readonly onError: (error: unknown, where: string) => void;
  take(turn: Turn): Promise<End>;
}

/** Of a worker, shared by its turns. */
export interface WorkerState {
  stopping: boolean;
  /** Takes one job after another. */
  readonly goesOn: boolean;
  readonly abandon: AbortController;
}

/** A turn as this process holds it. */
export class LiveTurn implements Turn {
  readonly #controller = new AbortController();
  readonly #worker: WorkerState;
  #heldUntil = 0;
  readonly job: Job;
  readonly queue: string;
  readonly token: string;
  readonly data: WakeUpData;
  readonly first: FirstLook | undefined;
  readonly #joined: JoinedBackend;
  constructor(options: Pick<LiveTurn, 'job' | 'queue' | 'token'> & { readonly worker: WorkerState; readonly joined: JoinedBackend }) {
    this.job = options.job;
    this.queue = options.queue;
    this.token = options.token;
    this.#joined = options.joined;
    this.first = options.joined.firstOf(this.jobId);
    this.data = wakeUpSchema.parse(options.job.data);
    this.#worker = options.worker;
  }
  get jobId(): string {
    return this.job.id ?? '';
  }
  get signal(): AbortSignal {
    return this.#controller.signal;
  }
  get abandoned(): AbortSignal {
    return this.#worker.abandon.signal;
  }
  stopping(): boolean {
    return this.#worker.stopping;
  }
  ending(): EndingStep {
    const { job, token, data } = this;
    return this.#joined.ending({ job, token, mailbox: data.mailbox, fetchNext: this.#worker.goesOn && !this.stopping() });
  }
  held(): boolean {
    return !this.signal.aborted && performance.now() < this.#heldUntil;
  }
  confirm(at: number, forMs: number): void {
    this.#heldUntil = Math.max(this.#heldUntil, at + forMs);
  }
  lose(reason: string): void {
    this.#heldUntil = 0;
    this.#controller.abort(new Error(reason));
  }
}

/** A BullMQ worker that knows, for each of its jobs, until when the lock is surely its own. */
class LockingWorker extends Worker {
  given: (() => Given | undefined) | undefined;
  onRenewal: ((renewed: (turn: Pick<Turn, 'jobId' | 'token'>) => boolean, at: number, forMs: number) => void) | undefined;
  override async extendJobLocks(jobIds: string[], tokens: string[], duration: number): Promise<string[]> {
    // Taken before the request leaves: Redis counts from later, so ours runs out first.
    const at = performance.now();
    const failed = await super.extendJobLocks(jobIds, tokens, duration);
    // By token as well: this process may have lost the job and got it again, for another turn.
    this.onRenewal?.(({ jobId, token }) => !failed.includes(jobId) && tokens[jobIds.indexOf(jobId)] === token, at, duration);
    return failed;
  }
  /**
   * BullMQ asks for a second job before it begins with the first: a round trip in the way of every message. Told that the queue
   * is empty, it waits for the second one while the first is under way; the marker in Redis ends that wait at once if it is not.
   */
  protected override async moveToActive(token: string, name?: string) {
    const given = this.given?.();
    const job = given === undefined ? await super.moveToActive(token, name) : await this.#begin(given);
    Reflect.set(this, 'drained', true);
    return job;
  }
  /** With what Redis has given to this worker already. */
  #begin({ token, answer }: Given) {
    return this.nextJobFromJobData(...dataOf(answer), token);
  }
  /** The job that was given, which this worker does not begin with. */
  jobOf({ answer }: Given): Job {
    return this.createJob(...dataOf(answer));
  }
}

/** BullMQ makes it from what its script told, and gives it no type. */
const dataOf = (answer: readonly unknown[]) => raw2NextJobData([...answer]).slice(0, 2) as [JobJson, string];

/** A worker that takes jobs also where this process adds them. */
export interface Turns extends WorkerHandle {
  readonly local: LocalWorker;
}

/** So many conversations under way are more than come by chance at the same time. */
const pile = 8;

/** Runs `take` for each wake-up of a queue, and carries out how it ends. */
export async function startTurns(options: TurnOptions): Promise<Turns> {
  const live = new Set<LiveTurn>();
  const state: WorkerState = { stopping: false, goesOn: true, abandon: new AbortController() };
  const settings = {
    connection: options.redis,
    prefix: options.keys.bullmq,
    concurrency: options.concurrency,
    lockDuration: options.lockDurationMs,
    stalledInterval: options.stalledIntervalMs,
    // A worker that dies says nothing about the message: never give up on a conversation for it.
    maxStalledCount: 1_000_000_000,
    // Never reached; without a limiter BullMQ's workers do not obey a rate limit that another one sets.
    limiter: { max: 1_000_000_000, duration: 1_000 },
    // It sleeps that long while its queue is held, and cannot be woken if it fell asleep while it was told to close.
    maximumRateLimitDelay: 1_000,
  };
  const turnOf = (job: Job, token: string, of: WorkerState) => new LiveTurn({ job, queue: options.queue, token, worker: of, joined });
  const joined: JoinedBackend = joinBackend({
    ...options,
    // One that has piled up work, and no time left for it, leaves the rest to the others.
    busy: () => live.size >= pile && hardlyIdle(),
    giveBack: async (given) => {
      const turn = turnOf(worker.jobOf(given), given.token, { ...state, stopping: true });
      await giveBack(turn, options).catch((error: unknown) => options.onError(error, options.queue));
    },
  });
  const worker = new LockingWorker(options.queue, (job, token) => process(job, token ?? ''), settings, joined.factory);
  worker.given = () => joined.local.given();
  watchLocks(worker, live);
  worker.on('error', (error) => options.onError(error, options.queue));
  worker.on('failed', (_job, error) => options.onError(error, options.queue));

  async function process(job: Job, token: string): Promise<void> {
    const turn = turnOf(job, token, state);
    live.add(turn);
    try {
      // Also of a worker that stops: an attempt that taking the job began has to be closed.
      await finish(turn, await options.take(turn), options);
    } finally {
      live.delete(turn);
    }
  }

  await worker.waitUntilReady();
  return {
    local: joined.local,
    async stop(graceMs) {
      state.stopping = true;
      // What was claimed for it is given back by its turn; left alone, it would wait until its lock runs out.
      await joined.local.close(Math.min(claimedMs, graceMs / 4));
      // Takes no further job, but keeps renewing the locks of those under way. With Redis away neither this nor closing ever ends.
      await within(graceMs, worker.pause(true));
      const clean = await drain(live, graceMs);
      state.abandon.abort();
      if (!clean) await handBackAll(live, options.onError);
      await within(clean ? closeMs : hastyMs, worker.close(!clean));
    },
  };
}

function watchLocks(worker: LockingWorker, live: ReadonlySet<LiveTurn>): void {
  worker.onRenewal = (renewed, at, forMs) => {
    for (const turn of live) if (renewed(turn)) turn.confirm(at, forMs);
  };
  worker.on('lockRenewalFailed', (jobIds: string[]) => {
    for (const turn of live) if (jobIds.includes(turn.jobId)) turn.lose('another worker has this conversation now');
  });
}

/** A turn of a worker that stops: it closes the attempt that taking the job began, and lets others have the job. */
async function giveBack(turn: LiveTurn, options: Pick<TurnOptions, 'take'>): Promise<void> {
  const end = await options.take(turn);
  if (end.kind === 'lost') return;
  await turn.job.moveToWait(turn.token).catch((error: unknown) => {
    if (!isNotOurs(error)) throw error;
  });
}

/** Tells BullMQ by its own control errors, none of which uses up an attempt. */
export async function finish(turn: LiveTurn, end: End, options: Pick<TurnOptions, 'bull' | 'queue'>): Promise<void> {
  const { job, token } = turn;
  switch (end.kind) {
    case 'done':
      return;
    case 'delay':
      await whileOurs(job.updateData({ ...turn.data, ...end.shown }));
      await whileOurs(job.moveToDelayed(Date.now() + end.delayMs, token));
      throw new DelayedError();
    case 'held':
      await whileOurs(job.updateData({ ...turn.data, ...end.shown }));
      await options.bull.get(options.queue).rateLimit(Math.max(1, Math.ceil(end.delayMs)));
      throw new RateLimitError();
    case 'hand-back':
      await whileOurs(job.moveToWait(token));
      throw new WaitingError();
    case 'lost':
      // Leaves the job alone: whoever holds its lock moves it.
      throw new DelayedError();
    default: {
      const never: never = end;
      return never;
    }
  }
}

/** A job that another worker took over meanwhile is no longer ours to move, and nothing is lost by that. */
async function whileOurs(step: Promise<unknown>): Promise<void> {
  try {
    await step;
  } catch (error) {
    throw isNotOurs(error) ? new DelayedError() : error;
  }
}

const isNotOurs = (error: unknown): boolean =>
  error instanceof Error && /missing (lock|key)|not owned|not in the active/i.test(error.message);

/** Waits for the turns under way, and makes them hurry in the last quarter, at most a second, of the time given. */
async function drain(live: ReadonlySet<LiveTurn>, graceMs: number): Promise<boolean> {
  const hurryMs = Math.min(1_000, graceMs / 4);
  if (await empty(live, graceMs - hurryMs)) return true;
  for (const turn of live) turn.lose('this process is stopping');
  return empty(live, hurryMs);
}

async function empty(live: ReadonlySet<LiveTurn>, withinMs: number): Promise<boolean> {
  const until = performance.now() + withinMs;
  while (live.size > 0 && performance.now() < until) await new Promise((resolve) => setTimeout(resolve, 5));
  return live.size === 0;
}

/** Claims are answered within a round trip; with Redis away there is nothing to be given back. */
const claimedMs = 500;
/** Closing waits for a worker that sleeps while its queue is held; with Redis away it would never end. */
const closeMs = 1_500;
/** Less where time is up already: what is left of the worker dies with its process. */
const hastyMs = 500;

/** Waits for some work, but only so long; what it comes to after that is nobody's concern. */
async function within(ms: number, work: Promise<unknown>): Promise<void> {
  const { promise: late, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  await Promise.race([work.then(() => undefined), late]).catch(() => undefined);
  clearTimeout(timer);
  work.catch(() => undefined);
}

/** What does not let go in time: its attempts stay open in the journal, so that whoever goes on knows. */
async function handBackAll(live: ReadonlySet<LiveTurn>, onError: TurnOptions['onError']): Promise<void> {
  const given = Promise.all([...live].map((turn) => turn.job.moveToWait(turn.token).catch((error: unknown) => onError(error, 'stop'))));
  await Promise.race([given, new Promise((resolve) => setTimeout(resolve, hastyMs))]);
}
