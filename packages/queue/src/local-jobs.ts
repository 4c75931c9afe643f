import { randomUUID } from 'node:crypto';
import type { RedisQueueBackend } from 'bullmq';
import type { ChainableCommander } from 'ioredis';
import { addScript, type ScriptInput } from './scripts.ts';

/**
 * A job that is taken for this process's own worker in the step that adds it. Nobody has to be woken for it, which is two round
 * trips less on its way. If the answer never comes, the job is one whose worker died: its lock runs out.
 */
export interface Claim {
  /** For a script of its own; `add` is the same within a transaction. */
  readonly input: ScriptInput;
  add(transaction: ChainableCommander): void;
  /** What the script answered; this or `drop` has to be called. */
  read(answer: unknown): void;
  drop(): void;
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

/** BullMQ's worker takes its jobs from here as well as from Redis. */
export interface LocalJobs extends LocalWorker {
  /** What the worker, woken by `wait`, is to begin with; undefined when it has to ask Redis. */
  given(): Given | undefined;
  /** Lets claims wake the worker while it waits in Redis for a job. */
  attach(backend: RedisQueueBackend): void;
  /** No further claims; resolves when the worker has what was claimed, or after `withinMs`. */
  close(withinMs: number): Promise<void>;
}

interface Options {
  /** Makes the step that takes a job from what BullMQ would ask; `told` answers what BullMQ's script did. */
  readonly ask: (packed: readonly unknown[]) => { readonly input: ScriptInput; told(answer: unknown): unknown };
  /** Whether the worker leaves new jobs to whoever has time for them. */
  readonly busy: () => boolean;
}

type Wait = RedisQueueBackend['waitForJob'];

/** A claim that BullMQ has already packed. */
interface Packed {
  readonly token: string;
  readonly input: readonly unknown[];
}

/** Creates the place where one worker and the steps of its process meet. */
export function createLocalJobs(options: Options): LocalJobs {
  return new Jobs(options);
}

class Jobs implements LocalJobs {
  readonly #options: Options;
  readonly #worker = randomUUID();
  readonly #given: Given[] = [];
  #count = 0;
  /** Claims that Redis has not answered. */
  #asked = 0;
  #closed = false;
  #packed: Packed | undefined;
  #wake: (() => void) | undefined;
  #due: Given | undefined;

  constructor(options: Options) {
    this.#options = options;
  }

  attach(backend: RedisQueueBackend): void {
    const wait = backend.waitForJob.bind(backend);
    backend.waitForJob = this.#waiting(wait, async () => {
      if (this.#packed !== undefined) return;
      const token = `${this.#worker}:${(this.#count += 1)}`;
      this.#packed = { token, input: await packedBy(backend, token) };
    });
  }

  claim(): Claim | undefined {
    const packed = this.#packed;
    if (this.#closed || packed === undefined || this.#wake === undefined || this.#options.busy()) return undefined;
    this.#packed = undefined;
    this.#asked += 1;
    const { input, told } = this.#options.ask(packed.input);
    return {
      input,
      add: (transaction) => addScript(transaction, 'fetch', input),
      read: (answer) => {
        this.#asked -= 1;
        const job = told(answer);
        if (!Array.isArray(job) || !Array.isArray(job[0])) return;
        this.#given.push({ token: packed.token, answer: job });
        this.#wake?.();
      },
      drop: () => void (this.#asked -= 1),
    };
  }

  given(): Given | undefined {
    const due = this.#due;
    this.#due = undefined;
    return due;
  }

  async close(withinMs: number): Promise<void> {
    this.#closed = true;
    const until = performance.now() + withinMs;
    while (this.#asked + this.#given.length > 0 && performance.now() < until) await new Promise((resolve) => setTimeout(resolve, 1));
  }

  /** Waits for a job of Redis or of a claim. What Redis said while a claim came first is kept for the next time. */
  #waiting(wait: Wait, prepare: () => Promise<void>): Wait {
    let inRedis: ReturnType<Wait> | undefined;
    return async (seconds) => {
      await prepare();
      const late = inRedis === undefined ? undefined : inSeconds(seconds);
      inRedis ??= wait(seconds);
      // Whoever waits next is told.
      inRedis.catch(() => undefined);
      const { promise: claimed, resolve } = Promise.withResolvers<null>();
      this.#wake = () => resolve(null);
      if (this.#given.length > 0) this.#wake();
      try {
        const first = await Promise.race([inRedis.then((marker) => ({ marker })), claimed, ...(late === undefined ? [] : [late.over])]);
        this.#due = this.#given.shift();
        // The marker of another job must not be lost with a claim's.
        if (this.#due !== undefined || first === null) return { member: '0', score: 0 };
        inRedis = undefined;
        return first.marker;
      } catch (error) {
        inRedis = undefined;
        throw error;
      } finally {
        this.#wake = undefined;
        late?.clear();
      }
    };
  }
}

function inSeconds(seconds: number): { readonly over: Promise<null>; clear(): void } {
  const { promise, resolve } = Promise.withResolvers<null>();
  const timer = setTimeout(() => resolve(null), seconds * 1000);
  return { over: promise, clear: () => clearTimeout(timer) };
}

/** What BullMQ would ask to take a job with, without asking. */
async function packedBy(backend: RedisQueueBackend, token: string): Promise<readonly unknown[]> {
  let input: readonly unknown[] = [];
  const execCommand = (_client: unknown, _command: string, args: readonly unknown[]): Promise<undefined> => {
    input = args;
    return Promise.resolve(undefined);
  };
  const view: unknown = Object.create(backend, { execCommand: { value: execCommand } });
  await Reflect.apply(backend.moveToActive, view, [token]);
  return input;
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
