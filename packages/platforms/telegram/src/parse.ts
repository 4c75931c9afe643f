import { createHash } from 'node:crypto';
import { type BridgeEvent, type Content, conversationId, eventId, messageId, type Parsed, platformId, type RawEvent } from '@bridge/core';
import { authorOf, channelOf, messageUrl, topicOf } from './author.ts';
import { contentOf, noContent, replyOf, serviceContent } from './content.ts';
import { serviceOf } from './fallback.ts';
import {
  type Chat,
  type Message,
  type MessageKind,
  messageKinds,
  messageSchema,
  type Reaction,
  type Reactions,
  reactionsSchema,
} from './payload.ts';

/** This platform's name everywhere. */
export const telegram = platformId('telegram');

type Json = Readonly<Record<string, unknown>>;
const isRecord = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Seconds as Telegram has them; the epoch for what no date can hold. */
function isoTime(seconds: number | undefined): string {
  const date = new Date((seconds ?? 0) * 1000);
  return Number.isNaN(date.getTime()) || date.getTime() < 0 || date.getUTCFullYear() > 9999
    ? new Date(0).toISOString()
    : date.toISOString();
}

function base(event: RawEvent, at: { readonly chat: Chat; readonly message: number; readonly topic: number | undefined }) {
  const url = messageUrl(at.chat, at.message, at.topic);
  return {
    v: 1 as const,
    id: eventId(telegram, messageId(String(at.message))),
    source: telegram,
    message: messageId(String(at.message)),
    eventKey: event.eventKey,
    channel: channelOf(at.chat, at.topic),
    platform: url === undefined ? {} : { messageUrl: url },
  };
}

/** Telegram edits twice within a second at times; the text tells those apart. */
const revisionOf = (message: Message, content: Content): string => {
  const hash = createHash('sha256')
    .update(JSON.stringify([content.body, content.attachments]))
    .digest('base64url');
  return `${message.edit_date ?? 0}-${hash.slice(0, 12)}`;
};

interface Received {
  readonly event: RawEvent;
  readonly kind: MessageKind;
  readonly raw: Json;
  readonly mostBytes: number;
  readonly botId: number;
}

function parseMessage({ event, kind, raw, mostBytes, botId }: Received): Parsed {
  const read = messageSchema.safeParse(raw);
  if (!read.success) return { kind: 'dropped', reason: 'malformed-message' };
  const message = read.data;
  const move = moveOf(message);
  if (move !== undefined) return move;
  const service = serviceOf(raw);
  if (service !== undefined && 'drop' in service) return { kind: 'dropped', reason: service.drop };
  const content = service === undefined ? contentOf(message, raw, mostBytes) : serviceContent(service);
  const notice = service?.notice;
  const replyTo = replyOf(message, botId);
  const common = {
    ...base(event, { chat: message.chat, message: message.message_id, topic: topicOf(message) }),
    author: authorOf(message, message.chat),
    content,
    ...(replyTo ? { replyTo } : {}),
  };
  const edited = kind === 'edited_message' || kind === 'edited_channel_post';
  const created = isoTime(message.date);
  return one(
    edited
      ? { ...common, type: 'message.edited', timestamp: isoTime(message.edit_date ?? message.date), revision: revisionOf(message, content) }
      : { ...common, type: 'message.created', timestamp: created, ...albumOf(message), ...(notice === undefined ? {} : { notice }) },
  );
}

/** The parts of an album come as messages of their own. */
const albumOf = ({ media_group_id: album }: Message) => (album === undefined || album === '' ? {} : { album });

/** A group that became a supergroup says so in both; whichever comes first moves it. */
function moveOf({ chat, migrate_to_chat_id: to, migrate_from_chat_id: from }: Message): Parsed | undefined {
  const here = conversationId(String(chat.id));
  if (to !== undefined && to !== chat.id) return { kind: 'moved', from: here, to: conversationId(String(to)) };
  return from !== undefined && from !== chat.id ? { kind: 'moved', from: conversationId(String(from)), to: here } : undefined;
}

const one = (event: BridgeEvent): Parsed => ({ kind: 'events', events: [event] });

/** A Unicode emoji, or what stands for one: custom emoji have only an id here, paid reactions are stars. */
function emojiOf(reaction: Reaction): string {
  if (reaction.type === 'emoji' && reaction.emoji) return reaction.emoji;
  return reaction.custom_emoji_id ? `:${reaction.custom_emoji_id}:` : '⭐';
}

/** Telegram sends a person's reactions before and after; the difference is what happened. */
function parseReactions(event: RawEvent, reactions: Reactions): Parsed {
  const before = new Set(reactions.old_reaction.map(emojiOf));
  const after = new Set(reactions.new_reaction.map(emojiOf));
  const changes = [
    ...[...before].filter((emoji) => !after.has(emoji)).map((emoji) => ({ type: 'reaction.removed' as const, emoji })),
    ...[...after].filter((emoji) => !before.has(emoji)).map((emoji) => ({ type: 'reaction.added' as const, emoji })),
  ];
  if (changes.length === 0) return { kind: 'dropped', reason: 'reactions-unchanged' };
  const common = {
    // The update does not say which topic the message is in.
    ...base(event, { chat: reactions.chat, message: reactions.message_id, topic: undefined }),
    author: authorOf({ from: reactions.user, sender_chat: reactions.actor_chat, author_signature: undefined }, reactions.chat),
    timestamp: isoTime(reactions.date),
    content: noContent,
  };
  const events = changes.map((change, index) => ({
    ...common,
    ...change,
    eventKey: index === 0 ? event.eventKey : `${event.eventKey}-${index}`,
  }));
  return { kind: 'events', events };
}

const senderOf = (raw: Json): unknown => (isRecord(raw['from']) ? raw['from']['id'] : undefined);

/**
 * Turns one update into events. Pure and total. What the bot with id `botId` wrote is its own, whatever it holds;
 * what cannot be told at all is dropped with a reason, everything else becomes at least a line of words. Files larger than
 * `mostBytes` can never be fetched.
 */
export function parseUpdate(event: RawEvent, botId: number, mostBytes = Infinity): Parsed {
  const update = event.raw;
  if (!isRecord(update)) return { kind: 'dropped', reason: 'malformed-update' };
  for (const kind of messageKinds) {
    const raw = update[kind];
    if (!isRecord(raw)) continue;
    return senderOf(raw) === botId ? { kind: 'own' } : parseMessage({ event, kind, raw, mostBytes, botId });
  }
  const reactions = reactionsSchema.safeParse(update['message_reaction']);
  if (!reactions.success) return { kind: 'dropped', reason: 'unsupported-update' };
  return reactions.data.user?.id === botId ? { kind: 'own' } : parseReactions(event, reactions.data);
}
