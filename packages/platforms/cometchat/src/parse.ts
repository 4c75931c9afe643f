import {
  type BridgeEvent,
  type Channel,
  type Content,
  type ConversationId,
  eventId,
  messageId,
  type Parsed,
  platformId,
  type Quote,
  type RawEvent,
} from '@bridge/core';
import { authorFrom } from './author.ts';
import { contentOf, noContent, plainContent, textOf } from './content.ts';
import { isMarked } from './mark.ts';
import type { Inner, Membership, Message, Person, Reaction } from './payload.ts';
import { isOurUid, systemUid } from './puppet.ts';
import {
  conversationFor,
  heldBack,
  type Incoming,
  isEditKey,
  type MembershipAction,
  type ModerationMode,
  readWebhook,
  revisionOf,
} from './shape.ts';

/** This platform's name everywhere. */
export const cometchat = platformId('cometchat');

type Created = Extract<BridgeEvent, { type: 'message.created' }>;
type Changed = Extract<Incoming, { kind: 'edited' | 'deleted' }>;
type Joined = Extract<Incoming, { kind: 'membership' }>;
type Reacted = Extract<Incoming, { kind: 'reaction.added' | 'reaction.removed' }>;
/** What an app's webhooks are read with. */
export interface ParseOptions {
  readonly bridgeUid: string;
  readonly moderation: ModerationMode;
}
type Context = { readonly event: RawEvent; readonly place: ConversationId };
const dropped = (reason: string): Parsed => ({ kind: 'dropped', reason });
const one = (event: BridgeEvent): Parsed => ({ kind: 'events', events: [event] });
const own: Parsed = { kind: 'own' };

/** Seconds as CometChat has them, milliseconds in a few places; the epoch for what no date can hold. */
function isoTime(time: number | undefined): string {
  const ms = (time ?? 0) > 100_000_000_000 ? Number(time) : (time ?? 0) * 1000;
  const date = new Date(ms);
  return Number.isNaN(date.getTime()) || ms < 0 || date.getUTCFullYear() > 9999 ? new Date(0).toISOString() : date.toISOString();
}

const senderOf = (message: Inner): Person | undefined => message.data?.entities?.sender?.entity;

function channelOf(id: ConversationId, message: Inner | undefined): Channel {
  const receiver = message?.data?.entities?.receiver?.entity;
  const direct = id.startsWith('user:');
  const name = direct ? message && senderOf(message)?.name : receiver?.name;
  return { id, name: name ?? id.slice(id.indexOf(':') + 1), type: direct ? 'direct' : 'group' };
}

function base(event: RawEvent, message: string, channel: Channel) {
  return {
    v: 1 as const,
    id: eventId(cometchat, messageId(message)),
    source: cometchat,
    message: messageId(message),
    eventKey: event.eventKey,
    channel,
    platform: {},
  };
}

function replyOf({ quotedMessage: quoted, quotedMessageId }: Message): Quote | undefined {
  const id = quoted?.id ?? quotedMessageId;
  if (id === undefined || id === '0') return undefined;
  if (quoted === undefined) return { message: messageId(id) };
  const author = senderOf(quoted)?.name ?? quoted.sender;
  return {
    message: messageId(id),
    ...(author === undefined ? {} : { author }),
    excerpt: textOf(quoted).slice(0, 200).toWellFormed(),
  };
}

/** The thread that the message answers in. */
const threadOf = ({ parentId }: Message): Pick<Created, 'thread'> =>
  parentId === undefined || parentId === '0' ? {} : { thread: { root: messageId(parentId) } };

/** Action messages of groups, and what is left of calls: nothing to tell, or a line of words. */
function serviceOf(message: Message): Content | { readonly drop: string } | undefined {
  if (message.category === 'action') return { drop: message.type === 'groupMember' ? 'service-member' : 'service-action' };
  if (message.category !== 'call') return undefined;
  const started = message.data?.action === 'initiated' || message.data?.action === undefined;
  return started
    ? plainContent(`📞 started ${message.type === 'video' ? 'a video' : 'an audio'} call (in CometChat)`, 'call')
    : { drop: 'service-call' };
}

function parseSent(message: Message, { event, place }: Context): Parsed {
  const content = serviceOf(message) ?? contentOf(message);
  if ('drop' in content) return dropped(content.drop);
  const replyTo = replyOf(message);
  return one({
    ...base(event, String(message.id), channelOf(place, message)),
    type: 'message.created',
    author: authorFrom(message.sender, [senderOf(message)]),
    timestamp: isoTime(message.sentAt ?? message.updatedAt),
    content,
    ...threadOf(message),
    ...(replyTo ? { replyTo } : {}),
    ...(message.category === 'call' || message.type === 'meeting' ? { notice: 'event' as const } : {}),
  });
}

function editorOf({ kind, target, action }: Changed): string | undefined {
  const by = action.data?.entities?.by?.entity?.uid;
  const told = kind === 'edited' ? (target.editedBy ?? action.editedBy) : (target.deletedBy ?? action.deletedBy);
  // In the flat shape the action is the message itself, and its sender most likely changed it.
  return told ?? by ?? action.sender ?? target.sender;
}

/**
 * Ours when one of our users did it. The API acting for nobody (`app_system`) is ours when the message is: this
 * bridge deletes so. On a person's message it is a moderator, and that is to be carried.
 */
function isOwnChange(change: Changed, bridgeUid: string): boolean {
  const editor = editorOf(change);
  if (isOurUid(editor, bridgeUid)) return true;
  if (editor !== undefined && editor !== systemUid) return false;
  return isOurUid(change.target.sender, bridgeUid) || isMarked(change.target.data?.metadata);
}

const reactorOf = ({ reaction }: Reacted): string | undefined => reaction.uid ?? reaction.reactedBy?.uid;

/** Whether this bridge did what the webhook tells of, or what is told of is a message of its own. */
export function isOwn(incoming: Exclude<Incoming, { kind: 'ignored' }>, bridgeUid: string): boolean {
  switch (incoming.kind) {
    case 'sent':
    case 'approved':
    case 'blocked':
      return isOurUid(incoming.message.sender, bridgeUid) || isMarked(incoming.message.data?.metadata);
    case 'edited':
    case 'deleted':
      return isOwnChange(incoming, bridgeUid);
    case 'membership':
      return joining(incoming.change, bridgeUid).length === 0;
    default:
      return isOurUid(reactorOf(incoming), bridgeUid);
  }
}

/** The people of a membership event; the bridge's own users come and go in silence. */
const joining = ({ members }: Membership, bridgeUid: string): readonly Person[] =>
  Object.values(members).flatMap((person) => (person?.uid === undefined || isOurUid(person.uid, bridgeUid) ? [] : [person]));

function parseChanged(change: Changed, { event, place }: Context): Parsed {
  const { target, action } = change;
  const editor = editorOf(change);
  const common = {
    ...base(event, String(target.id), channelOf(place, target.data?.entities?.receiver ? target : action)),
    author: authorFrom(editor, [action.data?.entities?.by?.entity, senderOf(target), senderOf(action)]),
  };
  if (change.kind === 'deleted') {
    return one({
      ...common,
      type: 'message.deleted',
      timestamp: isoTime(target.deletedAt ?? action.deletedAt ?? action.sentAt),
      content: noContent,
    });
  }
  const time = target.editedAt ?? action.editedAt ?? target.updatedAt ?? action.sentAt;
  return one({
    ...common,
    type: 'message.edited',
    timestamp: isoTime(time),
    revision: revisionOf(target, action),
    content: contentOf(target),
  });
}

/** A reaction may be any short text; what is no emoji elsewhere is named as a custom one is. */
function emojiOf(reaction: string): string {
  const isEmoji = /[\p{Extended_Pictographic}\p{Regional_Indicator}\u20E3]/u.test(reaction) && !/[\p{L}\s]/u.test(reaction);
  return isEmoji ? reaction : `:${reaction.replaceAll(':', '')}:`;
}

function parseReaction(reacted: Reacted, { event, place }: Context): Parsed {
  const reaction: Reaction = reacted.reaction;
  const uid = reactorOf(reacted);
  return one({
    ...base(event, String(reaction.messageId), { id: place, name: '', type: 'group' }),
    type: reacted.kind,
    author: authorFrom(uid, [reaction.reactedBy]),
    timestamp: isoTime(reaction.reactedAt),
    content: noContent,
    emoji: emojiOf(reaction.reaction ?? ''),
  });
}

/** The copies of what moderation blocked after it was carried are to go. */
function parseBlocked(message: Message, { event, place }: Context): Parsed {
  return one({
    ...base(event, String(message.id), channelOf(place, message)),
    type: 'message.deleted',
    author: authorFrom(systemUid, []),
    timestamp: isoTime(message.updatedAt ?? message.sentAt),
    content: noContent,
  });
}

const membershipWords: Readonly<Record<MembershipAction, string>> = {
  joined: 'joined the group',
  left: 'left the group',
  added: 'was added to the group',
  kicked: 'was removed from the group',
  banned: 'was banned from the group',
};

/** A notice per person. */
function parseMembership({ action, change, key }: Joined, { event, place }: Context, bridgeUid: string): Parsed {
  const { group, by } = change;
  const actor = by?.name === undefined || by.uid === systemUid || isOurUid(by.uid, bridgeUid) ? '' : ` by ${by.name}`;
  const channel: Channel = { id: place, name: group.name ?? group.guid ?? '', type: 'group' };
  const events = joining(change, bridgeUid).map(
    (person): Created => ({
      ...base(event, `membership-${key}-${person.uid}`, channel),
      type: 'message.created',
      notice: 'membership',
      author: authorFrom(person.uid, [person]),
      timestamp: isoTime(change.group.updatedAt),
      content: plainContent(`${membershipWords[action]}${actor}`),
    }),
  );
  return { kind: 'events', events };
}

function edited(message: Message): Changed {
  return { kind: 'edited', target: message, action: message };
}

/**
 * Turns one webhook into events. Pure and total. What users of this bridge wrote or changed is its own; what cannot
 * be told at all is dropped with a reason, everything else becomes at least a line of words. The channel of a
 * reaction, and of a delete that tells no receiver, is `message:<id>`: the payload has no conversation in it.
 */
export function parseWebhook(event: RawEvent, { bridgeUid, moderation }: ParseOptions): Parsed {
  const incoming = readWebhook(event.raw);
  if (incoming.kind === 'ignored') return dropped(incoming.reason);
  const held = heldBack(incoming, moderation);
  if (held !== undefined) return dropped(held);
  const place = conversationFor(incoming, bridgeUid);
  if (place === 'private') return dropped('private-conversation');
  if (isOwn(incoming, bridgeUid)) return own;
  const context = { event, place };
  switch (incoming.kind) {
    case 'sent':
      return parseSent(incoming.message, context);
    case 'approved':
      return isEditKey(event.eventKey) ? parseChanged(edited(incoming.message), context) : parseSent(incoming.message, context);
    case 'blocked':
      return parseBlocked(incoming.message, context);
    case 'membership':
      return parseMembership(incoming, context, bridgeUid);
    case 'edited':
    case 'deleted':
      return parseChanged(incoming, context);
    default:
      return parseReaction(incoming, context);
  }
}
