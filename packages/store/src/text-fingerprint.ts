import { createHash } from 'node:crypto';

/** Shorter texts are the same in too many messages to find one by. */
const shortest = 3;

/**
 * By what a message is found again from its whole text, without keeping the text: 8 bytes of a SHA-256 over what is left when
 * case, white space and Unicode forms do not count. One cannot read the text out of it, but who guesses a text can check the
 * guess. Undefined for a text that is too short to be worth it.
 */
export function fingerprint(text: string): string | undefined {
  const plain = text.normalize('NFKC').toLowerCase().replaceAll(/\s+/g, ' ').trim();
  if (plain.length < shortest) return undefined;
  return createHash('sha256').update(plain).digest().subarray(0, 8).toString('base64url');
}
