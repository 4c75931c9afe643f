import { type Platform, type PlatformId, platformId } from '@bridge/core';
import { z } from 'zod';

/** The source of messages that the bridge itself writes, by `bridge send`. No folder under packages/platforms has this name. */
export const testPlatform: PlatformId = platformId('bridge');

/** The `raw` of such an inbound event. */
export const testMessageSchema = z.object({ bridge: z.string(), text: z.string() });

/** A platform's name as people know it; the id itself for one that is not known here. */
export function displayNameOf(known: readonly Platform[], id: PlatformId): string {
  return known.find((platform) => platform.id === id)?.displayName ?? id;
}
