import { type Keys, keyPart } from '@bridge/queue';
import type { Redis } from 'ioredis';

/** What was seen of a platform's webhook: a call that was taken, one that was refused as not genuine, or an event of which none told. */
export type Sighting = 'accepted' | 'refused' | 'missed';

/** Unix milliseconds; absent for what was never seen. */
export type SightingTimes = { readonly [S in Sighting]?: number };

/** When each was last seen, so that the doctor tells what a platform does not let a bot ask. */
export interface Sightings {
  /** Notes that it happened, now or at `at` (Unix ms). Costs nearly nothing; where Redis does not take it, the next one will do. */
  note(platform: string, sighting: Sighting, at?: number): void;
  of(platform: string): Promise<SightingTimes>;
}

const kinds: readonly Sighting[] = ['accepted', 'refused', 'missed'];
/** Webhooks come by the hundred a second, and anybody can have one refused: each kind is written this often at most. */
const everyMs = 1_000;

/** The sightings in one Redis hash. */
export function createSightings({ redis, keys }: { readonly redis: Redis; readonly keys: Keys }): Sightings {
  /** What was written within the last second, with the time of what came after it. */
  const fresh = new Map<string, { later?: number }>();
  const field = (platform: string, sighting: Sighting) => `${sighting} ${keyPart(platform)}`;
  const write = (name: string, at: number): void => {
    const written: { later?: number } = {};
    fresh.set(name, written);
    redis.hset(keys.sightings, name, at).catch(() => undefined);
    const next = () => (written.later === undefined ? fresh.delete(name) : write(name, written.later));
    setTimeout(next, everyMs).unref();
  };
  return {
    note(platform, sighting, at = Date.now()) {
      const name = field(platform, sighting);
      const written = fresh.get(name);
      if (written === undefined) write(name, at);
      else written.later = Math.max(at, written.later ?? 0);
    },
    of: async (platform) => {
      const times = await redis.hmget(keys.sightings, ...kinds.map((kind) => field(platform, kind)));
      return Object.fromEntries(
        kinds.flatMap((kind, index) => {
          const time = times[index];
          return time ? [[kind, Number(time)]] : [];
        }),
      );
    },
  };
}
