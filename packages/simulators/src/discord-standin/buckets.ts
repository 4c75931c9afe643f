/** A fixed window of calls, as Discord counts them. */
interface Window {
  readonly startedAt: number;
  used: number;
}

interface Rule {
  readonly limit: number;
  readonly windowMs: number;
  /** Not told in headers; one learns of it by the 429. */
  readonly hidden?: boolean;
}

export interface BucketState {
  readonly limit: number;
  readonly remaining: number;
  readonly resetAfterMs: number;
  readonly bucket: string;
}

export type Taken = { readonly ok: true; readonly state?: BucketState } | { readonly ok: false; readonly retryAfterMs: number; readonly scope: 'user' | 'global' | 'shared' };

export interface Buckets {
  take(keys: { readonly route: string; readonly channel?: string; readonly webhook?: string }): Taken;
}

/** Not documented as numbers; these are what is seen: messages 5 per 5 s and channel, webhooks 5 per 2 s each, 30 per 60 s and channel. */
const messageRule: Rule = { limit: 5, windowMs: 5_000 };
const webhookRule: Rule = { limit: 5, windowMs: 2_000 };
const channelRule: Rule = { limit: 30, windowMs: 60_000, hidden: true };
const globalRule: Rule = { limit: 50, windowMs: 1_000, hidden: true };

/** Rate limits; without `enforced` the headers are given and nothing is refused. */
export function createBuckets(enforced: boolean): Buckets {
  const windows = new Map<string, Window>();
  const look = (key: string, rule: Rule): { readonly window: Window; readonly resetAfterMs: number } => {
    const now = Date.now();
    const known = windows.get(key);
    const window = known && now - known.startedAt < rule.windowMs ? known : { startedAt: now, used: 0 };
    windows.set(key, window);
    return { window, resetAfterMs: window.startedAt + rule.windowMs - now };
  };
  return {
    take: ({ route, channel, webhook }) => {
      const own = webhook === undefined ? { key: `${route} ${channel ?? ''}`, rule: messageRule } : { key: `webhook ${webhook}`, rule: webhookRule };
      const wanted = [own, ...(webhook === undefined ? [] : [{ key: `channel ${channel ?? ''}`, rule: channelRule }]), { key: 'global', rule: globalRule }];
      const looked = wanted.map(({ key, rule }) => ({ key, rule, ...look(key, rule) }));
      const full = looked.find(({ window, rule }) => window.used >= rule.limit);
      if (full && enforced) return { ok: false, retryAfterMs: full.resetAfterMs, scope: full.key === 'global' ? 'global' : full.rule.hidden ? 'shared' : 'user' };
      for (const { window } of looked) window.used += 1;
      const [first] = looked;
      if (!first) return { ok: true };
      const remaining = enforced ? first.rule.limit - first.window.used : first.rule.limit;
      return { ok: true, state: { limit: first.rule.limit, remaining, resetAfterMs: first.resetAfterMs, bucket: Buffer.from(own.key).toString('hex').slice(0, 32) } };
    },
  };
}
