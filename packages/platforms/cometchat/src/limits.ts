import type { RateLimit, Receipt } from '@bridge/core';

/** The one key: CometChat counts the calls of an app together. */
const key = 'app';

/**
 * Of the documented 20,000 calls a minute, nine tenths: the rest is for users, memberships and look-ups, which are calls too.
 * A plan may allow less, which its answers tell. https://www.cometchat.com/docs/articles/rate-limits
 */
export const appLimits: readonly RateLimit[] = [{ key, count: 18_000, perMs: 60_000, burst: 300 }];

const longestMs = 3_600_000;
/** What `Retry-After` is documented to say. */
const usualMs = 15_000;

type Headers = Readonly<Record<string, unknown>>;
const header = (headers: Headers, name: string): string => {
  const value = headers[name];
  return typeof value === 'string' ? value.trim() : '';
};

/** A moment in Unix seconds, or in milliseconds as some proxies have it. */
function untilMoment(text: string, now: number): number {
  const value = text === '' ? Number.NaN : Number(text);
  return (value > 100_000_000_000 ? value : value * 1000) - now;
}

function untilRetryAfter(text: string, now: number): number {
  const seconds = text === '' ? Number.NaN : Number(text);
  return Number.isNaN(seconds) ? Date.parse(text) - now : seconds * 1000;
}

/** Milliseconds until the app's limit is lifted, from either header; at most an hour, since clocks differ. */
export function waitMs(headers: Headers, now = Date.now()): number {
  const asked = [untilRetryAfter(header(headers, 'retry-after'), now), untilMoment(header(headers, 'x-rate-limit-reset'), now)];
  const wait = asked.find((ms) => Number.isFinite(ms) && ms > 0) ?? usualMs;
  return Math.min(Math.ceil(wait), longestMs);
}

/** What a successful answer says about the next call: nothing, or that it would be one too many. */
export function usedUp(headers: Headers): Pick<Receipt, 'exhausted'> {
  return header(headers, 'x-rate-limit-remaining') === '0' ? { exhausted: { key, forMs: waitMs(headers) } } : {};
}
