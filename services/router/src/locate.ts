import type { BridgeEvent, MessageRef } from '@bridge/core';
import type { RoleContext } from '@bridge/runtime';

/**
 * Changes are about a message that may be one of our own copies: what happens to a copy stays where it is, or an edit
 * would run in circles. Some platforms name only the message in a change, or a chat of which the conversation is a part: it is looked up.
 */
export async function locate(context: RoleContext, event: BridgeEvent): Promise<BridgeEvent | 'copy'> {
  if (event.type === 'message.created') return event;
  const placed = await place(context, event);
  // A reaction to a copy is meant for the original.
  if (placed.type === 'reaction.added' || placed.type === 'reaction.removed') return placed;
  const ref: MessageRef = { platform: placed.source, conversation: placed.channel.id, message: placed.message };
  return (await context.copies.isCopy(ref)) ? 'copy' : placed;
}

async function place({ copies, configured }: RoleContext, event: BridgeEvent): Promise<BridgeEvent> {
  const { source, message, channel } = event;
  const placeless = channel.id.startsWith('message:');
  if (!placeless && configured.get(source)?.platform.containerOf === undefined) return event;
  const conversation = placeless
    ? await copies.conversationOf(source, message)
    : await copies.partOf({ platform: source, conversation: channel.id, message });
  return conversation === undefined ? event : { ...event, channel: { ...event.channel, id: conversation } };
}
