/** Calls a minute, of the whole app. */
export interface RateLimits {
  /** Creating and deleting users, creating and joining groups. */
  readonly core: number;
  readonly standard: number;
}

/** https://www.cometchat.com/docs/articles/rate-limits */
export const documentedLimits: RateLimits = { core: 10_000, standard: 20_000 };
/** What `Retry-After` says, in seconds. */
export const retryAfterS = 15;

/** The count of one call. */
export interface RateCount {
  readonly allowed: boolean;
  readonly limit: number;
  readonly remaining: number;
  /** When the window ends, Unix seconds. */
  readonly reset: number;
}

const coreRoutes = new Set(['POST /users', 'DELETE /users/{uid}', 'POST /groups', 'POST /groups/{guid}/members']);

/** Counts calls in windows of a minute, on the clock given (milliseconds). Counts always; whether to refuse is the caller's. */
export function createRateCounter(limits: RateLimits, now: () => number = Date.now): (route: string) => RateCount {
  const used = { core: 0, standard: 0, window: 0 };
  return (route) => {
    const window = Math.floor(now() / 60_000);
    if (window !== used.window) Object.assign(used, { core: 0, standard: 0, window });
    const kind = coreRoutes.has(route) ? 'core' : 'standard';
    const limit = limits[kind];
    const allowed = used[kind] < limit;
    if (allowed) used[kind] += 1;
    return { allowed, limit, remaining: limit - used[kind], reset: (window + 1) * 60 };
  };
}
