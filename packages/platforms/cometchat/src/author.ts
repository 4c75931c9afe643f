import { createHash } from 'node:crypto';
import { type Author, userId } from '@bridge/core';
import type { Person } from './payload.ts';
import { systemUid } from './puppet.ts';

/** Pre-signed and token URLs: they work for a while only. https://www.cometchat.com/docs/fundamentals/presigned-urls */
const expiring = /[?&](Expires|Signature|Key-Pair-Id|fat|X-Amz-[\w-]+)=/i;

/** Names the picture of a user; another picture has another handle. */
const avatarHandle = (uid: string, url: string): string =>
  JSON.stringify({
    user: uid,
    version: createHash('sha256')
      .update(url.split('?', 1)[0] ?? '')
      .digest('base64url')
      .slice(0, 12),
  });

function avatarOf(uid: string, url: string | undefined): Pick<Author, 'avatar' | 'avatarHandle'> {
  // Anything but an address of the web is not for other platforms to fetch.
  if (url === undefined || !/^https?:\/\//.test(url)) return {};
  return expiring.test(url) ? { avatarHandle: avatarHandle(uid, url) } : { avatar: url };
}

/** The author of an event out of whoever is named in it. */
export function authorFrom(uid: string | undefined, people: readonly (Person | undefined)[]): Author {
  const person = people.find((known) => known !== undefined && known.uid === uid);
  const name = person?.name || (uid === systemUid ? 'System' : (uid ?? 'Unknown'));
  const author = { id: userId(uid ?? 'unknown'), name: uid ?? name, displayName: name, isBot: uid === systemUid };
  return { ...author, ...avatarOf(uid ?? 'unknown', person?.avatar) };
}
