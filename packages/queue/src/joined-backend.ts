import { randomUUID } from 'node:crypto';
import { type BackendFactory, type Job, type RedisQueueBackend, createRedisBackend } from 'bullmq';
import type { ChainableCommander, Redis } from 'ioredis';
import type { Keys } from './keys.ts';
import { LocalJobs, type LocalJobsOptions } from './local-jobs.ts';
import { addScript, runScript, type ScriptInput } from './scripts.ts';

/** What was in a job's mailbox when the job was taken. */
export interface FirstLook {
  /** As `readPeek` or `readLook` reads it. */
  readonly answer: unknown;
  /** Names the attempt that it began, if it began one. */
  readonly nonce: string;
  /** performance.now() before Redis was asked. */
  readonly at: number;
}

/** BullMQ's backend of one worker, and what it saw. */
export interface JoinedBackend {
  readonly factory: BackendFactory<RedisQueueBackend>;
  /** What was in the mailbox of a job that was just taken; told once. */
  firstOf(jobId: string): FirstLook | undefined;
  /** The end of a job, for the transaction that empties its mailbox. */
  ending(of: Ending): EndingStep;
  /** The jobs that this process takes where it adds them. */
  readonly local: LocalJobs;
}

/** One step, however often a broken connection makes it be sent. */
export interface EndingStep {
  add(transaction: ChainableCommander): void;
  read(answer: unknown): Ended;
}

/** A job whose turn is over if its mailbox is empty. */
export interface Ending {
  readonly job: Job;
  readonly token: string;
  readonly mailbox: string;
  /** Whether this worker wants the next one. */
  readonly fetchNext: boolean;
}
/** `more` is in the mailbox, so that the job goes on; or it is another's by now. */
export type Ended = 'ended' | 'more' | 'lost';

/** What it needs; with `sending`, the look takes the right to send, as `Mailboxes.peek` does. */
export interface JoinedOptions extends Pick<LocalJobsOptions, 'busy' | 'giveBack'> {
  readonly redis: Redis;
  readonly keys: Keys;
  readonly queue: string;
  readonly sending?: { readonly lockDurationMs: number; readonly pauseMs: number } | undefined;
}

const joinedWith = { moveToActive: 'fetch', moveToFinished: 'finish' } as const;
type Joined = keyof typeof joinedWith;
const isJoined = (command: string): command is Joined => Object.hasOwn(joinedWith, command);
const isList = (value: unknown): value is readonly unknown[] => Array.isArray(value);
/** How many of a command's arguments are keys; the scripts count them as well. */
const keysOf = { moveToActive: 11, moveToFinished: 14 } as const;
const argsOf = { moveToActive: 3, moveToFinished: 9 } as const;

/** What a joined script works on, from what BullMQ's works on. */
function createInput({ keys, queue, sending }: Pick<JoinedOptions, 'keys' | 'queue' | 'sending'>) {
  const places = [keys.ready(queue), keys.stalled(queue), keys.hold(queue), keys.pause(queue)];
  const prefixes = [keys.job(queue, ''), keys.mailbox(queue, ''), keys.journal(queue, '')];
  return (command: Joined, input: readonly unknown[], nonce: string): { keys: string[]; args: unknown[] } => {
    const [keyCount, argCount] = [keysOf[command], argsOf[command]];
    const args = Array.from({ length: argCount }, (_, index) => input[keyCount + index] ?? '');
    return {
      keys: [...input.slice(0, keyCount).map(String), keys.fetched(nonce), ...places],
      args: [...args, ...prefixes, ...(sending === undefined ? [] : [sending.lockDurationMs, sending.pauseMs, nonce])],
    };
  };
}

function take<T>(from: Map<string, T>, name: string): T | undefined {
  const found = from.get(name);
  from.delete(name);
  return found;
}

/** What is asked of Redis, and how its answer is read. */
interface Asked {
  readonly input: ScriptInput;
  /** Keeps what was seen in the mailbox and answers what BullMQ's script did. */
  told(answer: unknown): unknown;
}

/** Makes the questions of one worker, and keeps what the answers tell of mailboxes. */
function createAsking(options: JoinedOptions, onDelayed: (until: number) => void) {
  const firsts = new Map<string, FirstLook>();
  const worker = randomUUID();
  const inputOf = createInput(options);
  let fetched = 0;
  return {
    firstOf: (jobId: string) => take(firsts, jobId),
    ask(command: Joined, input: readonly unknown[]): Asked {
      // The first attempt of a turn, as a turn numbers its own.
      const asked = { nonce: `${worker}.${(fetched += 1)}.0`, at: performance.now() };
      return {
        input: inputOf(command, input, asked.nonce),
        told(told) {
          const [answer, look] = isList(told) ? told : [];
          const jobId = isList(answer) ? answer[1] : undefined;
          const delayedUntil = isList(answer) ? Number(answer[3] ?? 0) : 0;
          if (delayedUntil > 0) onDelayed(delayedUntil);
          if (typeof jobId === 'string' && isList(look)) firsts.set(jobId, { answer: look, ...asked });
          return answer;
        },
      };
    },
  };
}

/**
 * BullMQ's own backend, with three things done in the step that takes a job. The job's mailbox is looked into, which is one round
 * trip less for every message. The marker that wakes the next waiting worker, which BullMQ sets also when no further job
 * waits, is taken back; that worker would ask for nothing, for every message: two more round trips. BullMQ sets it again
 * whenever it adds a job. And the step may be part of another one, that adds the job: see `local`.
 */
export function joinBackend(options: JoinedOptions): JoinedBackend {
  const { redis, keys, queue } = options;
  /** What BullMQ is told when it comes to end jobs that have ended already. */
  const ends = new Map<string, unknown>();
  let backend: RedisQueueBackend | undefined;
  const { ask, firstOf } = createAsking(options, (until) => local.delayedUntil(until));

  const run = async (command: Joined, input: readonly unknown[]): Promise<unknown> => {
    const early = command === 'moveToFinished' ? take(ends, String(input[keysOf[command]])) : undefined;
    if (early !== undefined) return early;
    const asked = ask(command, input);
    return asked.told(await runScript(redis, joinedWith[command], asked.input));
  };

  const local: LocalJobs = new LocalJobs({
    ...options,
    // It was packed when the worker began to wait.
    ask: (packed) => ask('moveToActive', packed.with(keysOf.moveToActive + 1, Date.now())),
    fetch: (input) => runScript(redis, 'fetch', input),
    putBack: ({ member, score }) => redis.zadd(keys.marker(queue), 'NX', score, member),
  });

  return {
    local,
    factory: (name, opts, more) => {
      backend = createRedisBackend(name, opts, more);
      local.attach(backend);
      const execCommand = backend.execCommand.bind(backend);
      backend.execCommand = (client, command, args) => {
        const answer: unknown = isJoined(command) ? run(command, args) : execCommand(client, command, args);
        return answer;
      };
      return backend;
    },
    firstOf,
    ending({ job, token, mailbox, fetchNext }) {
      if (backend === undefined) throw new Error('a job ends in the worker that took it');
      const { input, told } = ask('moveToFinished', backend.moveToCompletedArgs(job, 'null', true, token, fetchNext));
      return {
        add: (transaction) => addScript(transaction, 'finish', { ...input, keys: [...input.keys, keys.mailbox(queue, mailbox)] }),
        read(ended) {
          if (isList(ended) && ended.length === 0) return 'more';
          const answer = told(ended);
          if (typeof answer === 'number' && answer < 0) return 'lost';
          ends.set(job.id ?? '', answer);
          return 'ended';
        },
      };
    },
  };
}
