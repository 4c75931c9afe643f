import { type BridgeEvent, type ConversationId, type Copy, DeliveryError, type MessageId, type MessageRef, isBlank } from '@bridge/core';
import type { Attempt, RoleContext } from '@bridge/runtime';

/** What Redis knows about the messages that an event refers to, as the target conversation has them. */
export interface Lookups {
  /** The id under which the target goes on now. */
  readonly conversation: ConversationId;
  /** What shows the event's own message there already. */
  readonly copies: readonly Copy[];
  readonly replyTo?: MessageId;
  readonly thread?: MessageId;
  /** Other people's reactions to the message. */
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
  const conversation = (await moves.all()).now(delivery);
  // Not also what the conversation had under an older id: a Telegram supergroup numbers its messages anew, and the old number
  // would be another message there.
  const target = { platform, conversation };
  const refTo = (message: MessageId): MessageRef => ({ platform: event.source, conversation: event.channel.id, message });
  const firstCopy = async (message: MessageId | undefined): Promise<MessageId | undefined> =>
    message === undefined ? undefined : (await copies.copiesOf(refTo(message), target))[0]?.message;
  const isNew = event.type === 'message.created';
  const isReaction = event.type === 'reaction.added' || event.type === 'reaction.removed';
  const original = isNew ? undefined : await copies.originalOf(refTo(event.message));
  const untouched = original !== undefined && losesNothing(event, original);
  const [own, replyTo, thread, others] = await Promise.all([
    original === undefined || untouched ? [] : copies.copiesOf(refTo(event.message), target),
    firstCopy(event.replyTo?.message),
    firstCopy(event.thread?.root),
    isReaction && original !== undefined ? reactions.of(original, platform) : undefined,
  ]);
  const gone = original !== undefined && !untouched && own.length === 0 && (await copies.wereIn(original, target));
  return {
    conversation,
    copies: own,
    ...(original === undefined ? {} : { original }),
    ...(gone ? { gone } : {}),
    ...(replyTo === undefined ? {} : { replyTo }),
    ...(thread === undefined ? {} : { thread }),
    ...(others === undefined ? {} : { reactions: others }),
  };
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
