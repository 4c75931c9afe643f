import { randomUUID } from 'node:crypto';
import type { Config } from '@bridge/config';
import type { Log, PlatformId, RedisTarget, SourceStatus } from '@bridge/core';
import { type Keys, type Queues, createKeys, openQueues, producerConnection, waitUntilReady, workerConnection } from '@bridge/queue';
import { type Checkpoints, type Copies, type Heartbeats, type Journeys, type Leases, createCheckpoints, createCopies, createHeartbeats, createJourneys, createLeases } from '@bridge/store';
import type { Redis } from 'ioredis';

/** What a process has of Redis. */
export interface Connections {
  readonly queues: Queues;
  readonly stores: Stores;
  redisReady(): boolean;
  /** What heartbeats say of this process's connections from now on. */
  reportSources(read: () => Readonly<Record<string, SourceStatus>>): void;
  /** Writes a heartbeat without waiting for the next one. */
  beatNow(): void;
  close(): Promise<void>;
}

export interface Stores {
  readonly copies: Copies;
  readonly journeys: Journeys;
  readonly checkpoints: Checkpoints;
  readonly leases: Leases;
  readonly heartbeats: Heartbeats;
}

export interface ConnectOptions {
  readonly config: Config;
  /** The platforms that have an outbound queue. */
  readonly platforms: readonly PlatformId[];
  readonly roles: readonly string[];
  readonly version: string;
  readonly log: Log;
}

/** How long to wait for Redis at the start; long enough for one that is started beside us. */
const startMs = 30_000;

/** @throws {RedisUnreachable} when Redis does not answer in time, with what to look at. */
export async function connect(options: ConnectOptions): Promise<Connections> {
  const { config, log } = options;
  const target = config.redis;
  if (!target) throw new Error('REDIS_URL is missing; set it, or use `npm start`, which finds or starts a Redis.');
  const lines = openLines(target, log);
  try {
    await Promise.all([waitUntilReady(lines.producer, startMs), waitUntilReady(lines.worker, startMs)]);
    const queues = await openQueues({
      ...lines,
      prefix: config.common.redisPrefix,
      platforms: options.platforms,
      onError: (error, where) => log.warn({ err: error, where }, 'queue error'),
    });
    return await assemble(options, lines, queues);
  } catch (error) {
    disconnect(lines);
    throw error;
  }
}

interface Lines {
  readonly producer: Redis;
  readonly worker: Redis;
}

/** Redis being away is news once a while, not with each of many attempts to reconnect. */
const quietMs = 10_000;

function openLines(target: RedisTarget, log: Log): Lines {
  let told = Number.NEGATIVE_INFINITY;
  const onError = (error: unknown) => {
    if (performance.now() - told < quietMs) return;
    told = performance.now();
    log.warn({ err: error }, 'Redis does not answer');
  };
  return { producer: producerConnection({ target, name: 'bridge-producer', onError }), worker: workerConnection({ target, name: 'bridge-worker', onError }) };
}

function disconnect({ producer, worker }: Lines): void {
  producer.disconnect();
  worker.disconnect();
}

async function assemble(options: ConnectOptions, lines: Lines, queues: Queues): Promise<Connections> {
  const { config, roles, version, log } = options;
  const stores = createStores({ keys: createKeys({ prefix: config.common.redisPrefix }), redis: lines.producer });
  let sources: () => Readonly<Record<string, SourceStatus>> = () => ({});
  const id = randomUUID();
  const startedAt = Date.now();
  const beat = await stores.heartbeats.start(
    () => ({ id, roles, pid: process.pid, version, startedAt, sources: sources() }),
    (error) => log.debug({ err: error }, 'heartbeat not written'),
  );
  return {
    queues,
    stores,
    redisReady: () => lines.producer.status === 'ready',
    reportSources: (read) => {
      sources = read;
    },
    beatNow: () => void beat.beatNow(),
    close: async () => {
      await beat.stop().catch((error: unknown) => log.debug({ err: error }, 'heartbeat not removed'));
      await queues.close();
      disconnect(lines);
    },
  };
}

function createStores({ keys, redis }: { readonly keys: Keys; readonly redis: Redis }): Stores {
  return {
    copies: createCopies({ redis, keys }),
    journeys: createJourneys({ redis, keys }),
    checkpoints: createCheckpoints({ redis, keys }),
    leases: createLeases({ redis, keys }),
    heartbeats: createHeartbeats({ redis, keys }),
  };
}
