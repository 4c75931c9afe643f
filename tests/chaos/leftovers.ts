import { Redis } from 'ioredis';

/** What a bridge that has settled everything holds none of: messages, attempts under way, and jobs that wait or run. */
const passing = [
  /:mailbox:/,
  /:journal:/,
  /:ready:/,
  /:hold:/,
  /:pause:/,
  /:lock$/,
  /:(?:wait|active|paused|delayed|prioritized|failed|stalled)$/,
];

export async function leftovers(url: string): Promise<readonly string[]> {
  const redis = new Redis(url, { maxRetriesPerRequest: 5 });
  try {
    const keys = await redis.keys('*');
    return keys.filter((key) => passing.some((kind) => kind.test(key)));
  } finally {
    redis.disconnect();
  }
}
