import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RedisQueueBackend } from 'bullmq';
import type { ChainableCommander } from 'ioredis';
import { JobWait, type JobWaitOptions } from './job-wait.ts';
import { addScript, type ScriptInput } from './scripts.ts';

/**
 * A job that is taken for this process's own worker in the step that adds it. Nobody has to be woken for it, which is two round
 * trips less on its way.
 */
export interface Claim {
  /** For a script of its own; `add` is the same within a transaction. */
  readonly input: ScriptInput;
  add(transaction: ChainableCommander): void;
  /** What the script answered; this or `lose` has to be called. */
  read(answer: unknown): void;
  /** No answer came, and Redis may have carried the step out, or do so yet. */
  lose(): void;
}

/** Where steps of this process find its own workers. */
export interface LocalWorker {
  /** Undefined while the worker has no time, or is not waiting for a job. */
  claim(): Claim | undefined;
}

/** A job that Redis has given to this worker, as BullMQ's script told it. */
export interface Given {
  readonly token: string;
  readonly answer: readonly unknown[];
}

/** What asks for a job, and what BullMQ's script told. */
interface Asked {
  readonly input: ScriptInput;
  told(answer: unknown): unknown;
}

/** What claims need. */
export interface LocalJobsOptions extends Pick<JobWaitOptions, 'putBack'> {
  /** Makes the step that takes a job from what BullMQ would ask. */
  readonly ask: (packed: readonly unknown[]) => Asked;
  /** Takes that step by itself; however often it is taken, it gives one job. */
  readonly fetch: (input: ScriptInput) => Promise<unknown>;
  /** Whether the worker leaves new jobs to whoever has time for them. */
  readonly busy: () => boolean;
  /** Lets others have a job that was given to this worker. */
  readonly giveBack: (given: Given) => Promise<void>;
}

/** A claim that BullMQ has already packed. */
interface Packed {
  readonly token: string;
  readonly input: readonly unknown[];
}

/** A worker that has not begun with a job after this has all its hands full. */
const patienceMs = 100;
/** A step that Redis had not carried out when it was asked about may still be on its way. */
const askAgainMs = 1_000;

/** Where one worker and the steps of its process meet: BullMQ's worker takes its jobs from here as well as from Redis. */
export class LocalJobs implements LocalWorker {
  readonly #options: LocalJobsOptions;
  readonly #worker = randomUUID();
  readonly #given: Given[] = [];
  /** What is not over: claims that Redis has not answered, and jobs on their way back. */
  readonly #open = new Set<object>();
  #count = 0;
  #closed = false;
  #packed: Packed | undefined;
  #wait: JobWait | undefined;
  #due: Given | undefined;

  constructor(options: LocalJobsOptions) {
    this.#options = options;
  }

  /** Has the backend's worker wait for both. */
  attach(backend: RedisQueueBackend): void {
    const wait = new JobWait({
      inRedis: backend.waitForJob.bind(backend),
      putBack: this.#options.putBack,
      take: () => {
        this.#due = this.#given.shift();
        return this.#due !== undefined;
      },
    });
    this.#wait = wait;
    backend.waitForJob = async (seconds) => {
      this.#packed ??= await this.#pack(backend);
      return wait.wait(seconds);
    };
  }

  claim(): Claim | undefined {
    const packed = this.#packed;
    if (this.#closed || packed === undefined || this.#wait?.waits !== true || this.#options.busy()) return undefined;
    this.#packed = undefined;
    const { input, told } = this.#options.ask(packed.input);
    const asked = {};
    this.#open.add(asked);
    const read = (answer: unknown): boolean => {
      const job = told(answer);
      if (Array.isArray(job) && Array.isArray(job[0])) {
        this.#give({ token: packed.token, answer: job });
        return true;
      }
      // It holds nothing, and is good for the next one.
      this.#packed ??= packed;
      return false;
    };
    const over = () => void this.#open.delete(asked);
    return {
      input,
      add: (transaction) => addScript(transaction, 'fetch', input),
      read: (answer) => {
        read(answer);
        over();
      },
      // On the worker's own connection, which waits until Redis answers.
      lose: () => {
        const again = async () => read(await this.#options.fetch(input));
        const twice = async () => (await again()) || (await sleep(askAgainMs), await again());
        twice().then(over, over);
      },
    };
  }

  /** What the worker, woken by its wait, is to begin with; undefined when it has to ask Redis. */
  given(): Given | undefined {
    const due = this.#due;
    this.#due = undefined;
    return due;
  }

  /** A delayed job is due then, Unix milliseconds. */
  delayedUntil(time: number): void {
    this.#wait?.delayedUntil(time);
  }

  /** No further claims; resolves when what was claimed is taken or given back, or after `withinMs`. */
  async close(withinMs: number): Promise<void> {
    this.#closed = true;
    for (const given of this.#given.splice(0)) this.#giveBack(given);
    const until = performance.now() + withinMs;
    while (this.#open.size > 0 && performance.now() < until) await sleep(1);
  }

  #give(given: Given): void {
    if (this.#closed) return this.#giveBack(given);
    this.#given.push(given);
    this.#wait?.wake();
    setTimeout(() => {
      const at = this.#given.indexOf(given);
      if (at < 0) return;
      this.#given.splice(at, 1);
      this.#giveBack(given);
    }, patienceMs);
  }

  #giveBack(given: Given): void {
    this.#open.add(given);
    void this.#options.giveBack(given).finally(() => this.#open.delete(given));
  }

  /** What BullMQ would ask to take a job with, without asking. */
  async #pack(backend: RedisQueueBackend): Promise<Packed> {
    const token = `${this.#worker}:${(this.#count += 1)}`;
    let input: readonly unknown[] = [];
    const execCommand = (_client: unknown, _command: string, args: readonly unknown[]): Promise<undefined> => {
      input = args;
      return Promise.resolve(undefined);
    };
    const view: unknown = Object.create(backend, { execCommand: { value: execCommand } });
    await Reflect.apply(backend.moveToActive, view, [token]);
    return { token, input };
  }
}

const mostBusy = 0.9;
const sampleMs = 100;
let sampled = performance.eventLoopUtilization();
let sampledAt = performance.now();
let busy = false;

/** Whether this process has hardly a moment left. */
export function hardlyIdle(): boolean {
  const now = performance.now();
  if (now - sampledAt < sampleMs) return busy;
  const current = performance.eventLoopUtilization();
  busy = performance.eventLoopUtilization(current, sampled).utilization > mostBusy;
  [sampled, sampledAt] = [current, now];
  return busy;
}
