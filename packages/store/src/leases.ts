import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Keys } from '@bridge/queue';
import type { Redis } from 'ioredis';

/** At most one holder per name, over all processes. */
export interface Leases {
  /**
   * Waits until the lease is ours, runs `work`, and releases it so that the next one goes on at once. The signal given to
   * `work` aborts when `signal` does, and when the lease may be lost: before anybody else can get it. Resolves when `work`
   * has, or when `signal` aborts before the lease was ours.
   * @throws what `work` throws.
   */
  hold(name: string, signal: AbortSignal, work: (held: AbortSignal) => Promise<void>): Promise<void>;
  /** The token of whoever holds it; undefined when nobody does. */
  holder(name: string): Promise<string | undefined>;
}

/** Where leases are kept, and how patient their holders and waiters are. */
export interface LeaseOptions {
  readonly redis: Redis;
  readonly keys: Keys;
  /** How long a holder that died blocks the others; default 9 s. */
  readonly ttlMs?: number;
  /** How often a holder says that it is still there; default a third of `ttlMs`. */
  readonly renewMs?: number;
  /** How often those that stand by look; default 250 ms. */
  readonly pollMs?: number;
  /** Milliseconds of a clock that only goes forward; this process's own by default. */
  readonly now?: () => number;
  /** Redis could not be asked; it is asked again. */
  readonly onError?: (error: unknown) => void;
}

/** How often a holder looks at the clock in between. */
const looksPerRenewal = 20 / 3;

const renewScript = `if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('PEXPIRE', KEYS[1], ARGV[2]) end return 0`;
const releaseScript = `if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0`;

/** Leases in Redis. */
export function createLeases(options: LeaseOptions): Leases {
  return {
    async hold(name, signal, work) {
      const lease = new Lease(name, options);
      if (!(await lease.acquire(signal))) return;
      await lease.runHeld(signal, work);
    },
    holder: async (name) => (await options.redis.get(options.keys.lease(name))) ?? undefined,
  };
}

class Lease {
  readonly #key: string;
  readonly #token = randomUUID();
  readonly #redis: Redis;
  readonly #ttlMs: number;
  readonly #renewMs: number;
  readonly #pollMs: number;
  readonly #now: () => number;
  readonly #onError: (error: unknown) => void;
  /** By this process's monotonic clock, counted from before the request left: it ends here before it does in Redis. */
  #oursUntil = 0;

  constructor(name: string, options: LeaseOptions) {
    this.#key = options.keys.lease(name);
    this.#redis = options.redis;
    this.#ttlMs = options.ttlMs ?? 9_000;
    this.#renewMs = options.renewMs ?? this.#ttlMs / 3;
    this.#pollMs = options.pollMs ?? 250;
    this.#now = options.now ?? (() => performance.now());
    this.#onError = options.onError ?? (() => undefined);
  }

  async acquire(signal: AbortSignal): Promise<boolean> {
    while (!signal.aborted) {
      if (await this.#take()) return true;
      await sleep(this.#pollMs, undefined, { signal, ref: false }).catch(() => undefined);
    }
    return false;
  }

  async runHeld(signal: AbortSignal, work: (held: AbortSignal) => Promise<void>): Promise<void> {
    const ended = new AbortController();
    const lost = new AbortController();
    const renewing = this.#renewUntil(ended.signal, () => lost.abort(new Error('the lease is lost')));
    try {
      await work(AbortSignal.any([signal, lost.signal]));
    } finally {
      ended.abort();
      await renewing;
      await this.#redis.eval(releaseScript, 1, this.#key, this.#token).catch(this.#onError);
    }
  }

  async #take(): Promise<boolean> {
    const at = this.#now();
    try {
      if ((await this.#redis.set(this.#key, this.#token, 'PX', this.#ttlMs, 'NX')) !== 'OK') return await this.#ownAlready();
    } catch (error) {
      this.#onError(error);
      return false;
    }
    this.#oursUntil = at + this.#ttlMs;
    return true;
  }

  /** The answer to an earlier request of ours may have been lost on the way. */
  async #ownAlready(): Promise<boolean> {
    return (await this.#redis.get(this.#key)) === this.#token && this.#renew();
  }

  async #renew(): Promise<boolean> {
    const at = this.#now();
    if ((await this.#redis.eval(renewScript, 1, this.#key, this.#token, this.#ttlMs)) !== 1) return false;
    this.#oursUntil = at + this.#ttlMs;
    return true;
  }

  async #renewUntil(ended: AbortSignal, lose: () => void): Promise<void> {
    // Checked on its own clock as well, since a renewal may hang for as long as Redis is away.
    const watch = setInterval(() => {
      if (this.#now() >= this.#oursUntil - this.#margin) lose();
    }, this.#renewMs / looksPerRenewal);
    try {
      while (!ended.aborted) {
        await sleep(this.#renewMs, undefined, { signal: ended, ref: false }).catch(() => undefined);
        if (ended.aborted) return;
        if (!(await this.#renew().catch(this.#keepTrying))) return lose();
      }
    } finally {
      clearInterval(watch);
    }
  }

  get #margin(): number {
    return this.#ttlMs / 10;
  }

  /** An error says nothing about whose the lease is; the clock decides. */
  readonly #keepTrying = (error: unknown): boolean => {
    this.#onError(error);
    return true;
  };
}
