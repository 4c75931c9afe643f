import type { Message } from './payload.ts';

/** Types that are people's own messages: default, reply, slash-command and context-menu answers. Source: API reference, "Message Types". */
const ordinary: ReadonlySet<number> = new Set([0, 19, 20, 23]);

const told: Readonly<Record<number, (message: Message) => string>> = {
  4: (message) => `renamed this channel to “${message.content ?? ''}”`,
  6: () => 'pinned a message',
  18: (message) => `started a thread: ${message.content ?? ''}`,
  46: () => '',
};

const reasons: Readonly<Record<number, string>> = {
  1: 'recipient-added',
  2: 'recipient-removed',
  3: 'call',
  5: 'channel-icon-changed',
  7: 'member-joined',
  8: 'server-boosted',
  9: 'server-boosted',
  10: 'server-boosted',
  11: 'server-boosted',
  12: 'channel-followed',
  24: 'automod-alert',
  27: 'stage-started',
  28: 'stage-ended',
};

/** What becomes of a message by its type. */
export type SystemMessage =
  | { readonly kind: 'ordinary' }
  | { readonly kind: 'told'; readonly text: string }
  | { readonly kind: 'dropped'; readonly reason: string };

/** What a message of a type is to readers elsewhere: a message, a sentence, or nothing. */
export function systemMessage(message: Message): SystemMessage {
  if (ordinary.has(message.type)) return { kind: 'ordinary' };
  // A thread begins with a copy of the message it grew from, which is content of that conversation.
  if (message.type === 21) return { kind: 'ordinary' };
  const tell = told[message.type];
  if (tell !== undefined) return { kind: 'told', text: tell(message) };
  return { kind: 'dropped', reason: reasons[message.type] ?? 'system-message' };
}
