import { randomUUID } from 'node:crypto';
import { type BackendFactory, type RedisQueueBackend, createRedisBackend } from 'bullmq';
import type { Redis } from 'ioredis';
import type { Keys } from './keys.ts';
import { runScript } from './scripts.ts';

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
}

/** What it needs; with `sending`, the look takes the right to send, as `Mailboxes.peek` does. */
export interface JoinedOptions {
  readonly redis: Redis;
  readonly keys: Keys;
  readonly queue: string;
  readonly sending?: { readonly lockDurationMs: number; readonly pauseMs: number } | undefined;
}

const joinedWith = { moveToActive: 'fetch', moveToFinished: 'finish' } as const;
const isJoined = (command: string): command is keyof typeof joinedWith => Object.hasOwn(joinedWith, command);
const isList = (value: unknown): value is readonly unknown[] => Array.isArray(value);
/** How many of a command's arguments are keys; the scripts count them as well. */
const keysOf = { moveToActive: 11, moveToFinished: 14 } as const;
const argsOf = { moveToActive: 3, moveToFinished: 9 } as const;

/**
 * BullMQ's own backend, with two things done in the step that takes a job. The job's mailbox is looked into, which is one round
 * trip less for every message. And the marker that wakes the next waiting worker, which BullMQ sets also when no further job
 * waits, is taken back; that worker would ask for nothing, for every message: two more round trips. BullMQ sets it again
 * whenever it adds a job.
 */
export function joinBackend({ redis, keys, queue, sending }: JoinedOptions): JoinedBackend {
  const firsts = new Map<string, FirstLook>();
  const worker = randomUUID();
  let fetched = 0;
  const places = [keys.ready(queue), keys.stalled(queue), keys.hold(queue), keys.pause(queue)];
  const prefixes = [keys.job(queue, ''), keys.mailbox(queue, ''), keys.journal(queue, '')];

  const run = async (command: keyof typeof joinedWith, input: readonly unknown[]): Promise<unknown> => {
    // The first attempt of a turn, as a turn numbers its own.
    const nonce = `${worker}.${(fetched += 1)}.0`;
    const at = performance.now();
    const [keyCount, argCount] = [keysOf[command], argsOf[command]];
    const args = Array.from({ length: argCount }, (_, index) => input[keyCount + index] ?? '');
    const told = await runScript(redis, joinedWith[command], {
      keys: [...input.slice(0, keyCount).map(String), keys.fetched(nonce), ...places],
      args: [...args, ...prefixes, ...(sending === undefined ? [] : [sending.lockDurationMs, sending.pauseMs, nonce])],
    });
    const [answer, look] = isList(told) ? told : [];
    const jobId = isList(answer) ? answer[1] : undefined;
    if (typeof jobId === 'string' && isList(look)) firsts.set(jobId, { answer: look, nonce, at });
    return answer;
  };

  return {
    factory: (name, opts, options) => {
      const backend = createRedisBackend(name, opts, options);
      const execCommand = backend.execCommand.bind(backend);
      backend.execCommand = (client, command, args) => {
        const answer: unknown = isJoined(command) ? run(command, args) : execCommand(client, command, args);
        return answer;
      };
      return backend;
    },
    firstOf(jobId) {
      const first = firsts.get(jobId);
      firsts.delete(jobId);
      return first;
    },
  };
}
