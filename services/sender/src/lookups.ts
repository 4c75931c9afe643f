import { type Copy, DeliveryError, type MessageId, type MessageRef } from '@bridge/core';
import type { Attempt, RoleContext } from '@bridge/runtime';

/** What Redis knows about the messages that an event refers to, as the target conversation has them. */
export interface Lookups {
  /** What shows the event's own message there already. */
  readonly copies: readonly Copy[];
  readonly replyTo?: MessageId;
  readonly thread?: MessageId;
  /** Other people's reactions to the message. */
  readonly reactions?: readonly string[];
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

async function ask({ copies, reactions }: RoleContext, { delivery }: Attempt): Promise<Lookups> {
  const { event, platform, conversation } = delivery;
  const target = { platform, conversation };
  const refTo = (message: MessageId): MessageRef => ({ platform: event.source, conversation: event.channel.id, message });
  const firstCopy = async (message: MessageId | undefined): Promise<MessageId | undefined> =>
    message === undefined ? undefined : (await copies.copiesOf(refTo(message), target))[0]?.message;
  const isNew = event.type === 'message.created';
  const isReaction = event.type === 'reaction.added' || event.type === 'reaction.removed';
  const [own, replyTo, thread, others] = await Promise.all([
    isNew ? [] : copies.copiesOf(refTo(event.message), target),
    firstCopy(event.replyTo?.message),
    firstCopy(event.thread?.root),
    isReaction ? copies.sourceOf(refTo(event.message)).then((source) => reactions.of(source ?? refTo(event.message), platform)) : undefined,
  ]);
  return {
    copies: own,
    ...(replyTo === undefined ? {} : { replyTo }),
    ...(thread === undefined ? {} : { thread }),
    ...(others === undefined ? {} : { reactions: others }),
  };
}
