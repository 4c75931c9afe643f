import type { Answer } from '../shared/answer.ts';

/** A rate limit of a route: `limit` calls in a window that begins with the first. */
export interface Bucket {
  readonly name: string;
  readonly limit: number;
  readonly windowMs: number;
}

/** The call that a limit is asked for. */
export interface LimitedCall {
  readonly bucket: Bucket | undefined;
  /** The top-level resource: a channel, a guild, or a webhook with its token. */
  readonly resource: string;
  /** Channel that a webhook posts to, for the limit that Discord does not tell of. */
  readonly webhookChannel: string | undefined;
  /** Who calls: the bot, or the address of a call without authorization. */
  readonly caller: string;
}

/** What a call may do. */
export interface Ruling {
  /** For the answer, whatever it is. */
  readonly headers: Readonly<Record<string, string>>;
  /** Set when the call is refused. */
  readonly refusal?: Answer;
}

/** The limits of one API. */
export interface RateLimits {
  take(call: LimitedCall): Ruling;
}

interface Window {
  endsAt: number;
  used: number;
}

/** All calls of a bot. Source: API reference, "Global Rate Limit". */
const globalLimit = { name: 'global', limit: 50, windowMs: 1_000 };
/** Of all webhooks of a channel together; no header shows it. Source: Discord staff in discord-api-docs #367. */
const webhookChannelLimit = { name: 'webhook-channel', limit: 30, windowMs: 60_000 };

/** Without `enforced` the headers are there and nothing is ever refused. */
export function createRateLimits(options: { readonly enforced: boolean; now?(): number }): RateLimits {
  const { enforced, now = Date.now } = options;
  const windows = new Map<string, Window>();
  const windowOf = (bucket: Bucket, resource: string): Window => {
    const key = `${bucket.name}:${resource}`;
    const known = windows.get(key);
    if (known !== undefined && known.endsAt > now()) return known;
    const fresh = { endsAt: now() + bucket.windowMs, used: 0 };
    windows.set(key, fresh);
    return fresh;
  };
  /** Milliseconds to wait, or 0 with the call counted. */
  const use = (bucket: Bucket, resource: string): number => {
    const window = windowOf(bucket, resource);
    if (window.used >= bucket.limit) return Math.max(1, window.endsAt - now());
    window.used += 1;
    return 0;
  };
  return {
    take(call) {
      const { bucket } = call;
      if (!enforced) return { headers: bucket === undefined ? {} : headersOf(bucket, { used: 1, endsAt: now() + bucket.windowMs }, now()) };
      const globalWait = use(globalLimit, call.caller);
      if (globalWait > 0) return { headers: {}, refusal: tooMany(globalWait, 'global') };
      if (bucket === undefined) return { headers: {} };
      const wait = use(bucket, call.resource);
      const headers = headersOf(bucket, windowOf(bucket, call.resource), now());
      if (wait > 0) return { headers, refusal: tooMany(wait, 'user') };
      const hidden = call.webhookChannel === undefined ? 0 : use(webhookChannelLimit, call.webhookChannel);
      return hidden > 0 ? { headers, refusal: tooMany(hidden, 'shared') } : { headers };
    },
  };
}

/** A 429. `user` and `global` ones count as invalid requests, `shared` ones do not. */
export function tooMany(waitMs: number, scope: 'user' | 'global' | 'shared'): Answer {
  const seconds = Math.ceil(waitMs) / 1000;
  const message = scope === 'shared' ? 'The resource is being rate limited.' : 'You are being rate limited.';
  return {
    status: 429,
    headers: {
      'retry-after': String(Math.ceil(seconds)),
      'x-ratelimit-scope': scope,
      ...(scope === 'global' ? { 'x-ratelimit-global': 'true' } : {}),
    },
    body: { message, retry_after: seconds, global: scope === 'global' },
  };
}

function headersOf(bucket: Bucket, window: Window, now: number): Record<string, string> {
  return {
    'x-ratelimit-limit': String(bucket.limit),
    'x-ratelimit-remaining': String(Math.max(0, bucket.limit - window.used)),
    'x-ratelimit-reset': (window.endsAt / 1000).toFixed(3),
    'x-ratelimit-reset-after': (Math.max(0, window.endsAt - now) / 1000).toFixed(3),
    'x-ratelimit-bucket': hash(bucket.name),
  };
}

/** Clients group calls by this text and must not read anything from it. */
function hash(name: string): string {
  let value = 0x811c9dc5;
  for (let index = 0; index < name.length; index += 1) value = Math.imul(value ^ name.charCodeAt(index), 0x01000193) >>> 0;
  return `${value.toString(16).padStart(8, '0')}${name.length.toString(16).padStart(8, '0')}`;
}
