import { conversationId, type ConversationId, type ConversationRef } from '@bridge/core';
import type { Keys } from '@bridge/queue';
import type { ChainableCommander, Redis } from 'ioredis';

/** Conversations that go on under another id. */
export interface Moves {
  /** Adds the move to the transaction that notices it. */
  record(transaction: ChainableCommander, from: ConversationRef, to: ConversationId): void;
  /** Every move there is, by conversation: few, and read once for many look-ups. */
  all(): Promise<MoveTable>;
}

export interface MoveTable {
  /** The id under which a conversation goes on now; its own when it did not move. */
  now(ref: ConversationRef): ConversationId;
  readonly size: number;
}

const longestChain = 10;
/** A move that is noticed late costs one more refusal, which moves what went astray again. */
const rememberedMs = 2_000;

/** The moves as one Redis hash; kept for good, as they are few and a bridge may be configured with the old id for years. */
export function createMoves({ redis, keys }: { readonly redis: Redis; readonly keys: Keys }): Moves {
  let known: { readonly table: MoveTable; readonly until: number } | undefined;
  const now = (moves: Readonly<Record<string, string>>, { platform, conversation }: ConversationRef): ConversationId => {
    let at = conversation;
    for (let hops = 0; hops < longestChain; hops += 1) {
      const next = moves[keys.conversation({ platform, conversation: at })];
      if (next === undefined) break;
      at = conversationId(next);
    }
    return at;
  };
  return {
    record(transaction, from, to) {
      transaction.hset(keys.moves, keys.conversation(from), to);
      known = undefined;
    },
    async all() {
      if (known !== undefined && performance.now() < known.until) return known.table;
      const moves = await redis.hgetall(keys.moves);
      const table: MoveTable = { size: Object.keys(moves).length, now: (ref) => now(moves, ref) };
      known = { table, until: performance.now() + rememberedMs };
      return table;
    },
  };
}
