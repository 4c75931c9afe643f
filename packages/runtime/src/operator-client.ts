import type { PlatformId, RedisTarget } from '@bridge/core';
import { type DeadLetterDesk, createKeys, openQueues, producerConnection, waitUntilReady } from '@bridge/queue';
import { type Copies, type Journeys, createCopies, createJourneys } from '@bridge/store';

export interface OperatorClientOptions {
  readonly target: RedisTarget;
  /** REDIS_PREFIX of the installation to look at. */
  readonly prefix: string;
  /** The platforms whose queues are looked at, configured or not: a platform that was switched off may have left something. */
  readonly platforms: readonly PlatformId[];
}

/** What a person does to an installation from outside of it. */
export interface OperatorClient {
  readonly desk: DeadLetterDesk;
  readonly journeys: Journeys;
  readonly copies: Copies;
  close(): Promise<void>;
}

/** Somebody waits at a terminal. */
const connectMs = 3_000;

/**
 * Opens an installation's dead letters and journeys.
 * @throws {RedisUnreachable} when Redis does not answer.
 */
export async function connectOperator({ target, prefix, platforms }: OperatorClientOptions): Promise<OperatorClient> {
  const redis = producerConnection({ target, name: 'bridge-operator' });
  try {
    await waitUntilReady(redis, connectMs);
    const queues = await openQueues({ producer: redis, prefix, platforms });
    const keys = createKeys({ prefix });
    return {
      desk: queues.deadLetters,
      journeys: createJourneys({ redis, keys }),
      copies: createCopies({ redis, keys }),
      close: async () => {
        await queues.close();
        redis.disconnect();
      },
    };
  } catch (error) {
    redis.disconnect();
    throw error;
  }
}
