import {
  type Author,
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
  userId,
} from '@bridge/core';
import { contentOf, noContent, plainContent, textOf } from './content.ts';
import type { Inner, Message, Person, Reaction } from './payload.ts';
import { isOurUid, systemUid } from './puppet.ts';
import { conversationFor, type Incoming, readWebhook, revisionOf } from './shape.ts';

/** This platform's name everywhere. */
export const cometchat = platformId('cometchat');

type Changed = Extract<Incoming, { kind: 'edited' | 'deleted' }>;
type Reacted = Extract<Incoming, { kind: 'reaction.added' | 'reaction.removed' }>;
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

function authorFrom(uid: string | undefined, people: readonly (Person | undefined)[]): Author {
  const person = people.find((known) => known !== undefined && known.uid === uid);
  const name = person?.name || (uid === systemUid ? 'System' : (uid ?? 'Unknown'));
  // Avatars are the app's own public URLs; anything else is not for other platforms to fetch.
  const avatar = person?.avatar && /^https?:\/\//.test(person.avatar) ? { avatar: person.avatar } : {};
  return { id: userId(uid ?? 'unknown'), name: uid ?? name, displayName: name, isBot: uid === systemUid, ...avatar };
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

/** What this bridge's sender writes into each message; see `send`. */
const isMarked = (message: Inner): boolean => {
  const mark = message.data?.metadata?.['bridge'];
  return typeof mark === 'object' && mark !== null && 'delivery' in mark;
};

function replyOf(message: Message): Quote | undefined {
  const quoted = message.quotedMessage;
  if (quoted?.id !== undefined) {
    const author = senderOf(quoted)?.name ?? quoted.sender;
    return {
      message: messageId(quoted.id),
      ...(author === undefined ? {} : { author }),
      excerpt: textOf(quoted).slice(0, 200).toWellFormed(),
    };
  }
  return message.parentId === undefined || message.parentId === '0' ? undefined : { message: messageId(message.parentId) };
}

/** Action messages of groups, and what is left of calls: nothing to tell, or a line of words. */
function serviceOf(message: Message): Content | { readonly drop: string } | undefined {
  if (message.category === 'action') return { drop: message.type === 'groupMember' ? 'service-member' : 'service-action' };
  if (message.category !== 'call') return undefined;
  const started = message.data?.action === 'initiated' || message.data?.action === undefined;
  return started
    ? plainContent(`📞 started ${message.type === 'video' ? 'a video' : 'an audio'} call (in CometChat)`)
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
    ...(replyTo ? { replyTo } : {}),
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
  return isOurUid(change.target.sender, bridgeUid) || isMarked(change.target);
}

const reactorOf = ({ reaction }: Reacted): string | undefined => reaction.uid ?? reaction.reactedBy?.uid;

/** Whether this bridge did what the webhook tells of. */
export function isOwn(incoming: Exclude<Incoming, { kind: 'ignored' }>, bridgeUid: string): boolean {
  if (incoming.kind === 'sent') return isOurUid(incoming.message.sender, bridgeUid) || isMarked(incoming.message);
  return 'reaction' in incoming ? isOurUid(reactorOf(incoming), bridgeUid) : isOwnChange(incoming, bridgeUid);
}

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

function parseReaction(reacted: Reacted, { event, place }: Context): Parsed {
  const reaction: Reaction = reacted.reaction;
  const uid = reactorOf(reacted);
  return one({
    ...base(event, String(reaction.messageId), { id: place, name: '', type: 'group' }),
    type: reacted.kind,
    author: authorFrom(uid, [reaction.reactedBy]),
    timestamp: isoTime(reaction.reactedAt),
    content: noContent,
    emoji: reaction.reaction ?? '',
  });
}

/**
 * Turns one webhook into events. Pure and total. What users of this bridge wrote or changed is its own; what cannot
 * be told at all is dropped with a reason, everything else becomes at least a line of words. The channel of a
 * reaction, and of a delete that tells no receiver, is `message:<id>`: the payload has no conversation in it.
 */
export function parseWebhook(event: RawEvent, bridgeUid: string): Parsed {
  const incoming = readWebhook(event.raw);
  if (incoming.kind === 'ignored') return dropped(incoming.reason);
  const place = conversationFor(incoming, bridgeUid);
  if (place === 'private') return dropped('private-conversation');
  if (isOwn(incoming, bridgeUid)) return own;
  const context = { event, place };
  if (incoming.kind === 'sent') return parseSent(incoming.message, context);
  return 'reaction' in incoming ? parseReaction(incoming, context) : parseChanged(incoming, context);
}
