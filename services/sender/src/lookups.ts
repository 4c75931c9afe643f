import {
  type BridgeEvent,
  type ConversationId,
  type ConversationRef,
  type Copy,
  DeliveryError,
  type MessageId,
  type MessageRef,
  isBlank,
} from '@bridge/core';
import type { Attempt, PersonsReaction, RoleContext } from '@bridge/runtime';

/** What Redis knows about the messages that an event refers to, as the target conversation has them. */
export interface Lookups {
  /** The id under which the target goes on now. */
  readonly conversation: ConversationId;
  /** What shows the event's own message there already. */
  readonly copies: readonly Copy[];
  readonly replyTo?: MessageId;
  readonly thread?: MessageId;
  /** The reactions to the message of all people but those of the target conversation. */
  readonly reactions?: readonly string[];
  /** The message that the copies are of; absent for a new one. */
  readonly original?: MessageRef;
  /** There were copies, and they are deleted. */
  readonly gone?: boolean;
}

/**
 * Nothing has been sent yet when this is asked, so whatever goes wrong can be tried again without a doubt.
 * @throws {DeliveryError} when Redis does not answer.
 */
export async function lookUp(context: RoleContext, attempt: Attempt): Promise<Lookups> {
  try {
    return await ask(context, attempt);
  } catch (error) {
    context.log.warn({ delivery: attempt.delivery.id, err: error }, 'the copies of a message could not be looked up');
    throw new DeliveryError('Redis did not say what the copies of the message are; it is asked again.', { kind: 'transient' });
  }
}

async function ask({ copies, moves, reactions }: RoleContext, { delivery }: Attempt): Promise<Lookups> {
  const { event, platform } = delivery;
  const names = await moves.all();
  const conversation = names.now(delivery);
  // Not also what the conversation had under an older id: a Telegram supergroup numbers its messages anew, and the old number
  // would be another message there.
  const target = { platform, conversation };
  const refTo = (message: MessageId): MessageRef => ({ platform: event.source, conversation: event.channel.id, message });
  const firstCopy = async (message: MessageId | undefined): Promise<MessageId | undefined> =>
    message === undefined ? undefined : (await copies.copiesOf(refTo(message), target))[0]?.message;
  const first = (id: ConversationId): ConversationId => names.first({ platform, conversation: id });
  const isHere = ({ platform: where, conversation: room }: PersonsReaction['at']): boolean =>
    where === platform && (room === undefined || first(room) === first(conversation));
  const isNew = event.type === 'message.created';
  const isReaction = event.type === 'reaction.added' || event.type === 'reaction.removed';
  const original = isNew ? undefined : await copies.originalOf(refTo(event.message));
  const untouched = original !== undefined && losesNothing(event, original);
  const [own, replyTo, thread, made] = await Promise.all([
    original === undefined || untouched ? [] : copies.copiesOf(refTo(event.message), target),
    firstCopy(event.replyTo?.message),
    event.thread === undefined ? threadAnswered(copies, event, target) : firstCopy(event.thread.root),
    isReaction && original !== undefined ? reactions.of(original) : undefined,
  ]);
  const gone = original !== undefined && !untouched && own.length === 0 && (await copies.wereIn(original, target));
  return {
    conversation,
    copies: own,
    ...(original === undefined ? {} : { original }),
    ...(gone ? { gone } : {}),
    ...(replyTo === undefined ? {} : { replyTo }),
    ...(thread === undefined ? {} : { thread }),
    ...(made === undefined ? {} : { reactions: made.flatMap(({ at, emoji }) => (isHere(at) ? [] : [emoji])) }),
  };
}

/** Who answers what is in a thread, from where there are no threads, answers in that thread. */
async function threadAnswered(copies: RoleContext['copies'], event: BridgeEvent, target: ConversationRef): Promise<MessageId | undefined> {
  const { source: platform, channel, replyTo } = event;
  const isMessage = event.type === 'message.created' || event.type === 'message.edited';
  if (replyTo === undefined || !isMessage) return undefined;
  const root = await copies.threadOf({ platform, conversation: channel.id, message: replyTo.message });
  if (root === undefined) return undefined;
  if (root.platform === target.platform && root.conversation === target.conversation) return root.message;
  return (await copies.copiesOf(root, target))[0]?.message;
}

/**
 * An album's words stand with one of its parts, nearly always the first: an edit of another that leaves it without words, such
 * as another picture in its place, takes nothing away from them.
 */
function losesNothing(event: BridgeEvent, original: MessageRef): boolean {
  if (event.type !== 'message.edited' || !isBlank(event.content.body)) return false;
  const { source: platform, message } = event;
  return original.platform === platform && original.conversation === event.channel.id && original.message !== message;
}
