import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { Identity } from './config.ts';
import { markIn } from './marks.ts';
import { isOwn } from './own.ts';
import { ownership, snowflake } from './payload.ts';
import type { Api } from './rest.ts';

const pageSize = 100;
/** With more talk than this since the attempt it is given up; nobody waits that long for an answer in so busy a channel. */
const maxPages = 10;
/** As long as a delivery is tried. */
const maxAgeMs = 24 * 3_600_000;

const listedSchema = z.object({ id: snowflake, content: z.string().catch(''), timestamp: z.string().catch(''), ...ownership });
type Listed = z.infer<typeof listedSchema>;
const pageSchema = z
  .array(z.unknown())
  .catch([])
  .transform((all) => all.flatMap((one) => listedSchema.safeParse(one).data ?? []));

const byAge = (one: Listed, two: Listed): number => (BigInt(one.id) < BigInt(two.id) ? -1 : 1);

/** Waits until what Discord had just taken is listed; rejects when `signal` stops it. */
export type Settle = (signal: AbortSignal) => Promise<void>;

/** What is looked for, and where. */
export interface Sought {
  /** A channel or thread. */
  readonly channel: string;
  readonly mark: string;
  /** Whose it must be; people can copy a mark. */
  readonly identity: Identity;
  /** Between the two looks. */
  readonly settle: Settle;
}

/** What Discord had just taken as the connection broke, or as its sender was killed, may take that long until it is listed. */
const settleMs = 1_500;
/** The wait as it is where no test holds it. */
export const settleAWhile: Settle = (signal) => sleep(settleMs, undefined, { signal });

/**
 * The id of the message that an earlier attempt made, looked for from the newest on, and once more among the newest a moment
 * later; undefined when there is none.
 */
export async function findEarlier(api: Api, sought: Sought, signal: AbortSignal): Promise<string | undefined> {
  const found = await search(api, { ...sought, pages: maxPages }, signal);
  if (found !== undefined) return found;
  await sought.settle(signal);
  return search(api, { ...sought, pages: 1 }, signal);
}

async function search(
  api: Api,
  { channel, mark, identity, pages }: Sought & { readonly pages: number },
  signal: AbortSignal,
): Promise<string | undefined> {
  let before: string | undefined;
  for (let page = 0; page < pages; page += 1) {
    const query = { limit: String(pageSize), ...(before === undefined ? {} : { before }) };
    const listed = pageSchema.parse(await api.call({ method: 'GET', path: `/channels/${channel}/messages`, query }, signal));
    const found = listed.find((message) => markIn(message.content) === mark && isOwn(message, identity));
    if (found !== undefined) return found.id;
    const [oldest] = listed.toSorted(byAge);
    if (oldest === undefined || listed.length < pageSize || Date.now() - Date.parse(oldest.timestamp) > maxAgeMs) return undefined;
    before = oldest.id;
  }
  return undefined;
}
