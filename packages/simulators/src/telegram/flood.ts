import type { ChatState } from './model.ts';

/** Flood limits, for sends and edits. */
export interface FloodLimits {
  /** Counts a send to a chat; or, where that is too many, the whole seconds to wait, and nothing is counted. */
  take(chat: ChatState): number | undefined;
}

/** At most `count` in any `windowMs`. */
interface Limit {
  readonly count: number;
  readonly windowMs: number;
}

// https://core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this names 1/s per chat "avoid sending more
// than", with short bursts allowed; 20/min in a group; about 30/s in all. The size of the burst is not known.
const perChat: Limit = { count: 5, windowMs: 5_000 };
const perGroup: Limit = { count: 20, windowMs: 60_000 };
const perBot: Limit = { count: 30, windowMs: 1_000 };

/** Sliding windows, on the clock given (milliseconds). */
export function createFloodLimits(now: () => number = Date.now): FloodLimits {
  const sent = new Map<string, number[]>();
  const windows = (chat: ChatState): (readonly [key: string, limit: Limit])[] => [
    ['bot', perBot],
    [`chat:${chat.id}`, perChat],
    ...(chat.type === 'group' || chat.type === 'supergroup' ? ([[`group:${chat.id}`, perGroup]] as const) : []),
  ];
  return {
    take(chat) {
      const at = now();
      const checked = windows(chat).map(([key, limit]) => {
        const recent = (sent.get(key) ?? []).filter((time) => time > at - limit.windowMs);
        const oldest = recent[recent.length - limit.count];
        return { key, recent, waitMs: oldest === undefined ? 0 : oldest + limit.windowMs - at };
      });
      const waitMs = Math.max(...checked.map((window) => window.waitMs));
      if (waitMs > 0) return Math.ceil(waitMs / 1000);
      for (const { key, recent } of checked) sent.set(key, [...recent, at]);
      return undefined;
    },
  };
}
