import type { ChainableCommander, Redis } from 'ioredis';
import type { Keys } from './keys.ts';
import { addScript } from './scripts.ts';

/** Closes and opens a whole platform's queue, for all its workers at once; `peek` obeys it. */
export function createPlatformGate(keys: Keys, queue: string) {
  return {
    /** The platform asked everybody to wait. */
    hold: (transaction: ChainableCommander, reason: string, delayMs: number): void =>
      addScript(transaction, 'hold', { keys: [keys.hold(queue)], args: [reason, Math.ceil(delayMs)] }),
    /** The credential was rejected; after `pauseMs` one delivery is let through to see. */
    pause: (transaction: ChainableCommander, reason: string, pauseMs: number): void =>
      addScript(transaction, 'pause', { keys: [keys.pause(queue)], args: [reason, Math.ceil(pauseMs)] }),
    /** The probe got through. */
    open: (transaction: ChainableCommander): void => void transaction.del(keys.pause(queue)),
    /** The probe told nothing; the next one comes in its own time. */
    endProbe: (transaction: ChainableCommander): void => void transaction.hdel(keys.pause(queue), 'probing'),
    /** Why it is paused, if it is. */
    pausedReason: async (redis: Redis): Promise<string | undefined> => (await redis.hget(keys.pause(queue), 'reason')) ?? undefined,
  };
}

/** What `createPlatformGate` makes. */
export type PlatformGate = ReturnType<typeof createPlatformGate>;
