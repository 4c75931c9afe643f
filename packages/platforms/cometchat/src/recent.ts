import { DeliveryError, messageId, type MessageId } from '@bridge/core';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { type Client, Refusal } from './client.ts';
import { type Target } from './config.ts';
import { isMarkedAs, tagsOf } from './mark.ts';

const soft = <T extends z.ZodType>(schema: T) => schema.optional().catch(undefined);
const pageSchema = z.object({
  data: z.array(
    z.object({
      id: z.union([z.string(), z.number().transform(String)]),
      muid: soft(z.string()),
      sentAt: soft(z.number()),
      data: soft(z.object({ metadata: soft(z.record(z.string(), z.unknown())) })),
    }),
  ),
});
type Listed = z.infer<typeof pageSchema>['data'][number];

/** Waits until what CometChat had just taken is listed. */
export type Settle = (signal: AbortSignal) => Promise<void>;

/** What is looked for, and where. */
export interface Search {
  readonly target: Target;
  readonly step: Parameters<typeof isMarkedAs>[1];
  /** The bridge's own user, whose conversations the one-to-one ones are. */
  readonly bridgeUid: string;
  /** Unix milliseconds; what was sent before need not be looked at. */
  readonly since: number;
  /** Between the two looks. */
  readonly settle: Settle;
}

const perPage = 100;
const mostPages = 20;
/** By how much CometChat's clock may be behind ours, milliseconds. */
const clockMargin = 5 * 60_000;

/** What CometChat had just taken as the connection broke, or as its sender was killed, may take that long until it is listed. */
const settleMs = 1_500;
/** The wait as it is where no test holds it; one that is stopped ends, and the look after it fails. */
export const settleAWhile: Settle = (signal) => sleep(settleMs, undefined, { signal }).catch(() => undefined);

/**
 * The message that an earlier attempt at this step sent, if it did: asked for by its own tag, then looked for among the
 * conversation's messages, newest first, back to when the attempt began or 2,000 messages, and once more among the newest a moment
 * later.
 * @throws {Refusal | NoAnswer | DeliveryError} when CometChat does not tell.
 */
export async function findSent(client: Client, search: Search, signal: AbortSignal): Promise<MessageId | undefined> {
  const list = lister(client, search, signal);
  const ours = (page: readonly Listed[]): MessageId | undefined => {
    const found = page.find(({ muid, data }) => isMarkedAs({ muid, metadata: data?.metadata }, search.step));
    return found && messageId(found.id);
  };
  const [, tag] = tagsOf(search.step);
  const tagged = ours(await list({ tags: tag }).catch(notByTag));
  if (tagged !== undefined) return tagged;
  const found = await lookThrough({ list, ours, since: search.since });
  if (found !== undefined) return found;
  await search.settle(signal);
  return ours(await list({}));
}

interface Looking {
  list(query: Readonly<Record<string, string | number>>): Promise<readonly Listed[]>;
  ours(page: readonly Listed[]): MessageId | undefined;
  /** Unix milliseconds. */
  readonly since: number;
}

async function lookThrough({ list, ours, since: from }: Looking): Promise<MessageId | undefined> {
  let before: number | undefined;
  for (let count = 0; count < mostPages; count += 1) {
    const page = await list(before === undefined ? {} : { affix: 'prepend', id: before });
    const found = ours(page);
    if (found !== undefined) return found;
    const oldest = Math.min(...page.map(({ id }) => Number(id)));
    const since = Math.min(...page.map(({ sentAt = 0 }) => sentAt)) * 1000;
    // An API that gave the same page for ever would be asked for ever.
    const stuck = before !== undefined && oldest >= before;
    if (page.length < perPage || stuck || since < from - clockMargin) return undefined;
    before = oldest;
  }
  return undefined;
}

/** An app that does not search by tag is looked through instead. */
function notByTag(error: unknown): readonly Listed[] {
  if (error instanceof Refusal && error.status === 400) return [];
  throw error;
}

function lister(client: Client, { target, bridgeUid }: Search, signal: AbortSignal) {
  const { receiver, receiverType } = target;
  const path = `/${receiverType}s/${encodeURIComponent(receiver)}/messages`;
  // Two people's conversation is listed on behalf of one of them; a group's as the app, which sees it all.
  const as = receiverType === 'user' ? { onBehalfOf: bridgeUid } : {};
  return async (query: Readonly<Record<string, string | number>>): Promise<readonly Listed[]> => {
    const answer = await client.call({ method: 'GET', path, query: { limit: perPage, ...query }, ...as }, signal);
    const read = pageSchema.safeParse(answer.json);
    if (read.success) return read.data.data;
    throw new DeliveryError('CometChat’s list of messages cannot be read; whether the message arrived is asked again.', {
      kind: 'transient',
    });
  };
}
