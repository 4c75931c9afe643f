import type { BridgeEvent, InboundEnvelope, MessageRef } from '@bridge/core';
import type { RoleContext } from '@bridge/runtime';

/** An event with its place, as far as that is known yet. */
export interface Located {
  readonly event: BridgeEvent;
  /** False for a change of a message that nothing is known of: from before the bridge, or on its way at this very moment. */
  readonly known: boolean;
}

/**
 * Changes are about a message that may be one of our own copies: what happens to a copy stays where it is, or an edit
 * would run in circles. Some platforms name only the message in a change, or a chat of which the conversation is a part: it is looked up.
 */
export async function locate(context: RoleContext, event: BridgeEvent): Promise<Located | 'copy'> {
  if (event.type === 'message.created') return { event, known: true };
  const placed = await place(context, event);
  if (placed === undefined) return { event, known: false };
  const ref: MessageRef = { platform: placed.source, conversation: placed.channel.id, message: placed.message };
  // A reaction to a copy is meant for the original, so it has to be known which one that is.
  if (placed.type === 'reaction.added' || placed.type === 'reaction.removed')
    return { event: placed, known: await context.copies.knows(ref) };
  return (await context.copies.isCopy(ref)) ? 'copy' : { event: placed, known: true };
}

const isPlaceless = ({ channel }: BridgeEvent): boolean => channel.id.startsWith('message:');

async function place({ copies, configured }: RoleContext, event: BridgeEvent): Promise<BridgeEvent | undefined> {
  const { source, message, channel } = event;
  const at = (id: typeof channel.id): BridgeEvent => ({ ...event, channel: { ...channel, id } });
  if (isPlaceless(event)) {
    const conversation = await copies.conversationOf(source, message);
    return conversation === undefined ? undefined : at(conversation);
  }
  if (configured.get(source)?.platform.containerOf === undefined) return event;
  return at((await copies.partOf({ platform: source, conversation: channel.id, message })) ?? channel.id);
}

/** Between the looks for a message whose changes have a mailbox of their own, and hold up nothing else. */
const placelessMs = [250, 1_000, 4_000, 4_000] as const;
/** A chat is not held up longer than this for a reaction, nor by many of them together. */
const reactionMs = 1_000;
const reactionLookMs = 250;

/**
 * How long to wait before a change of an unknown message is looked at again; undefined when it has waited enough. It may have
 * overtaken the message by a moment: a reaction to a copy whose sending has not been written down yet, a change that names
 * only a message which another router has in hand. Longer waits are not needed: once a message is routed, what is done to it
 * stands behind it in every mailbox. What is still unknown then is taken for older than the bridge.
 */
export function patience(event: BridgeEvent, { receivedAt }: InboundEnvelope, waits: number): number | undefined {
  if (isPlaceless(event)) return placelessMs[waits];
  const inTime = waits * reactionLookMs < reactionMs && Date.now() - receivedAt < reactionMs;
  return inTime ? reactionLookMs : undefined;
}
