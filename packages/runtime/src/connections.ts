import { randomBytes, randomUUID } from 'node:crypto';
import type { ConversationId, ConversationRef, Log, Platform, PlatformId, RedisTarget, SourceStatus } from '@bridge/core';
import {
  type Keys,
  type Limiter,
  type QueueOptions,
  type Queues,
  RedisUnreachable,
  createKeys,
  createLimiter,
  isConnectionLost,
  openQueues,
  producerConnection,
  waitUntilReady,
  workerConnection,
} from '@bridge/queue';
import {
  type Checkpoints,
  type Copies,
  type Flow,
  type Heartbeats,
  type Journeys,
  type Leases,
  type Moves,
  type Reactions,
  type Sightings,
  type TypingSigns,
  createCheckpoints,
  createCopies,
  createFlow,
  createHeartbeats,
  createJourneys,
  createLeases,
  createMoves,
  createReactions,
  createSightings,
  createTypingSigns,
} from '@bridge/store';
import type { Redis } from 'ioredis';
import { unlessAborted } from './unless-aborted.ts';

/** What a process has of Redis. */
export interface Connections {
  readonly queues: Queues;
  readonly stores: Stores;
  /** What links to files are signed with: made once for this installation. */
  readonly mediaKey: Buffer;
  /** Asks Redis, so that one which is frozen counts as away. Never rejects. */
  answers(): Promise<boolean>;
  /** Writes a heartbeat without waiting for the next one. */
  beatNow(): void;
  close(): Promise<void>;
}

export interface Stores {
  readonly copies: Copies;
  readonly reactions: Reactions;
  readonly moves: Moves;
  readonly limiter: Limiter;
  readonly journeys: Journeys;
  readonly flow: Flow;
  readonly sightings: Sightings;
  readonly checkpoints: Checkpoints;
  readonly leases: Leases;
  readonly heartbeats: Heartbeats;
  readonly typing: TypingSigns;
}

export interface ConnectOptions {
  readonly redis: RedisTarget;
  /** REDIS_PREFIX. */
  readonly prefix: string;
  /** The platforms that have an outbound queue. */
  readonly platforms: readonly PlatformId[];
  /** Every platform there is, configured or not. */
  readonly known: readonly Platform[];
  readonly roles: readonly string[];
  readonly version: string;
  readonly log: Log;
  /** What heartbeats say of the connections that this process holds. */
  readonly sources: () => Readonly<Record<string, SourceStatus>>;
  /** Gives up waiting for Redis. */
  readonly signal?: AbortSignal;
  /** How long to wait for Redis; long enough by default for one that is started beside us. */
  readonly waitMs?: number;
  /** Time between two heartbeats; the store's own default where absent. */
  readonly beatEveryMs?: number;
  readonly queueTiming?: QueueTiming;
}

/** How soon the work of a process that died is taken over; the queue's own defaults where absent. */
export type QueueTiming = Pick<QueueOptions, 'lockDurationMs' | 'stalledIntervalMs'>;

const defaultWaitMs = 30_000;

/** @throws {RedisUnreachable} when Redis does not answer in time, with what to look at. */
export async function connect(options: ConnectOptions): Promise<Connections> {
  const { log } = options;
  const lines = openLines(options.redis, log);
  const openAll = () =>
    openQueues({
      ...lines,
      ...options.queueTiming,
      prefix: options.prefix,
      platforms: options.platforms,
      onError: (error, where) => log.warn({ err: error, where }, 'queue error'),
    });
  const until = performance.now() + (options.waitMs ?? defaultWaitMs);
  try {
    const queues = await onceUp(openAll, lines, { ...options, until });
    const mediaKey = await onceUp(() => mediaKeyIn(lines.producer, createKeys({ prefix: options.prefix })), lines, { ...options, until });
    return await assemble(options, { lines, queues, mediaKey });
  } catch (error) {
    disconnect(lines);
    throw error;
  }
}

interface Lines {
  readonly producer: Redis;
  readonly worker: Redis;
  /** The last trouble in words, for whoever gives up. */
  readonly trouble: () => string;
}

/** Redis being away is news once a while, not with each of many attempts to reconnect. */
const quietMs = 10_000;

function openLines(target: RedisTarget, log: Log): Lines {
  let told = Number.NEGATIVE_INFINITY;
  let last = '';
  const onError = (error: unknown) => {
    last = error instanceof Error ? error.message : '';
    if (performance.now() - told < quietMs) return;
    told = performance.now();
    log.warn({ err: error }, 'Redis does not answer');
  };
  return {
    producer: producerConnection({ target, name: 'bridge-producer', onError }),
    worker: workerConnection({ target, name: 'bridge-worker', onError }),
    trouble: () => last,
  };
}

const lookMs = 500;

interface Waiting extends ConnectOptions {
  /** By performance.now. */
  readonly until: number;
}

/** Does a first thing with Redis, again where Redis goes away in the middle of it: a process that starts waits for Redis. */
async function onceUp<T>(step: () => Promise<T>, lines: Lines, options: Waiting): Promise<T> {
  for (;;) {
    await comeUp(lines, options);
    try {
      return await unlessAborted(step(), options.signal);
    } catch (error) {
      options.signal?.throwIfAborted();
      const away = error instanceof RedisUnreachable || isConnectionLost(error);
      if (!away || performance.now() >= options.until) throw error;
      options.log.debug({ err: error }, 'Redis went away while this process starts');
      await new Promise((resolve) => setTimeout(resolve, lookMs / 5));
    }
  }
}

/** Waits in short steps, so that a process that is told to stop meanwhile does so at once. */
async function comeUp({ producer, worker, trouble }: Lines, { signal, waitMs = defaultWaitMs, until }: Waiting): Promise<void> {
  for (;;) {
    try {
      await Promise.all([waitUntilReady(producer, lookMs), waitUntilReady(worker, lookMs)]);
      return;
    } catch (error) {
      // Why Redis is away may have come while this process was kept from hearing it.
      await new Promise((resolve) => setImmediate(resolve));
      signal?.throwIfAborted();
      if (performance.now() < until) continue;
      const why = trouble() === '' ? '' : ` (${trouble()})`;
      const seconds = Math.round(waitMs / 1_000);
      throw new RedisUnreachable(`Redis did not answer within ${seconds} s${why}. Check that it runs and that REDIS_URL is right.`, {
        cause: error,
      });
    }
  }
}

function disconnect({ producer, worker }: Lines): void {
  producer.disconnect();
  worker.disconnect();
}

interface Opened {
  readonly lines: Lines;
  readonly queues: Queues;
  readonly mediaKey: Buffer;
}

async function assemble(options: ConnectOptions, { lines, queues, mediaKey }: Opened): Promise<Connections> {
  const { roles, version, log, sources } = options;
  const stores = createStores(options, lines.producer);
  const id = randomUUID();
  const startedAt = Date.now();
  const beat = await stores.heartbeats.start(
    () => ({ id, roles, pid: process.pid, version, startedAt, sources: sources() }),
    (error) => log.debug({ err: error }, 'heartbeat not written'),
  );
  return {
    queues,
    stores,
    mediaKey,
    answers: () =>
      lines.producer.ping().then(
        () => true,
        () => false,
      ),
    beatNow: () => void beat.beatNow(),
    close: async () => {
      await beat.stop().catch((error: unknown) => log.debug({ err: error }, 'heartbeat not removed'));
      await queues.close();
      disconnect(lines);
    },
  };
}

async function mediaKeyIn(redis: Redis, { mediaKey }: Keys): Promise<Buffer> {
  await redis.set(mediaKey, randomBytes(32).toString('base64'), 'NX');
  return Buffer.from((await redis.get(mediaKey)) ?? '', 'base64');
}

function createStores({ redis: target, prefix, known, log, beatEveryMs }: ConnectOptions, redis: Redis): Stores {
  const keys: Keys = createKeys({ prefix });
  const placeless = new Set(known.filter(({ capabilities }) => capabilities.reports.withoutConversation).map(({ id }) => id));
  const platforms = new Map(known.map((platform) => [platform.id, platform]));
  const containerOf = ({ platform, conversation }: ConversationRef): ConversationId =>
    platforms.get(platform)?.containerOf?.(conversation) ?? conversation;
  return {
    copies: createCopies({ redis, keys, placeless, containerOf }),
    reactions: createReactions({ redis, keys }),
    moves: createMoves({ redis, keys }),
    limiter: createLimiter({ redis, keys }),
    journeys: createJourneys({ redis, keys }),
    flow: createFlow({ redis, keys }),
    sightings: createSightings({ redis, keys }),
    checkpoints: createCheckpoints({ redis, keys }),
    leases: createLeases({ redis, keys, onError: (error) => log.debug({ err: error }, 'lease could not be asked for') }),
    heartbeats: createHeartbeats({ redis, keys, ...(beatEveryMs === undefined ? {} : { everyMs: beatEveryMs }) }),
    typing: createTypingSigns({
      redis,
      open: () =>
        workerConnection({ target, name: 'bridge-typing', onError: (error) => log.debug({ err: error }, 'Redis does not answer') }),
      keys,
      onError: (error) => log.debug({ err: error }, 'that somebody writes could not be told'),
    }),
  };
}
