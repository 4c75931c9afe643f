import type { Capabilities, ConversationId } from '@bridge/core';
import type { ActivePlatform, Attempt } from '@bridge/runtime';

/**
 * What the target can show in this conversation: it may take larger files than elsewhere, which is asked where it matters.
 * @throws {DeliveryError} where it cannot be told now.
 */
export async function capabilitiesIn(
  { platform: { capabilities }, instance: { sender } }: ActivePlatform,
  { delivery: { event }, signal }: Attempt,
  conversation: ConversationId,
): Promise<Capabilities> {
  const { files } = capabilities;
  const isBeyond = event.content.attachments.some(({ kind, bytes }) => bytes === undefined || bytes > files.maxBytes[kind]);
  if (!isBeyond || sender.fileLimits === undefined) return capabilities;
  const { maxBytes, maxBytesPerMessage } = await sender.fileLimits(conversation, signal);
  return { ...capabilities, files: { ...files, maxBytes, ...(maxBytesPerMessage === undefined ? {} : { maxBytesPerMessage }) } };
}
