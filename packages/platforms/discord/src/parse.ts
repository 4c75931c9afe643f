import { ofKinds, plainText, userId } from '@bridge/core';
import type { Author, Body, BridgeEvent, Content, Parsed, RawEvent } from '@bridge/core';
import type { Identity } from './config.ts';
import { contentOf, emojiText, labelsOf, saidIn } from './content.ts';
import { markIn } from './marks.ts';
import { isOwn } from './own.ts';
import { bulkDeleteSchema, clearedSchema, deleteSchema, messageSchema, rawSchema, reactionSchema } from './payload.ts';
import type { Message, Raw, User } from './payload.ts';
import { type Place, commonOf, messageIn } from './place.ts';
import { type SystemMessage, systemMessage, threadCreated } from './system-messages.ts';

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
    case 'MESSAGE_REACTION_REMOVE_ALL':
    case 'MESSAGE_REACTION_REMOVE_EMOJI':
      return parseCleared(input);
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
  if (isBridged(message)) return dropped('bridged-elsewhere');
  const edited = raw.t === 'MESSAGE_UPDATE';
  if (edited && message.edited_timestamp === undefined) return dropped('link-unfurl');
  const system = systemMessage(message);
  if (system.kind === 'dropped') return dropped(system.reason);
  const content = system.kind === 'told' ? toldContent(system) : contentOf(message, raw);
  if (content.body.length === 0 && content.attachments.length === 0 && !edited) return dropped('empty-message');
  const at = edited ? message.edited_timestamp : message.timestamp;
  const base = { ...commonOf(placeOf(message), { raw, at }), eventKey, author: authorOf(message), content, ...replyOf(message, raw) };
  if (edited) return events({ ...base, type: 'message.edited', revision: message.edited_timestamp ?? eventKey });
  return events({ ...base, type: 'message.created', ...(system.kind === 'told' ? { notice: system.notice } : {}) });
}

/** Another program of this kind wrote it: a copy, which two bridges in one room would hand to each other for ever. */
const isBridged = ({ webhook_id: webhook, author, content }: Message): boolean =>
  (webhook !== undefined || author?.bot === true) && markIn(content) !== undefined;

const events = (...all: readonly BridgeEvent[]): Parsed => ({ kind: 'events', events: all });

function toldContent({ text, of }: Extract<SystemMessage, { readonly kind: 'told' }>): Content {
  const said: Body = [{ type: 'paragraph', children: [{ type: 'italic', children: [{ type: 'text', text }] }] }];
  return { ...emptyContent, text, body: said, ...ofKinds(of) };
}

/** What announces a thread that hangs on no message stands for the one that it would hang on, whose id would be the thread's. */
function placeOf(message: Message): Place {
  const thread = message.type === threadCreated ? message.message_reference?.channel_id : undefined;
  return thread === undefined ? message : { ...message, id: thread };
}

function replyOf(message: Message, raw: Raw): { replyTo?: NonNullable<BridgeEvent['replyTo']> } {
  const { message_reference: reference, referenced_message: target } = message;
  // Type 1 is a forward, whose content is in the message itself.
  if (message.type !== 19 || (reference?.type ?? 0) !== 0) return {};
  const id = reference?.message_id ?? target?.id;
  if (id === undefined) return {};
  const author = nameOf(target?.author, target?.member?.nick);
  const excerpt = target === undefined ? '' : excerptOf(contentText(target, raw));
  return {
    replyTo: {
      message: messageIn(reference?.channel_id ?? message.channel_id, id, raw),
      ...(author === undefined ? {} : { author }),
      ...(excerpt === '' ? {} : { excerpt }),
    },
  };
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
  return personOf(message.author, {
    member: message.member,
    guild: message.guild_id,
    isBot: message.author.bot === true || message.webhook_id !== undefined,
  });
}

const unknownAuthor: Author = { id: userId('unknown'), name: 'someone', displayName: 'Someone', isBot: false };

interface Membership {
  readonly member: Message['member'];
  readonly guild: string | undefined;
  readonly isBot: boolean;
}

function personOf(user: User, { member, guild, isBot }: Membership): Author {
  const name = user.username ?? user.id;
  const avatar = avatarOf(user, member?.avatar, guild);
  return {
    id: userId(user.id),
    name,
    displayName: nameOf(user, member?.nick) ?? name,
    isBot,
    ...(avatar === undefined ? {} : { avatar }),
  };
}

/** Lasting and public: the one that the person has in this server, or everywhere. Source: API reference, "Image Formatting". */
function avatarOf({ id, avatar }: User, own: string | undefined, guild: string | undefined): string | undefined {
  const cdn = 'https://cdn.discordapp.com';
  if (isHash(own) && guild !== undefined) return `${cdn}/guilds/${guild}/users/${id}/avatars/${own}.png?size=256`;
  return isHash(avatar) ? `${cdn}/avatars/${id}/${avatar}.png?size=256` : undefined;
}

const isHash = (text: string | undefined): boolean => text !== undefined && /^\w{1,64}$/.test(text);

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

/** Whose reactions they were, Discord does not say. */
function parseCleared({ raw, eventKey }: Input): Parsed {
  const { data: cleared } = clearedSchema.safeParse(raw.d);
  if (cleared === undefined) return dropped('not-understood');
  const emoji = raw.t === 'MESSAGE_REACTION_REMOVE_ALL' || cleared.emoji === undefined ? '' : emojiText(cleared.emoji);
  if (raw.t === 'MESSAGE_REACTION_REMOVE_EMOJI' && emoji === '') return dropped('unknown-emoji');
  const common = commonOf({ ...cleared, id: cleared.message_id }, { raw, at: undefined });
  return { kind: 'cleared', event: { ...common, type: 'reaction.removed', eventKey, author: unknownAuthor, content: emptyContent, emoji } };
}

function parseReaction({ raw, eventKey, identity }: Input): Parsed {
  const result = reactionSchema.safeParse(raw.d);
  if (!result.success) return dropped('not-understood');
  const reaction = result.data;
  if (identity.own.has(reaction.user_id)) return { kind: 'own' };
  const emoji = emojiText(reaction.emoji);
  if (emoji === '') return dropped('unknown-emoji');
  const common = commonOf({ ...reaction, id: reaction.message_id }, { raw, at: undefined });
  const { member, guild_id: guild } = reaction;
  const user = member?.user;
  const author =
    user === undefined ? { ...unknownAuthor, id: userId(reaction.user_id) } : personOf(user, { member, guild, isBot: user.bot === true });
  return events({
    ...common,
    type: raw.t === 'MESSAGE_REACTION_ADD' ? 'reaction.added' : 'reaction.removed',
    eventKey,
    author,
    content: emptyContent,
    emoji,
  });
}
