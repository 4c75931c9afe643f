import { isIPv6 } from 'node:net';

/** How often a password may be tried. */
export interface Attempts {
  /** Counts one try. Answers 0 when it may be made, else how many milliseconds to wait. */
  tryFrom(address: string): number;
  /** The password was right: this address begins anew. */
  succeeded(address: string): void;
}

/** A bucket gives one try back every `everyMs`, up to `most`. */
interface Limit {
  readonly most: number;
  readonly everyMs: number;
}
const perAddress: Limit = { most: 5, everyMs: 30_000 };
/** Whoever has many addresses still gets no further than this. */
const together: Limit = { most: 30, everyMs: 2_000 };
/** Beyond this many addresses the oldest are forgotten; the common limit holds meanwhile. */
const mostAddresses = 10_000;

interface Bucket {
  /** When it would be full again, if nobody tried. */
  fullAt: number;
}

export function createAttempts(now: () => number = () => performance.now()): Attempts {
  const buckets = new Map<string, Bucket>();
  const common: Bucket = { fullAt: 0 };
  const bucketOf = (address: string) => {
    const name = network(address);
    const known = buckets.get(name) ?? { fullAt: 0 };
    // Set again, so that the first of the map is the one that has been quiet for longest.
    buckets.delete(name);
    buckets.set(name, known);
    const [oldest] = buckets.keys();
    if (buckets.size > mostAddresses && oldest !== undefined) buckets.delete(oldest);
    return known;
  };
  return {
    tryFrom: (address) => {
      const own = bucketOf(address);
      const wait = Math.max(waitFor(own, perAddress, now()), waitFor(common, together, now()));
      if (wait > 0) return wait;
      take(own, perAddress, now());
      take(common, together, now());
      return 0;
    },
    succeeded: (address) => void buckets.delete(network(address)),
  };
}

function waitFor({ fullAt }: Bucket, { most, everyMs }: Limit, now: number): number {
  return Math.max(0, Math.ceil(fullAt - now - (most - 1) * everyMs));
}

function take(bucket: Bucket, { everyMs }: Limit, now: number): void {
  bucket.fullAt = Math.max(bucket.fullAt, now) + everyMs;
}

/** Whoever has one IPv6 address has a whole /64 of them. */
function network(address: string): string {
  if (!isIPv6(address) || address.startsWith('::ffff:')) return address;
  const [head = '', tail = ''] = address.split('::');
  const groups = head.split(':').filter((group) => group !== '');
  const missing = 8 - groups.length - tail.split(':').filter((group) => group !== '').length;
  return [...groups, ...Array.from({ length: Math.max(0, missing) }, () => '0')].slice(0, 4).join(':');
}
