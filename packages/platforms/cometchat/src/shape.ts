import { createHash } from 'node:crypto';
import { conversationId, type ConversationId } from '@bridge/core';
import { envelopeSchema, type Inner, type Message, messageSchema, type Reaction, reactionSchema } from './payload.ts';

/** One webhook, whichever of its shapes it came in. */
export type Incoming =
  | { readonly kind: 'sent'; readonly message: Message }
  /**
   * `target` is the message that was changed; `action` is the action message around it in the documented shape, and
   * the message itself in the flat one.
   */
  | { readonly kind: 'edited' | 'deleted'; readonly target: Inner; readonly action: Message }
  | { readonly kind: 'reaction.added' | 'reaction.removed'; readonly reaction: Reaction }
  /** Authentic, but nothing that the bridge carries. */
  | { readonly kind: 'ignored'; readonly reason: string };

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

/** Reads a webhook's JSON. Total: never throws. */
export function readWebhook(json: unknown): Incoming {
  const read = envelopeSchema.safeParse(json);
  if (!read.success) return ignored('not-an-event');
  const { trigger, data } = read.data;
  switch (trigger) {
    case 'message_sent':
    case 'after_message':
      return withMessage(messageOf(data), (message) => (message.id === undefined ? ignored('no-message-id') : { kind: 'sent', message }));
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
      return ignored('unsupported-trigger');
  }
}

/** Tells two events apart, also two edits within one second, and recognises one that is delivered twice. */
export function eventKeyOf(incoming: Exclude<Incoming, { kind: 'ignored' }>): string {
  switch (incoming.kind) {
    case 'sent':
      return `sent:${incoming.message.id}`;
    case 'edited':
      return `edited:${incoming.target.id}:${revisionOf(incoming.target, incoming.action)}`;
    case 'deleted':
      return `deleted:${incoming.target.id}`;
    default: {
      const { id, messageId, uid, reaction: emoji, reactedAt } = incoming.reaction;
      return `${incoming.kind}:${id ?? `${messageId}:${uid}:${emoji}`}:${reactedAt ?? 0}`;
    }
  }
}

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
export function conversationFor(incoming: Exclude<Incoming, { kind: 'ignored' }>, bridgeUid: string): ConversationId | 'private' {
  if (incoming.kind === 'sent') return placeOf(incoming.message, bridgeUid) ?? unplaced(incoming.message.id);
  if ('reaction' in incoming) return unplaced(incoming.reaction.messageId);
  return placeOf(incoming.target, bridgeUid) ?? placeOf(incoming.action, bridgeUid) ?? unplaced(incoming.target.id);
}
