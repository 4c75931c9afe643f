import { createHash } from 'node:crypto';
import { conversationId, type ConversationId } from '@bridge/core';
import {
  envelopeSchema,
  type Inner,
  type Membership,
  membershipSchema,
  type Message,
  messageSchema,
  type Reaction,
  reactionSchema,
} from './payload.ts';

/** One webhook, whichever of its shapes it came in. */
export type Incoming =
  | { readonly kind: 'sent'; readonly message: Message }
  /** What moderation lets pass after all, and what it does not. */
  | { readonly kind: 'approved' | 'blocked'; readonly message: Message }
  /**
   * `target` is the message that was changed; `action` is the action message around it in the documented shape, and
   * the message itself in the flat one.
   */
  | { readonly kind: 'edited' | 'deleted'; readonly target: Inner; readonly action: Message }
  | { readonly kind: 'reaction.added' | 'reaction.removed'; readonly reaction: Reaction }
  | { readonly kind: 'membership'; readonly action: MembershipAction; readonly change: Membership; readonly key: string }
  /** Authentic, but nothing that the bridge carries. */
  | { readonly kind: 'ignored'; readonly reason: string };

/** What became of members, by trigger. */
const membershipActions = {
  group_member_joined: 'joined',
  group_member_left: 'left',
  group_member_added: 'added',
  group_member_kicked: 'kicked',
  group_member_banned: 'banned',
} as const;
export type MembershipAction = (typeof membershipActions)[keyof typeof membershipActions];
const isMembership = (trigger: string): trigger is keyof typeof membershipActions => Object.hasOwn(membershipActions, trigger);

const ignored = (reason: string): Incoming => ({ kind: 'ignored', reason });

function withMessage(data: unknown, make: (message: Message) => Incoming): Incoming {
  const read = messageSchema.safeParse(data);
  return read.success ? make(read.data) : ignored('malformed-message');
}

/** The current webhooks have the message at `data.message`; in the legacy ones `data` is the message, or has it too. */
const messageOf = (data: Readonly<Record<string, unknown>>): unknown => data['message'] ?? data;

function changed(kind: 'edited' | 'deleted', data: Readonly<Record<string, unknown>>): Incoming {
  return withMessage(messageOf(data), (action) => {
    const target = action.data?.entities?.on?.entity ?? action;
    return target.id === undefined ? ignored('no-message-id') : { kind, target, action };
  });
}

function reaction(kind: 'reaction.added' | 'reaction.removed', data: Readonly<Record<string, unknown>>): Incoming {
  const read = reactionSchema.safeParse(data['reaction']);
  if (!read.success || read.data.messageId === undefined || !read.data.reaction) return ignored('malformed-reaction');
  return { kind, reaction: read.data };
}

function membership(action: MembershipAction, data: Readonly<Record<string, unknown>>): Incoming {
  const read = membershipSchema.safeParse(data);
  if (!read.success || read.data.group.guid === undefined) return ignored('malformed-membership');
  // Such an event has no id. A second delivery of it is the same to the letter.
  const key = createHash('sha256')
    .update(JSON.stringify([action, read.data.group.guid, sorted(data)]))
    .digest('hex')
    .slice(0, 20);
  return { kind: 'membership', action, change: read.data, key };
}

/** The same for the same fields, in whichever order they came. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.entries(value)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, inside]) => [name, sorted(inside)]);
}

function withId(kind: 'sent' | 'approved' | 'blocked', data: Readonly<Record<string, unknown>>): Incoming {
  return withMessage(messageOf(data), (message) => (message.id === undefined ? ignored('no-message-id') : { kind, message }));
}

/** Reads a webhook's JSON. Total: never throws. */
export function readWebhook(json: unknown): Incoming {
  const read = envelopeSchema.safeParse(json);
  if (!read.success) return ignored('not-an-event');
  const { trigger, data } = read.data;
  switch (trigger) {
    case 'message_sent':
    case 'after_message':
      return withId('sent', data);
    case 'moderation_engine_approved':
    case 'moderation_manual_approved':
      return withId('approved', data);
    case 'moderation_engine_blocked':
      return withId('blocked', data);
    case 'message_edited':
      return changed('edited', data);
    case 'message_deleted':
      return changed('deleted', data);
    case 'message_reaction_added':
      return reaction('reaction.added', data);
    case 'message_reaction_removed':
      return reaction('reaction.removed', data);
    case 'before_message':
      return ignored('before-message');
    default:
      return isMembership(trigger) ? membership(membershipActions[trigger], data) : ignored('unsupported-trigger');
  }
}

type Read = Exclude<Incoming, { kind: 'ignored' }>;
/** How an app with moderation is dealt with; see `COMETCHAT_MODERATION`. */
export type ModerationMode = 'relay' | 'approved';

/** Why moderation does not let an event through now; undefined where it does. */
export function heldBack(incoming: Read, mode: ModerationMode): string | undefined {
  if (incoming.kind === 'approved') return mode === 'relay' ? 'carried-before-moderation' : undefined;
  if (incoming.kind !== 'sent' && incoming.kind !== 'edited') return undefined;
  const status = (incoming.kind === 'sent' ? incoming.message : incoming.target).data?.moderation?.status;
  if (status === 'disapproved') return 'moderation-disapproved';
  return status === 'pending' && mode === 'approved' ? 'moderation-pending' : undefined;
}

/**
 * Tells two events apart, also two edits within one second, and recognises one that is delivered twice. A message that was
 * edited before it was approved may have been carried already, or not: it is both a new message, which is known where it
 * was carried, and an edit, which changes nothing where it was not.
 */
export function eventKeysOf(incoming: Read): readonly string[] {
  switch (incoming.kind) {
    case 'sent':
      return [`sent:${incoming.message.id}`];
    case 'approved': {
      const { message } = incoming;
      const sent = `sent:${message.id}`;
      return message.editedAt === undefined ? [sent] : [sent, editKey(message, message)];
    }
    case 'blocked':
      return [`blocked:${incoming.message.id}`];
    case 'edited':
      return [editKey(incoming.target, incoming.action)];
    case 'deleted':
      return [`deleted:${incoming.target.id}`];
    case 'membership':
      return [`membership:${incoming.key}`];
    default: {
      const { id, messageId, uid, reaction: emoji, reactedAt } = incoming.reaction;
      return [`${incoming.kind}:${id ?? `${messageId}:${uid}:${emoji}`}:${reactedAt ?? 0}`];
    }
  }
}

const editPrefix = 'edited:';
const editKey = (target: Inner, action: Message): string => `${editPrefix}${target.id}:${revisionOf(target, action)}`;
/** Which of its two events an approval is read as. */
export const isEditKey = (key: string): boolean => key.startsWith(editPrefix);

/** An action message has an id of its own; the flat shape only has seconds, so its text helps. */
export function revisionOf(target: Inner, action: Message): string {
  if (action.id !== undefined && action.id !== target.id) return `action-${action.id}`;
  const shown = [target.text, target.data?.text, target.data?.attachments.map(({ name, size }) => [name, size])];
  const hash = createHash('sha256').update(JSON.stringify(shown)).digest('base64url').slice(0, 12);
  return `${target.editedAt ?? target.updatedAt ?? 0}-${hash}`;
}

type Place = Pick<Inner, 'conversationId' | 'receiverType' | 'receiver' | 'sender'>;

function pairOf({ conversationId: pair, receiver, sender }: Place): readonly string[] {
  if (receiver !== undefined && sender !== undefined) return [sender, receiver];
  const uids = (pair ?? '').split('_user_');
  return uids.length === 2 ? uids : [];
}

/** A group's, or that of a person with the bridge; `private` for one between two other people; undefined where it is not told. */
function placeOf(place: Place, bridgeUid: string): ConversationId | 'private' | undefined {
  if (place.receiverType === 'group' && place.receiver !== undefined) return conversationId(`group:${place.receiver}`);
  const group = /^group_(.+)$/.exec(place.conversationId ?? '')?.[1];
  if (place.receiverType !== 'user' && group !== undefined) return conversationId(`group:${group}`);
  const pair = pairOf(place);
  if (pair.length === 0) return undefined;
  if (!pair.includes(bridgeUid)) return 'private';
  const other = pair.find((uid) => uid !== bridgeUid);
  return other === undefined ? 'private' : conversationId(`user:${other}`);
}

/** What no payload tells: the router finds the conversation of such an event by its message. */
const unplaced = (message: string | undefined): ConversationId => conversationId(`message:${message}`);

/**
 * The conversation of an event, the same one for a message and for what is later done to it. Reactions carry none,
 * and some deletes neither: then it is `message:<id>`. `private` is a conversation of two people without the bridge,
 * of which an app's webhooks tell as well and which is nobody's business here.
 */
export function conversationFor(incoming: Read, bridgeUid: string): ConversationId | 'private' {
  if (incoming.kind === 'membership') return conversationId(`group:${incoming.change.group.guid}`);
  if ('message' in incoming) return placeOf(incoming.message, bridgeUid) ?? unplaced(incoming.message.id);
  if ('reaction' in incoming) return unplaced(incoming.reaction.messageId);
  return placeOf(incoming.target, bridgeUid) ?? placeOf(incoming.action, bridgeUid) ?? unplaced(incoming.target.id);
}
