import type { BridgeEvent, MessageRef } from '@bridge/core';
import type { RoleContext } from '@bridge/runtime';

/**
 * Changes are about a message that may be one of our own copies: what happens to a copy stays where it is, or an edit
 * would run in circles. Some platforms name only the message in a change; its conversation is looked up.
 */
export async function locate(context: RoleContext, event: BridgeEvent): Promise<BridgeEvent | 'copy'> {
  if (event.type === 'message.created') return event;
  const placed = event.channel.id.startsWith('message:') ? await place(context, event) : event;
  // A reaction to a copy is meant for the original.
  if (placed.type === 'reaction.added' || placed.type === 'reaction.removed') return placed;
  const ref: MessageRef = { platform: placed.source, conversation: placed.channel.id, message: placed.message };
  return (await context.copies.isCopy(ref)) ? 'copy' : placed;
}

async function place(context: RoleContext, event: BridgeEvent): Promise<BridgeEvent> {
  const conversation = await context.copies.conversationOf(event.source, event.message);
  return conversation === undefined ? event : { ...event, channel: { ...event.channel, id: conversation } };
}
