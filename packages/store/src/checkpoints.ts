import type { PlatformId } from '@bridge/core';
import type { Keys } from '@bridge/queue';
import type { Redis } from 'ioredis';

/** Where a platform's stream is to be taken up again. Saved only after the event before it was accepted. */
export interface Checkpoints {
  load(platform: PlatformId): Promise<string | undefined>;
  /** `value` is the platform's own; nobody else reads it. */
  save(platform: PlatformId, value: string): Promise<void>;
}

/** The checkpoints in Redis. */
export function createCheckpoints({ redis, keys }: { readonly redis: Redis; readonly keys: Keys }): Checkpoints {
  return {
    load: async (platform) => (await redis.hget(keys.checkpoints, platform)) ?? undefined,
    save: async (platform, value) => void (await redis.hset(keys.checkpoints, platform, value)),
  };
}
