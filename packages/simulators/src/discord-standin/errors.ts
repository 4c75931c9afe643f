import type { Answer } from '../shared/answer.ts';

/** An answer that Discord gives instead of a result: HTTP status, JSON code and, for a bad form, the tree of what is wrong in it. */
export class DiscordError extends Error {
  override readonly name = 'DiscordError';
  readonly status: number;
  readonly code: number;
  readonly errors: object | undefined;
  constructor(status: number, code: number, details: { readonly message: string; readonly errors?: object }) {
    super(details.message);
    this.status = status;
    this.code = code;
    this.errors = details.errors;
  }
}

const known: Readonly<Record<number, readonly [number, string]>> = {
  10003: [404, 'Unknown Channel'],
  10004: [404, 'Unknown Guild'],
  10008: [404, 'Unknown Message'],
  10015: [404, 'Unknown Webhook'],
  30007: [400, 'Maximum number of webhooks reached (15)'],
  50001: [403, 'Missing Access'],
  50005: [403, 'Cannot edit a message authored by another user'],
  50006: [400, 'Cannot send an empty message'],
  50013: [403, 'Missing Permissions'],
  50027: [401, 'Invalid Webhook Token'],
};

/** One of Discord's documented errors, by its JSON code. */
export function discordError(code: number): DiscordError {
  const [status, message] = known[code] ?? [400, 'Error'];
  return new DiscordError(status, code, { message });
}

/** 50035: one field of the body is wrong. */
export function invalidForm(field: string, code: string, message: string): DiscordError {
  return new DiscordError(400, 50035, { message: 'Invalid Form Body', errors: { [field]: { _errors: [{ code, message }] } } });
}

export function errorAnswer(error: DiscordError): Answer {
  return { status: error.status, body: { message: error.message, code: error.code, ...(error.errors ? { errors: error.errors } : {}) } };
}

/** 429 as Discord words it; `scope` is `user`, `global` or `shared`. */
export function rateLimitAnswer(retryAfterMs: number, scope: 'user' | 'global' | 'shared'): Answer {
  const seconds = Math.max(1, Math.ceil(retryAfterMs)) / 1000;
  return {
    status: 429,
    headers: {
      'retry-after': String(Math.max(1, Math.ceil(seconds))),
      'x-ratelimit-scope': scope,
      ...(scope === 'global' ? { 'x-ratelimit-global': 'true' } : {}),
      'x-ratelimit-reset-after': seconds.toFixed(3),
    },
    body: { message: 'You are being rate limited.', retry_after: seconds, global: scope === 'global' },
  };
}
