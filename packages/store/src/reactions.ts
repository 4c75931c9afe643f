import { type ConversationId, type ConversationRef, type MessageRef, type PlatformId, conversationId, platformId } from '@bridge/core';
import type { Keys } from '@bridge/queue';
import type { ChainableCommander, Redis } from 'ioredis';
import { z } from 'zod';
import { defaultCopiesTtlSeconds } from './copies.ts';
import { readJson } from './json.ts';

/** Somebody's reaction to a message, wherever it was made. */
export interface ReactionRecord {
  /** The message itself, or what it is a copy of: one place for all its copies. */
  readonly message: MessageRef;
  /** Where it was made: on the message or on one of its copies. */
  readonly platform: PlatformId;
  readonly conversation: ConversationId;
  /** Whose it is. */
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
  /** What people have on a message and its copies now, in the order in which they were made. */
  of(message: MessageRef): Promise<readonly PersonsReaction[]>;
}

/** One emoji of one person. */
export interface PersonsReaction {
  /** Where it was made; what earlier versions wrote down tells the platform alone. */
  readonly at: Pick<ConversationRef, 'platform'> & { readonly conversation?: ConversationId };
  readonly person: string;
  readonly emoji: string;
}

/** Platform, person, emoji, conversation. */
const fieldSchema = z.tuple([z.string(), z.string(), z.string(), z.string().optional()]);

/** The reactions as one Redis hash per message, kept as long as its copies are. */
export function createReactions(options: { readonly redis: Redis; readonly keys: Keys; readonly ttlSeconds?: number }): Reactions {
  const { redis, keys, ttlSeconds = defaultCopiesTtlSeconds } = options;
  return {
    record(transaction, { message, platform, conversation, person, emoji, on, at }) {
      const key = keys.reactions(message);
      const earlier = [platform, person, emoji];
      const field = JSON.stringify([...earlier, conversation]);
      if (on) transaction.hset(key, field, at).expire(key, ttlSeconds);
      else transaction.hdel(key, field, JSON.stringify(earlier));
    },
    async of(message) {
      const entries = Object.entries(await redis.hgetall(keys.reactions(message)));
      return entries
        .map(([field, at]) => ({ field: readJson(fieldSchema, field), at: Number(at) }))
        .toSorted((one, two) => one.at - two.at)
        .flatMap(({ field }) => (field === undefined ? [] : [reactionOf(field)]));
    },
  };
}

const reactionOf = ([platform, person, emoji, conversation]: z.infer<typeof fieldSchema>): PersonsReaction => ({
  at: { platform: platformId(platform), ...(conversation === undefined ? {} : { conversation: conversationId(conversation) }) },
  person,
  emoji,
});
