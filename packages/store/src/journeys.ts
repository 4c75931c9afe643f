import type { Keys } from '@bridge/queue';
import type { ChainableCommander, Redis } from 'ioredis';
import { z } from 'zod';
import { readJson } from './json.ts';
import { type JourneyLimits, createStepWriter, journeyLimits } from './steps.ts';
import { fingerprint } from './text-fingerprint.ts';

const targetSchema = z.object({ platform: z.string(), conversation: z.string() });

/** One thing that happened to one event on its way. All times are Unix milliseconds. */
export const journeyStepSchema = z.object({
  /** `<platform>_<message id>`, the event's `id`. */
  event: z.string(),
  eventKey: z.string(),
  type: z.string(),
  step: z.enum(['routed', 'delivered', 'waiting', 'dead-lettered', 'dropped', 'retried', 'discarded']),
  /** Where the event happened: a message id alone may occur in several conversations of a platform. */
  source: targetSchema.exactOptional(),
  /** What the message is found by from its text; see `fingerprint`. */
  textHash: z.string().exactOptional(),
  bridge: z.string().exactOptional(),
  /** The bridges that took a routed event up. */
  bridges: z.array(z.string()).readonly().exactOptional(),
  /** Absent on steps of the whole event. */
  target: targetSchema.exactOptional(),
  /** Where a routed event goes. */
  targets: z.array(targetSchema).readonly().exactOptional(),
  at: z.number(),
  receivedAt: z.number(),
  routedAt: z.number().exactOptional(),
  startedAt: z.number().exactOptional(),
  attempt: z.number().exactOptional(),
  /** An earlier attempt may have been carried out, so that the message may be there twice. */
  ambiguous: z.boolean().exactOptional(),
  /** Ids of the messages that came to be. */
  messages: z.array(z.string()).readonly().exactOptional(),
  messageUrls: z.array(z.string()).readonly().exactOptional(),
  reason: z.string().exactOptional(),
});
/** One thing that happened to one event on its way. */
export type JourneyStep = z.infer<typeof journeyStepSchema>;

/** The latest steps of all messages, for people: capped by `journeyLimits`, so nothing may depend on finding an old one. */
export interface Journeys {
  /** Adds the step, and what is counted of it (see `Flow`), to the transaction that makes it true. */
  step(transaction: ChainableCommander, step: JourneyStep): void;
  /**
   * Steps as they happen, from now on or after the stream id `from` (`0` for all that are kept), until `signal` aborts.
   * Holds a connection of its own meanwhile.
   */
  follow(options: { readonly signal: AbortSignal; readonly from?: string }): AsyncIterable<JourneyStep>;
  /** The last `count` steps, oldest first. */
  recent(count: number): Promise<readonly JourneyStep[]>;
  /** The steps of the events with this id, `<platform>_<message id>`, oldest first; empty when none is kept. */
  find(event: string): Promise<readonly JourneyStep[]>;
  /** The steps of the events whose whole text this is, by its fingerprint; newest event first. */
  findText(text: string): Promise<readonly (readonly JourneyStep[])[]>;
}

const mostWithOneText = 50;
const blockMs = 5_000;
const pageSize = 500;
type Entry = readonly [id: string, fields: readonly string[]];

/** Where journeys are kept. */
export interface JourneysOptions {
  readonly redis: Redis;
  readonly keys: Keys;
  readonly limits?: Partial<JourneyLimits>;
}

/** The journeys in Redis. */
export function createJourneys(options: JourneysOptions): Journeys {
  const { redis, keys } = options;
  const writer = createStepWriter(keys, { ...journeyLimits, ...options.limits });
  return {
    step: (transaction, step) => writer.add(transaction, step),
    follow: (options) => follow({ redis, keys, ...options }),
    async recent(count) {
      const entries = await redis.xrevrange(keys.journeys, '+', '-', 'COUNT', count);
      return stepsOf(entries).toReversed();
    },
    find: async (event) => parsed(await redis.lrange(keys.journey(event), 0, -1)),
    async findText(text) {
      const hash = fingerprint(text);
      if (hash === undefined) return [];
      const names = await redis.zrange(keys.journeyTexts, `[${hash} `, `(${hash}!`, 'BYLEX', 'LIMIT', 0, mostWithOneText);
      const lists = await Promise.all(names.map((name) => redis.lrange(`${keys.journeyPrefix}${name.slice(hash.length + 1)}`, 0, -1)));
      return lists
        .map(parsed)
        .filter((steps) => steps.length > 0)
        .toSorted((a, b) => (b[0]?.receivedAt ?? 0) - (a[0]?.receivedAt ?? 0));
    },
  };
}

const parsed = (texts: readonly string[]): JourneyStep[] => texts.flatMap((text) => readJson(journeyStepSchema, text) ?? []);

interface Following {
  readonly redis: Redis;
  readonly keys: Keys;
  readonly signal: AbortSignal;
  readonly from?: string;
}

async function* follow({ redis, keys, signal, from: start }: Following): AsyncGenerator<JourneyStep> {
  if (signal.aborted) return;
  // Blocks, so it cannot share a connection; and waits for Redis to come back, whatever the one it is made from does.
  const reader = redis.duplicate({ maxRetriesPerRequest: null, enableOfflineQueue: true, commandTimeout: undefined });
  reader.on('error', () => undefined);
  // A read that is under way while Redis is away is not settled by disconnecting, so nothing may wait for it alone.
  const aborted = new Promise<undefined>((resolve) => {
    signal.addEventListener('abort', () => resolve(undefined), { once: true });
  });
  const unlessAborted = <T>(read: Promise<T>): Promise<T | undefined> => {
    read.catch(() => undefined);
    return Promise.race([read, aborted]);
  };
  try {
    let from = start ?? (await unlessAborted(lastId(reader, keys))) ?? '0';
    while (!signal.aborted) {
      const answer = await unlessAborted(reader.xread('COUNT', pageSize, 'BLOCK', blockMs, 'STREAMS', keys.journeys, from));
      const entries = answer?.[0]?.[1] ?? [];
      from = entries.at(-1)?.[0] ?? from;
      yield* stepsOf(entries);
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    reader.disconnect();
  }
}

/** Where the stream ends now. `$` would skip what comes between two reads. */
async function lastId(reader: Redis, keys: Keys): Promise<string> {
  const [last] = await reader.xrevrange(keys.journeys, '+', '-', 'COUNT', 1);
  return last?.[0] ?? '0';
}

const stepsOf = (entries: readonly Entry[]): JourneyStep[] => entries.flatMap(([, fields]) => readJson(journeyStepSchema, fields[1]) ?? []);
