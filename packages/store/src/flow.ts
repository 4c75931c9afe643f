import { type Keys, keyPart } from '@bridge/queue';
import type { Redis } from 'ioredis';

/** Messages of one platform, minute by minute. */
export interface PlatformFlow {
  /** Unix milliseconds; absent when none ever went that way. */
  readonly lastIn?: number;
  readonly lastOut?: number;
  /** The last 60 minutes, oldest first; the last one is under way. */
  readonly in: readonly number[];
  readonly out: readonly number[];
}

/** When a message last came from a conversation and went to it, Unix milliseconds. */
export interface ConversationFlow {
  readonly lastIn?: number;
  readonly lastOut?: number;
}

/** What has flowed: counted in the transactions that route and deliver, so it is exact; kept for two hours, the last times for good. */
export interface Flow {
  platforms(ids: readonly string[]): Promise<ReadonlyMap<string, PlatformFlow>>;
  /** In the order of `refs`. */
  conversations(refs: readonly { readonly platform: string; readonly conversation: string }[]): Promise<readonly ConversationFlow[]>;
  /** New messages that each bridge took up in the last hour, in the order of `bridges`. */
  bridges(bridges: readonly string[]): Promise<readonly number[]>;
}

const minuteMs = 60_000;
const slotMs = 5 * minuteMs;
/** How long what is counted is kept, seconds. */
export const flowSeconds = 7_200;
const minutes = 60;
const slots = 12;

/** The minute that a moment (Unix ms) lies in. */
export const minuteOf = (at: number): number => Math.floor(at / minuteMs);
/** The five minutes that a moment (Unix ms) lies in. */
export const slotOf = (at: number): number => Math.floor(at / slotMs);

/** Reads what `Journeys.step` counts. */
export function createFlow({ redis, keys }: { readonly redis: Redis; readonly keys: Keys }): Flow {
  return {
    platforms: async (ids) => {
      const fields = ids.flatMap((id) => [`in ${keyPart(id)}`, `out ${keyPart(id)}`]);
      if (fields.length === 0) return new Map();
      const now = minuteOf(Date.now());
      const [last, ...counted] = await Promise.all([
        redis.hmget(keys.flowLast, ...fields),
        ...range(minutes).map((ago) => redis.hmget(keys.flowMinute(now - (minutes - 1 - ago)), ...fields)),
      ]);
      const countsOf = (field: number) => counted.map((minute) => Number(minute[field] ?? 0));
      return new Map(
        ids.map((id, index) => [
          id,
          { ...times(last[index * 2], last[index * 2 + 1]), in: countsOf(index * 2), out: countsOf(index * 2 + 1) },
        ]),
      );
    },
    conversations: async (refs) => {
      if (refs.length === 0) return [];
      const fields = refs.flatMap((ref) => [`in ${keys.conversation(ref)}`, `out ${keys.conversation(ref)}`]);
      const last = await redis.hmget(keys.flowLast, ...fields);
      return refs.map((_ref, index) => times(last[index * 2], last[index * 2 + 1]));
    },
    bridges: async (bridges) => {
      if (bridges.length === 0) return [];
      const now = slotOf(Date.now());
      const counted = await Promise.all(range(slots).map((ago) => redis.hmget(keys.flowSlot(now - ago), ...bridges)));
      return bridges.map((_bridge, index) => counted.reduce((sum, slot) => sum + Number(slot[index] ?? 0), 0));
    },
  };
}

const range = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

function times(lastIn: string | null | undefined, lastOut: string | null | undefined): ConversationFlow {
  return { ...(lastIn ? { lastIn: Number(lastIn) } : {}), ...(lastOut ? { lastOut: Number(lastOut) } : {}) };
}
