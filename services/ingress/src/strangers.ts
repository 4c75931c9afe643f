import { isIPv6 } from 'node:net';

/** Who was refused too often lately. Nobody who proves to be genuine is ever asked about here. */
export interface Strangers {
  /** Notes that an address was refused. */
  refused(address: string | undefined): void;
  /** Seconds until this address gets an answer again; 0 where it gets one now. */
  waitSeconds(address: string | undefined): number;
}

export interface StrangersOptions {
  /** Refusals that an address may have at once, and how fast they are forgotten. */
  readonly burst: number;
  readonly perMinute: number;
  /** The longest unseen is forgotten first, so that many addresses take no more memory than these. */
  readonly mostAddresses?: number;
  /** Milliseconds that only go up. */
  readonly now?: () => number;
}

/** For each address the time at which its refusals are forgotten: every one adds to it. */
export function createStrangers({ burst, perMinute, mostAddresses = 10_000, now = () => performance.now() }: StrangersOptions): Strangers {
  const forgottenAt = new Map<string, number>();
  const costMs = 60_000 / perMinute;
  const ahead = (key: string): number => Math.max(0, (forgottenAt.get(key) ?? 0) - now());
  return {
    refused(address) {
      const key = keyOf(address);
      const at = now() + Math.min(ahead(key) + costMs, burst * costMs);
      // Put at the end, so that the first is the longest unseen.
      forgottenAt.delete(key);
      forgottenAt.set(key, at);
      const [oldest] = forgottenAt.size > mostAddresses ? forgottenAt.keys() : [];
      if (oldest !== undefined) forgottenAt.delete(oldest);
    },
    waitSeconds: (address) => Math.max(0, Math.ceil((ahead(keyOf(address)) + costMs - burst * costMs) / 1_000)),
  };
}

/** Of IPv6 one customer has at least 2^64 addresses: the first four groups are whom it is about. */
function keyOf(address = 'unknown'): string {
  const bare = address.split('%', 1)[0] ?? '';
  if (!isIPv6(bare)) return address;
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(bare)?.[1];
  return mapped ?? groupsOf(bare).slice(0, 4).join(':');
}

/** All eight, in the one form that URLs have for an address. */
function groupsOf(address: string): readonly string[] {
  const [head = [], tail = []] = new URL(`http://[${address}]/`).hostname
    .slice(1, -1)
    .split('::')
    .map((part) => part.split(':').filter((group) => group !== ''));
  return [...head, ...Array.from({ length: 8 - head.length - tail.length }, () => '0'), ...tail];
}
