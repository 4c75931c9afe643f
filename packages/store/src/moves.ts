import type { ConversationId, ConversationRef } from '@bridge/core';
import type { Keys } from '@bridge/queue';
import type { ChainableCommander, Redis } from 'ioredis';
import { z } from 'zod';
import { id, readJson } from './json.ts';

/** Conversations that go on under another id. */
export interface Moves {
  /** Adds the move to the transaction that notices it. */
  record(transaction: ChainableCommander, from: ConversationRef, to: ConversationId): void;
  /** Every move there is: few, and read once for many look-ups; `fresh` asks Redis whatever is known already. */
  all(options?: { readonly fresh?: boolean }): Promise<MoveTable>;
}

/** The moves as they were at one time. */
export interface MoveTable {
  /** The id under which a conversation goes on now; its own when it did not move. */
  now(ref: ConversationRef): ConversationId;
  /** The id that it had before its first move; its own when it did not move. */
  first(ref: ConversationRef): ConversationId;
  readonly size: number;
}

const longestChain = 10;
/** Who notices a move late pays with one more refusal by the platform. */
const rememberedMs = 2_000;

const moveSchema = z.object({ from: id<ConversationId>(), to: id<ConversationId>() });

/** The moves as one Redis hash; kept for good, as they are few and a bridge may be configured with the old id for years. */
export function createMoves({ redis, keys }: { readonly redis: Redis; readonly keys: Keys }): Moves {
  let known: { readonly table: MoveTable; readonly until: number } | undefined;
  return {
    record(transaction, from, to) {
      const move = { from: from.conversation, to };
      transaction.hset(keys.moves, keys.conversation(from), JSON.stringify(move));
      known = undefined;
    },
    async all({ fresh = false } = {}) {
      if (!fresh && known !== undefined && performance.now() < known.until) return known.table;
      const table = tableOf(await redis.hgetall(keys.moves), keys);
      known = { table, until: performance.now() + rememberedMs };
      return table;
    },
  };
}

function tableOf(moves: Readonly<Record<string, string>>, keys: Keys): MoveTable {
  const forward = new Map<string, ConversationId>();
  const backward = new Map<string, ConversationId>();
  for (const [field, json] of Object.entries(moves)) {
    const move = readJson(moveSchema, json);
    if (move === undefined) continue;
    const platform = field.slice(0, field.indexOf('/'));
    forward.set(field, move.to);
    backward.set(keys.conversation({ platform, conversation: move.to }), move.from);
  }
  const follow =
    (chain: ReadonlyMap<string, ConversationId>) =>
    ({ platform, conversation }: ConversationRef) => {
      let at = conversation;
      for (let hops = 0; hops < longestChain; hops += 1) {
        const next = chain.get(keys.conversation({ platform, conversation: at }));
        // Moves in a circle end somewhere.
        if (next === undefined || next === conversation) break;
        at = next;
      }
      return at;
    };
  return { size: forward.size, now: follow(forward), first: follow(backward) };
}
