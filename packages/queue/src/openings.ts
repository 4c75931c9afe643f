import { randomUUID } from 'node:crypto';
import { type BackendFactory, type RedisQueueBackend, createRedisBackend } from 'bullmq';
import type { Redis } from 'ioredis';
import { z } from 'zod';
import type { Keys } from './keys.ts';
import { runScript } from './scripts.ts';

/** What turns with the mailboxes of one queue begin with. */
export interface OpeningPlan {
  readonly queue: string;
  readonly redis: Redis;
  readonly keys: Keys;
  /** A look at the head, or, with these, the right to send it. */
  readonly right: { readonly lockDurationMs: number; readonly pauseMs: number } | undefined;
}

/** How a turn began: what `look` or `peek` answered for its mailbox when its job was taken. */
export interface Opening {
  /** Names the attempt that a peek began, as `<nonce>.0`. */
  readonly nonce: string;
  /** When it was asked for, by `performance.now`. */
  readonly at: number;
  readonly answer: unknown;
}

const answerSchema = z.union([z.tuple([z.string(), z.unknown()]), z.tuple([])]);

interface Asked {
  readonly nonce: string;
  readonly at: number;
  readonly answer: Promise<unknown>;
}

/**
 * What is asked for in the same round trip by which BullMQ takes a job. A turn whose opening was not to be had asks by itself,
 * so nothing depends on it.
 */
export class Openings {
  readonly #plan: OpeningPlan;
  readonly #asked = new Map<string, Asked>();
  constructor(plan: OpeningPlan) {
    this.#plan = plan;
  }

  /** Asks right behind the command that takes a job with this token. */
  ask(token: string): void {
    const { queue, redis, keys, right } = this.#plan;
    const key = (name: string) => keys.job(queue, name);
    const nonce = randomUUID();
    const answer = runScript(redis, 'open', {
      keys: [
        ...['wait', 'prioritized', 'marker', 'active'].map(key),
        keys.ready(queue),
        keys.stalled(queue),
        keys.hold(queue),
        keys.pause(queue),
      ],
      args: [
        token,
        keys.job(queue, ''),
        keys.mailbox(queue, ''),
        keys.journal(queue, ''),
        right?.lockDurationMs ?? 0,
        right?.pauseMs ?? 0,
        `${nonce}.0`,
      ],
    });
    this.#asked.set(token, { nonce, at: performance.now(), answer: answer.catch(() => []) });
  }

  /** The opening of the turn with this job, once; undefined when there is none. */
  async of(token: string, jobId: string): Promise<Opening | undefined> {
    const asked = this.#asked.get(token);
    if (asked === undefined) return undefined;
    this.#asked.delete(token);
    const [found, answer] = answerSchema.parse(await asked.answer);
    return found === jobId ? { nonce: asked.nonce, at: asked.at, answer } : undefined;
  }

  /** Forgets what was asked for a job that there was not. */
  drop(token: string): void {
    this.#asked.delete(token);
  }
}

/** As BullMQ's workers name the holder of a job: their id and a number. It stands as it is among the packed options. */
const tokenPattern = /[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}:\d+/;
const tokenIn = (packed: unknown): string | undefined =>
  packed instanceof Uint8Array ? tokenPattern.exec(Buffer.from(packed).toString('latin1'))?.[0] : undefined;

/**
 * BullMQ's own backend, less restless. Whoever takes a job sets the marker that wakes the next waiting worker, also when no
 * further job waits; that one then asks for nothing, for every single message: two more round trips, one of them with an
 * fsync. So the script right behind takes the marker back when there is nothing to wake anybody for. BullMQ sets it again
 * whenever it adds a job, and both are scripts, so none is overlooked. The same script opens the turn.
 */
export const openingBackend =
  (openings: Openings): BackendFactory<RedisQueueBackend> =>
  (name, opts, options) => {
    const backend = createRedisBackend(name, opts, options);
    const execCommand = backend.execCommand.bind(backend);
    // Asking behind a job's end is worth it only while further jobs wait, which the last end tells.
    let busy = false;
    backend.execCommand = (client, command, args) => {
      const answer: unknown = execCommand(client, command, args);
      const ends = command === 'moveToFinished' && args.at(-4) === 1;
      const token = ends || command === 'moveToActive' ? tokenIn(args.at(ends ? -2 : -1)) : undefined;
      if (token === undefined) return answer;
      if (busy || !ends) openings.ask(token);
      // A failure is told to whoever waits for the answer.
      Promise.resolve(answer).then(
        (told) => {
          const found = Array.isArray(told) && Array.isArray(told[0]);
          if (ends) busy = found;
          if (!found) openings.drop(token);
        },
        () => openings.drop(token),
      );
      return answer;
    };
    return backend;
  };
