import type { ConversationId, RateLimit } from '@bridge/core';
import { targetOf } from './config.ts';

// https://core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this: no more than one message a second in
// a chat but for short bursts, 20 a minute in a group, about 30 a second in all. How long a burst may be is not told.
// A window of any place then holds at most `burst` and what `count` adds: 5 + 25 = 30, and 4 + 16 = 20.
const bot: RateLimit = { key: 'bot', count: 25, perMs: 1_000, burst: 5 };
const perChat = { count: 1, perMs: 1_000, burst: 3 };
const perGroup = { count: 16, perMs: 60_000, burst: 4 };

/** The rates for one conversation. Topics share those of their chat; groups are the chats with a negative id. */
export function limitsOf(conversation: ConversationId): readonly RateLimit[] {
  const { chat_id: chat } = targetOf(conversation);
  const own: RateLimit = { key: `chat:${chat}`, ...perChat };
  return chat < 0 ? [bot, own, { key: `group:${chat}`, ...perGroup }] : [bot, own];
}

/** What an album uses up beyond the one message that it was counted as: Telegram counts each of its parts. */
export function exhaustedBy(parts: number, conversation: ConversationId): { readonly key: string; readonly forMs: number } | undefined {
  const strictest = limitsOf(conversation).at(-1);
  if (parts < 2 || strictest === undefined) return undefined;
  return { key: strictest.key, forMs: Math.ceil(((parts - 1) * strictest.perMs) / strictest.count) };
}
