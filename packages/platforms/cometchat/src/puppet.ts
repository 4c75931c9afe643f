import { createHash } from 'node:crypto';
import type { PlatformId, UserId } from '@bridge/core';

/** Uids that begin so are the bridge's own. */
const puppetPrefix = 'bridge_';
/** The sender of API calls that act for nobody. */
export const systemUid = 'app_system';
const maxUid = 100;

/** The uid of the user that stands for a person of another platform: the same one for ever. */
export function puppetUid(origin: PlatformId, author: UserId): string {
  const plain = `${puppetPrefix}${origin}_${author}`;
  if (/^[a-z\d_-]+$/.test(plain) && plain.length <= maxUid) return plain;
  // Other characters would be refused, and upper case would be folded into somebody else's.
  const platform = origin
    .toLowerCase()
    .replaceAll(/[^a-z\d-]/g, '-')
    .slice(0, 30);
  return `${puppetPrefix}${platform}_h${createHash('sha256').update(plain).digest('hex').slice(0, 40)}`;
}

/** Whether a uid is one of the bridge's: a puppet, or its own user. */
export const isOurUid = (uid: string | undefined, bridgeUid: string): boolean =>
  uid !== undefined && (uid === bridgeUid || uid.startsWith(puppetPrefix));
