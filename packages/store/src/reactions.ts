import type { MessageRef, PlatformId } from '@bridge/core';
import type { Keys } from '@bridge/queue';
import type { ChainableCommander, Redis } from 'ioredis';
import { z } from 'zod';
import { defaultCopiesTtlSeconds } from './copies.ts';
import { readJson } from './json.ts';

/** Somebody's reaction to a message, wherever it was made. */
export interface ReactionRecord {
  /** The message itself, or what it is a copy of: one place for all its copies. */
  readonly message: MessageRef;
  /** Whose it is. */
  readonly platform: PlatformId;
  readonly person: string;
  readonly emoji: string;
  readonly on: boolean;
  /** Unix milliseconds, for the order. */
  readonly at: number;
}

/** Who reacted to what, for platforms where the bridge has only one reaction for everybody. */
export interface Reactions {
  /** Adds the change to the transaction that routes it. */
  record(transaction: ChainableCommander, reaction: ReactionRecord): void;
  /** The emoji that people of other platforms have on a message now, one entry per person, in the order in which they were made. */
  of(message: MessageRef, but: PlatformId): Promise<readonly string[]>;
  /** Those that people of a platform have on a message now, in the order in which they were made. */
  by(message: MessageRef, platform: PlatformId): Promise<readonly PersonsReaction[]>;
}

/** One emoji of one person. */
export interface PersonsReaction {
  readonly person: string;
  readonly emoji: string;
}

const fieldSchema = z.tuple([z.string(), z.string(), z.string()]);

/** The reactions as one Redis hash per message, kept as long as its copies are. */
export function createReactions(options: { readonly redis: Redis; readonly keys: Keys; readonly ttlSeconds?: number }): Reactions {
  const { redis, keys, ttlSeconds = defaultCopiesTtlSeconds } = options;
  const all = async (message: MessageRef): Promise<readonly (PersonsReaction & { readonly platform: string })[]> =>
    Object.entries(await redis.hgetall(keys.reactions(message)))
      .map(([field, at]) => ({ field: readJson(fieldSchema, field), at: Number(at) }))
      .toSorted((one, two) => one.at - two.at)
      .flatMap(({ field }) => (field === undefined ? [] : [{ platform: field[0], person: field[1], emoji: field[2] }]));
  return {
    record(transaction, { message, platform, person, emoji, on, at }) {
      const key = keys.reactions(message);
      const field = JSON.stringify([platform, person, emoji]);
      if (on) transaction.hset(key, field, at).expire(key, ttlSeconds);
      else transaction.hdel(key, field);
    },
    of: async (message, but) => (await all(message)).flatMap(({ platform, emoji }) => (platform === but ? [] : [emoji])),
    by: async (message, wanted) =>
      (await all(message)).flatMap(({ platform, person, emoji }) => (platform === wanted ? [{ person, emoji }] : [])),
  };
}
