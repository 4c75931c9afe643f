import { z } from 'zod';

/** A branded id as it comes back out of Redis. */
export const id = <T extends string>() => z.custom<T>((value) => typeof value === 'string' && value.length > 0, 'expected a non-empty id');

/** What Redis holds, when it is JSON of the right shape; undefined for anything else, such as an older version's. */
export function readJson<T>(schema: z.ZodType<T>, text: string | null | undefined): T | undefined {
  if (text === null || text === undefined) return undefined;
  try {
    const parsed = schema.safeParse(JSON.parse(text));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}
