import type { RedisTarget } from '@bridge/core';
import { createKeys, producerConnection, waitUntilReady, workerConnection } from '@bridge/queue';
import { type JourneyStep, createJourneys } from '@bridge/store';
import type { Redis } from 'ioredis';

export interface JourneysClientOptions {
  readonly target: RedisTarget;
  /** REDIS_PREFIX of the installation to look at. */
  readonly prefix: string;
  /** Removes every key of that installation first. Only for the sandbox, whose simulated platforms begin with nothing. */
  readonly forget?: boolean;
}

export interface JourneysClient {
  follow(signal: AbortSignal): AsyncIterable<JourneyStep>;
  /** Makes Redis answer nobody for so long, milliseconds. Only for the sandbox: everything else on that Redis waits as well. */
  silence(ms: number): Promise<void>;
  close(): Promise<void>;
}

/**
 * Follows what an installation does, from outside of it.
 * @throws {RedisUnreachable} when Redis does not answer.
 */
export async function connectJourneys({ target, prefix, forget = false }: JourneysClientOptions): Promise<JourneysClient> {
  const redis = producerConnection({ target, name: 'bridge-journeys' });
  const keys = createKeys({ prefix });
  try {
    await waitUntilReady(redis);
    if (forget) await removeAll(target, keys.bullmq);
  } catch (error) {
    redis.disconnect();
    throw error;
  }
  const journeys = createJourneys({ redis, keys });
  return {
    follow: (signal) => journeys.follow({ signal }),
    silence: async (ms) => void (await redis.client('PAUSE', ms)),
    close: async () => redis.disconnect(),
  };
}

async function removeAll(target: RedisTarget, tag: string): Promise<void> {
  const redis: Redis = workerConnection({ target });
  try {
    for await (const found of redis.scanStream({ match: `${tag}:*`, count: 1000 })) {
      const names: string[] = Array.isArray(found) ? found.map(String) : [];
      if (names.length > 0) await redis.unlink(...names);
    }
  } finally {
    redis.disconnect();
  }
}
