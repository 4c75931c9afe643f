import { createHmac, createSecretKey, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';

/** A file or avatar of a platform, as a link names it. */
export interface LinkedMedia {
  readonly platform: string;
  /** Opaque: only that platform reads it. */
  readonly handle: string;
  readonly name: string;
  readonly mime?: string;
  /** Given out as another format than its platform has it in. */
  readonly as?: 'png';
}

/** Makes and reads the tokens of `/media/<token>`. Whoever has one may see that one file, until it expires. */
export interface MediaLinks {
  /** The same token for the same file for about a month, so that nothing has to be updated for a new one. */
  token(media: LinkedMedia): string;
  /** `expired` is said only of what was genuine. */
  read(token: string): LinkedMedia | 'expired' | 'invalid';
}

export interface MediaLinksOptions {
  /** At least 32 random bytes, the same in every process. */
  readonly key: Buffer;
  /** How long a link lives at least, seconds. */
  readonly ttlSeconds: number;
  /** Unix milliseconds; handed in by tests. */
  readonly now?: () => number;
}

// Short names, since a token is part of a URL that has a limit: expiry (Unix days), platform, handle, name, MIME type, format.
const payload = z.tuple([z.number(), z.string(), z.string(), z.string(), z.string(), z.literal('png').optional()]);
const daySeconds = 86_400;
const roundDays = 30;
const longestToken = 4_000;
/** Tokens kept: every message has its author's picture, and signing costs more than all else that is done for it. */
const keptTokens = 2_000;

/** Signs with HMAC-SHA-256. A token hides nothing: handles hold no credential, by the contract of platforms. */
export function createMediaLinks({ key, ttlSeconds, now = Date.now }: MediaLinksOptions): MediaLinks {
  const today = (): number => now() / 1_000 / daySeconds;
  const secret = createSecretKey(key);
  const sign = (body: string): Buffer => createHmac('sha256', secret).update(body).digest().subarray(0, 24);
  const kept = new Map<string, string>();
  return {
    token({ platform, handle, name, mime = '', as }) {
      const expiry = Math.ceil((today() + ttlSeconds / daySeconds) / roundDays) * roundDays;
      const named = JSON.stringify([expiry, platform, handle, name, mime, ...(as === undefined ? [] : [as])]);
      const known = kept.get(named);
      if (known !== undefined) return known;
      const body = Buffer.from(named).toString('base64url');
      const token = `${body}.${sign(body).toString('base64url')}`;
      if (kept.size >= keptTokens) kept.clear();
      kept.set(named, token);
      return token;
    },
    read(token) {
      const [body = '', mac = '', ...more] = token.length > longestToken ? [] : token.split('.');
      const given = Buffer.from(mac, 'base64url');
      const right = sign(body);
      if (more.length > 0 || given.length !== right.length || !timingSafeEqual(given, right)) return 'invalid';
      const [expiry, platform, handle, name, mime, as] = payload.parse(JSON.parse(Buffer.from(body, 'base64url').toString()));
      if (today() > expiry) return 'expired';
      return { platform, handle, name, ...(mime === '' ? {} : { mime }), ...(as === undefined ? {} : { as }) };
    },
  };
}
