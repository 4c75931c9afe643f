import type { SourceStatus } from '@bridge/core';
import type { Keys } from '@bridge/queue';
import type { Redis } from 'ioredis';
import { z } from 'zod';
import { readJson } from './json.ts';

const statusSchema: z.ZodType<SourceStatus> = z.union([
  z.object({
    state: z.enum(['connecting', 'connected', 'disconnected']),
    detail: z.string().exactOptional(),
    guilds: z.number().exactOptional(),
  }),
  z.object({ state: z.literal('failed'), detail: z.string() }),
]);

/** What a process says of itself. */
export const heartbeatSchema = z.object({
  /** Unique per process, also after a restart. */
  id: z.string(),
  roles: z.array(z.string()).readonly(),
  pid: z.number(),
  version: z.string(),
  /** Unix milliseconds. */
  startedAt: z.number(),
  /** Connections that this process holds, by platform. */
  sources: z.record(z.string(), statusSchema).readonly(),
});
/** What a process says of itself. */
export type Heartbeat = z.infer<typeof heartbeatSchema>;

/** A process that keeps saying that it is alive. */
export interface Beating {
  /** Says it now, because something in it changed. Never rejects. */
  beatNow(): Promise<void>;
  /** Says goodbye: the process is gone from the list at once. */
  stop(): Promise<void>;
}

/** Which processes are alive. */
export interface Heartbeats {
  /** Beats at once and then regularly; `current` is asked each time. A beat that fails goes to `onError`, and the next one comes anyway. */
  start(current: () => Heartbeat, onError?: (error: unknown) => void): Promise<Beating>;
  /** Those that beat lately, longest-running first. */
  list(): Promise<readonly Heartbeat[]>;
}

/** Where heartbeats are kept, and how often they come. */
export interface HeartbeatOptions {
  readonly redis: Redis;
  readonly keys: Keys;
  /** Time between two beats; default 5 s. */
  readonly everyMs?: number;
  /** A process that said nothing for this long is gone; default three beats. */
  readonly goneAfterMs?: number;
}

/** Heartbeats in Redis; their age is Redis' to judge, so clocks need not agree. */
export function createHeartbeats(options: HeartbeatOptions): Heartbeats {
  const { redis, keys, everyMs = 5_000, goneAfterMs = everyMs * 3 } = options;
  const beat = async (about: Heartbeat) => {
    await redis.multi().set(keys.heartbeat(about.id), JSON.stringify(about), 'PX', goneAfterMs).sadd(keys.processes, about.id).exec();
  };
  return {
    async start(current, onError = () => undefined) {
      const beatNow = async () => beat(current()).catch(onError);
      await beatNow();
      const timer = setInterval(() => void beatNow(), everyMs);
      timer.unref();
      return {
        beatNow,
        async stop() {
          clearInterval(timer);
          const { id } = current();
          await redis.multi().del(keys.heartbeat(id)).srem(keys.processes, id).exec();
        },
      };
    },
    async list() {
      const ids = await redis.smembers(keys.processes);
      if (ids.length === 0) return [];
      const texts = await redis.mget(ids.map(keys.heartbeat));
      const gone = ids.filter((_id, index) => texts[index] === null);
      if (gone.length > 0) await redis.srem(keys.processes, gone);
      return texts.flatMap((text) => readJson(heartbeatSchema, text) ?? []).toSorted((a, b) => a.startedAt - b.startedAt);
    },
  };
}
