import type { BridgeEvent, ContentKind } from '@bridge/core';
import type { Message } from './payload.ts';

/** Types that are people's own messages: default, reply, slash-command and context-menu answers. Source: API reference, "Message Types". */
const ordinary: ReadonlySet<number> = new Set([0, 19, 20, 23]);

/** `membership` for who comes and goes, `event` for whatever else happens. */
type Notice = NonNullable<Extract<BridgeEvent, { readonly type: 'message.created' }>['notice']>;
interface Told {
  readonly notice: Notice;
  readonly kind?: ContentKind;
  readonly say: (message: Message) => string;
}
const event = (say: string | Told['say']): Told => ({ notice: 'event', say: typeof say === 'string' ? () => say : say });
const call = (say: string | Told['say']): Told => ({ ...event(say), kind: 'call' });
const membership = (say: string | Told['say']): Told => ({ ...event(say), notice: 'membership' });
const mentioned = ({ mentions: [first] }: Message): string => first?.global_name ?? first?.username ?? 'somebody';
const boosted = 'boosted the server';

const told: Readonly<Record<number, Told>> = {
  1: membership((message) => `added ${mentioned(message)}`),
  2: membership((message) => `removed ${mentioned(message)}`),
  3: call('started a call'),
  4: event((message) => `renamed this channel to “${message.content ?? ''}”`),
  5: event('changed the icon of this channel'),
  6: event('pinned a message'),
  7: membership('joined the server'),
  8: event(boosted),
  9: event(boosted),
  10: event(boosted),
  11: event(boosted),
  12: event((message) => `made the news of ${message.content ?? 'another channel'} appear here`),
  18: event((message) => `started a thread: ${message.content ?? ''}`),
  27: call((message) => `started a stage: ${message.content ?? ''}`),
  28: call((message) => `ended a stage: ${message.content ?? ''}`),
  31: call((message) => `changed the topic of the stage: ${message.content ?? ''}`),
};

const reasons: Readonly<Record<number, string>> = {
  // It repeats the message that the thread hangs on, for those who see the thread alone.
  21: 'thread-starter',
  24: 'automod-alert',
};

/** What becomes of a message by its type. */
export type SystemMessage =
  | { readonly kind: 'ordinary' }
  | { readonly kind: 'told'; readonly text: string; readonly notice: Notice; readonly of: ContentKind | undefined }
  | { readonly kind: 'dropped'; readonly reason: string };

/** The type of the message that says that a thread was started which hangs on no message. */
export const threadCreated = 18;

/** What a message of a type is to readers elsewhere: a message, a sentence, or nothing. */
export function systemMessage(message: Message): SystemMessage {
  // The result of a poll is an embed, which is read as such.
  if (ordinary.has(message.type) || message.type === 46) return { kind: 'ordinary' };
  const tell = told[message.type];
  if (tell !== undefined) return { kind: 'told', text: tell.say(message), notice: tell.notice, of: tell.kind };
  return { kind: 'dropped', reason: reasons[message.type] ?? 'system-message' };
}
