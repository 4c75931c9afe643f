import { createHash, createHmac, randomBytes, randomUUID, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';

/** Signs and recognises sessions: JSON Web Tokens with HS256, by a key that nobody else has. */
export interface Sessions {
  issue(): string;
  /** Whether it was issued here, has not expired and was not ended. */
  isValid(token: string | undefined): boolean;
  end(token: string | undefined): void;
  readonly maxAgeMs: number;
}

const maxAgeMs = 12 * 3_600_000;
const header = encode({ alg: 'HS256', typ: 'JWT' });
const payloadSchema = z.object({ jti: z.string(), exp: z.number() });

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

/**
 * Sessions end when either of `secret` and `password` changes. Without a secret a random one is used, so that they also end with
 * the process.
 */
export function createSessions(options: { readonly secret?: string; readonly password: string; readonly now?: () => number }): Sessions {
  const { secret = randomBytes(32).toString('hex'), password, now = Date.now } = options;
  const key = createHmac('sha256', secret)
    .update(`console session ${createHash('sha256').update(password).digest('hex')}`)
    .digest();
  const ended = new Map<string, number>();
  const sign = (text: string) => createHmac('sha256', key).update(text).digest();
  const read = (token: string) => {
    const [head = '', body = '', signature = '', ...more] = token.split('.');
    const given = Buffer.from(signature, 'base64url');
    const expected = sign(`${head}.${body}`);
    // The head is ours or nothing: what it says about algorithms is never asked.
    if (more.length > 0 || head !== header || given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined;
    const payload = payloadSchema.safeParse(JSON.parse(Buffer.from(body, 'base64url').toString()));
    return payload.success && payload.data.exp * 1_000 > now() ? payload.data : undefined;
  };
  return {
    maxAgeMs,
    issue: () => {
      const seconds = Math.floor(now() / 1_000);
      const body = encode({ jti: randomUUID(), iat: seconds, exp: seconds + maxAgeMs / 1_000 });
      return `${header}.${body}.${sign(`${header}.${body}`).toString('base64url')}`;
    },
    isValid: (token) => {
      const session = token === undefined ? undefined : read(token);
      return session !== undefined && !ended.has(session.jti);
    },
    end: (token) => {
      const session = token === undefined ? undefined : read(token);
      if (session === undefined) return;
      for (const [id, expires] of ended) if (expires < now()) ended.delete(id);
      ended.set(session.jti, session.exp * 1_000);
    },
  };
}
