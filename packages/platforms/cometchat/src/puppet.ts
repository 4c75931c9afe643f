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

const maxName = 100;
const segmenter = new Intl.Segmenter(undefined, { granularity: 'grapheme' });
const lengthOf = (text: string): number => [...text].length;

/** The first characters of a text, whole ones, of at most so many code points together. */
function cut(text: string, max: number): string {
  let left = max;
  let end = 0;
  for (const { index, segment } of segmenter.segment(text)) {
    left -= lengthOf(segment);
    if (left < 0) break;
    end = index + segment.length;
  }
  return text.slice(0, end).trimEnd();
}

/**
 * A name as CometChat takes it, at most 100 characters. What is cut is the person's own part: the platform in parentheses at
 * the end stays, or a long name could pass for somebody of this app.
 */
export function shownName(name: string): string {
  const text = name.trim().slice(0, 4_000).toWellFormed();
  if (lengthOf(text) <= maxName) return text;
  const [, own = text, mark = ''] = /^(.*)( \([^()]{1,40}\))$/s.exec(text) ?? [];
  return `${cut(own, maxName - lengthOf(mark))}${mark}`.trim();
}
