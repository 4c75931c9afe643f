import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';

/** Follows the journeys while they are kept, through every death of Redis. */
export interface JourneyReader {
  /** Reads what is left and stops. */
  stop(): Promise<void>;
}

const pageSize = 1_000;
const everyMs = 500;

/** `take` gets the JSON of each step once. */
export function readJourneys(url: string, take: (step: string) => void): JourneyReader {
  const redis = new Redis(url, { maxRetriesPerRequest: null, retryStrategy: () => 100 });
  redis.on('error', () => undefined);
  let from = '-';
  let stopped = false;
  const readOn = async (): Promise<void> => {
    const [key] = await redis.keys('*:journeys');
    for (let more = key !== undefined; more && key !== undefined; ) {
      const entries = await redis.xrange(key, from, '+', 'COUNT', pageSize);
      for (const [, [, step]] of entries) if (step !== undefined) take(step);
      from = entries.length > 0 ? `(${entries.at(-1)?.[0]}` : from;
      more = entries.length === pageSize;
    }
  };
  const reading = (async () => {
    while (!stopped) {
      await readOn();
      await sleep(everyMs);
    }
    await readOn();
  })();
  return {
    async stop() {
      stopped = true;
      await reading;
      redis.disconnect();
    },
  };
}
