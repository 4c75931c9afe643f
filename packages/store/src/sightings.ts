import { type Keys, keyPart } from '@bridge/queue';
import type { Redis } from 'ioredis';

/** What was seen of a platform's webhook: a call that was taken, one that was refused as not genuine, or that an event had to be found without one. */
export type Sighting = 'accepted' | 'refused' | 'missed';

/** Unix milliseconds; absent for what was never seen. */
export type SightingTimes = { readonly [S in Sighting]?: number };

/** When each was last seen, so that the doctor tells what a platform does not let a bot ask. */
export interface Sightings {
  /** Notes that it happens now. Costs nearly nothing, and tells nobody when Redis does not take it: the next one will do. */
  note(platform: string, sighting: Sighting): void;
  of(platform: string): Promise<SightingTimes>;
}

const kinds: readonly Sighting[] = ['accepted', 'refused', 'missed'];
/** Webhooks come by the hundred a second, and anybody can have one refused: each kind is written this often at most. */
const everyMs = 1_000;

/** The sightings in one Redis hash. */
export function createSightings({ redis, keys }: { readonly redis: Redis; readonly keys: Keys }): Sightings {
  const written = new Map<string, number>();
  const last = new Map<string, Sighting>();
  const field = (platform: string, sighting: Sighting) => `${sighting} ${keyPart(platform)}`;
  return {
    note(platform, sighting) {
      const name = field(platform, sighting);
      // What is taken after something was refused has to be seen to be later.
      const turned = sighting === 'accepted' && last.get(platform) === 'refused';
      if (!turned && performance.now() - (written.get(name) ?? Number.NEGATIVE_INFINITY) < everyMs) return;
      written.set(name, performance.now());
      last.set(platform, sighting);
      redis.hset(keys.sightings, name, Date.now()).catch(() => undefined);
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
