import { eventId, messageId, paragraphs, plainText, platformId, userId, conversationId } from '@bridge/core';
import type { Author, BridgeEvent, Channel, Content, Parsed, RawEvent } from '@bridge/core';
import type { Identity } from './config.ts';
import { contentOf, emojiText, labelsOf, saidIn } from './content.ts';
import { isOwn } from './own.ts';
import { bulkDeleteSchema, deleteSchema, messageSchema, rawSchema, reactionSchema } from './payload.ts';
import type { Message, Raw, User } from './payload.ts';
import { systemMessage } from './system-messages.ts';

const discord = platformId('discord');
const emptyContent: Content = { text: '', attachments: [], metadata: {}, body: [] };
const dropped = (reason: string): Parsed => ({ kind: 'dropped', reason });

/** Gateway events as standard events. Pure and total. */
export function parseRaw(event: RawEvent, identity: Identity): Parsed {
  const raw = rawSchema.safeParse(event.raw);
  if (!raw.success) return dropped('not-understood');
  const input = { raw: raw.data, eventKey: event.eventKey === '' ? 'unknown' : event.eventKey, identity };
  switch (raw.data.t) {
    case 'MESSAGE_CREATE':
    case 'MESSAGE_UPDATE':
      return parseMessage(input);
    case 'MESSAGE_DELETE':
      return parseDelete(input);
    case 'MESSAGE_DELETE_BULK':
      return parseBulkDelete(input);
    case 'MESSAGE_REACTION_ADD':
    case 'MESSAGE_REACTION_REMOVE':
      return parseReaction(input);
    default:
      return dropped('unknown-event');
  }
}

interface Input {
  readonly raw: Raw;
  readonly eventKey: string;
  readonly identity: Identity;
}

function parseMessage({ raw, eventKey, identity }: Input): Parsed {
  const result = messageSchema.safeParse(raw.d);
  if (!result.success) return dropped('not-understood');
  const message = result.data;
  if (isOwn(message, identity)) return { kind: 'own' };
  const edited = raw.t === 'MESSAGE_UPDATE';
  if (edited && message.edited_timestamp === undefined) return dropped('link-unfurl');
  const system = systemMessage(message);
  if (system.kind === 'dropped') return dropped(system.reason);
  const content = system.kind === 'told' && system.text !== '' ? toldContent(system.text) : messageContent(message, raw);
  if (content.body.length === 0 && content.attachments.length === 0 && !edited) return dropped('empty-message');
  const at = edited ? message.edited_timestamp : message.timestamp;
  const base = { ...commonOf(message, { raw, at }), eventKey, author: authorOf(message), content, ...replyOf(message, raw) };
  return events(
    edited ? { ...base, type: 'message.edited', revision: message.edited_timestamp ?? eventKey } : { ...base, type: 'message.created' },
  );
}

const events = (...all: readonly BridgeEvent[]): Parsed => ({ kind: 'events', events: all });

function toldContent(text: string): Content {
  return { ...emptyContent, text, body: [{ type: 'paragraph', children: [{ type: 'italic', children: [{ type: 'text', text }] }] }] };
}

function messageContent(message: Message, raw: Raw): Content {
  const content = contentOf(message, raw);
  const source = message.type === 21 ? message.referenced_message : undefined;
  if (source === undefined || content.body.length > 0) return content;
  const body = saidIn(source, labelsOf(source, raw));
  const head = paragraphs(`Thread started from a message of ${nameOf(source.author, source.member?.nick) ?? 'someone'}:`);
  const whole = body.length === 0 ? head : [...head, { type: 'quote' as const, children: body }];
  return { ...content, text: plainText(whole), body: whole };
}

function replyOf(message: Message, raw: Raw): { replyTo?: NonNullable<BridgeEvent['replyTo']> } {
  const { message_reference: reference, referenced_message: target } = message;
  // Type 1 is a forward, whose content is in the message itself.
  if (message.type !== 19 || (reference?.type ?? 0) !== 0) return {};
  const id = reference?.message_id ?? target?.id;
  if (id === undefined) return {};
  const author = nameOf(target?.author, target?.member?.nick);
  const excerpt = target === undefined ? '' : excerptOf(contentText(target, raw));
  return { replyTo: { message: messageId(id), ...(author === undefined ? {} : { author }), ...(excerpt === '' ? {} : { excerpt }) } };
}

function contentText(target: NonNullable<Message['referenced_message']>, raw: Raw): string {
  const text = plainText(saidIn(target, labelsOf(target, raw)));
  return text !== '' ? text : (target.attachments[0]?.filename ?? target.sticker_items[0]?.name ?? '');
}

/** Enough for any quote; who shows it shortens it further. */
const excerptOf = (text: string): string => text.slice(0, 500).toWellFormed();

const nameOf = (user: User | undefined, nick: string | undefined): string | undefined => nick ?? user?.global_name ?? user?.username;

function authorOf(message: Message): Author {
  if (message.author === undefined) return unknownAuthor;
  return personOf(message.author, { nick: message.member?.nick, isBot: message.author.bot === true || message.webhook_id !== undefined });
}

const unknownAuthor: Author = { id: userId('unknown'), name: 'someone', displayName: 'Someone', isBot: false };

function personOf(user: User, { nick, isBot }: { readonly nick: string | undefined; readonly isBot: boolean }): Author {
  const name = user.username ?? user.id;
  return {
    id: userId(user.id),
    name,
    displayName: nameOf(user, nick) ?? name,
    isBot,
    ...(user.avatar !== undefined && /^\w{1,64}$/.test(user.avatar)
      ? { avatar: `https://cdn.discordapp.com/avatars/${user.id}/${user.avatar}.png?size=256` }
      : {}),
  };
}

interface Place {
  readonly id: string;
  readonly channel_id: string;
  readonly guild_id?: string | undefined;
}

function commonOf(place: Place, { raw, at }: { readonly raw: Raw; readonly at: string | undefined }) {
  const message = messageId(place.id);
  const channel: Channel = {
    id: conversationId(place.channel_id),
    name: raw.channel?.name ?? place.channel_id,
    type: raw.channel?.thread === true ? 'thread' : 'channel',
  };
  return {
    v: 1 as const,
    id: eventId(discord, message),
    source: discord,
    message,
    channel,
    timestamp: isoTime(at) ?? isoTime(raw.at) ?? snowflakeTime(place.id),
    platform: { messageUrl: `https://discord.com/channels/${place.guild_id ?? '@me'}/${place.channel_id}/${place.id}` },
  };
}

function isoTime(value: string | number | undefined): string | undefined {
  if (value === undefined) return undefined;
  const date = new Date(value);
  const year = date.getUTCFullYear();
  return year >= 1970 && year <= 9999 ? date.toISOString() : undefined;
}

/** The upper 42 bits of a snowflake are milliseconds since 2015. Source: API reference, "Snowflakes". */
const snowflakeTime = (id: string): string => isoTime(Number((BigInt(id) >> 22n) + 1_420_070_400_000n)) ?? '1970-01-01T00:00:00.000Z';

function parseDelete({ raw, eventKey }: Input): Parsed {
  const result = deleteSchema.safeParse(raw.d);
  if (!result.success) return dropped('not-understood');
  return events(deletion(result.data, { raw, eventKey }));
}

function deletion(place: Place, { raw, eventKey }: { readonly raw: Raw; readonly eventKey: string }): BridgeEvent {
  // Discord does not tell who deleted it.
  return { ...commonOf(place, { raw, at: undefined }), type: 'message.deleted', eventKey, author: unknownAuthor, content: emptyContent };
}

function parseBulkDelete({ raw }: Input): Parsed {
  const result = bulkDeleteSchema.safeParse(raw.d);
  if (!result.success || result.data.ids.length === 0) return dropped('not-understood');
  const { ids, ...place } = result.data;
  return events(...ids.map((id) => deletion({ ...place, id }, { raw, eventKey: `delete.${id}` })));
}

function parseReaction({ raw, eventKey, identity }: Input): Parsed {
  const result = reactionSchema.safeParse(raw.d);
  if (!result.success) return dropped('not-understood');
  const reaction = result.data;
  if (identity.own.has(reaction.user_id)) return { kind: 'own' };
  const emoji = emojiText(reaction.emoji);
  if (emoji === '') return dropped('unknown-emoji');
  const common = commonOf({ ...reaction, id: reaction.message_id }, { raw, at: undefined });
  const { user, nick } = reaction.member ?? {};
  const author =
    user === undefined ? { ...unknownAuthor, id: userId(reaction.user_id) } : personOf(user, { nick, isBot: user.bot === true });
  return events({
    ...common,
    type: raw.t === 'MESSAGE_REACTION_ADD' ? 'reaction.added' : 'reaction.removed',
    eventKey,
    author,
    content: emptyContent,
    emoji,
  });
}
