import { randomUUID } from 'node:crypto';
import { createKeys, producerConnection, waitUntilReady } from '@bridge/queue';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { setRedis } from './fixtures/redis.ts';
import { type LeaseOptions, createLeases } from './index.ts';

const soon = { timeout: 30_000, interval: 5 };
const here = setRedis();
let keys: ReturnType<typeof createKeys>;
let stops: AbortController[] = [];
let running: Promise<void>[] = [];
/** Who holds the lease now, and every change of it. */
let holding: string[] = [];
let log: string[] = [];

beforeEach(() => {
  keys = createKeys({ prefix: randomUUID() });
  [stops, running, holding, log] = [[], [], [], []];
});
afterEach(async () => {
  for (const stop of stops) stop.abort();
  await Promise.all(running);
});

/** A process that wants to lead for as long as it is not stopped; no machine takes the minute after which it would lose that. */
function candidate(name: string, options: Partial<LeaseOptions> = {}) {
  const stop = new AbortController();
  stops.push(stop);
  const leases = createLeases({ redis: here.redis, keys, ttlMs: 60_000, renewMs: 20, pollMs: 20, ...options });
  const done = leases.hold('source-discord', stop.signal, async (held) => {
    holding.push(name);
    log.push(`${name} of ${holding.length}`);
    await new Promise<void>((resolve) => held.addEventListener('abort', () => resolve(), { once: true }));
    holding = holding.filter((other) => other !== name);
    log.push(`${name} ends`);
  });
  running.push(done);
  return { stop, done };
}

/** Resolves when a renewal that began after this call has come to Redis. */
async function renewed(): Promise<void> {
  const key = keys.lease('source-discord');
  await here.redis.pexpire(key, 30_000);
  await vi.waitFor(async () => expect(await here.redis.pttl(key)).toBeGreaterThan(30_000), soon);
}

describe('a lease', () => {
  it('has one holder at a time, and passes on as soon as it is released', async () => {
    const [a, b] = [candidate('a'), candidate('b')];
    await vi.waitFor(() => expect(holding).toHaveLength(1), soon);
    const [first] = holding;
    (first === 'a' ? a : b).stop.abort();
    // `soon` is over long before the minute that it would last.
    await vi.waitFor(() => expect(holding).toEqual([first === 'a' ? 'b' : 'a']), soon);
    expect(log.every((line) => !line.endsWith('of 2'))).toBe(true);
  });

  it('is kept for much longer than its time to live', async () => {
    let now = 0;
    candidate('a', { now: () => now });
    await vi.waitFor(() => expect(holding).toEqual(['a']), soon);
    candidate('b');
    // It would be given up at 54 s, and Redis would pass it on when what is left has run out.
    for (const later of [53_000, 106_000, 159_000]) {
      now = later;
      await renewed();
      await renewed();
    }
    expect(log).toEqual(['a of 1']);
  });

  it('of a holder that died passes on when its time has run out', async () => {
    const at = performance.now();
    await here.redis.set(keys.lease('source-discord'), 'a dead process', 'PX', 500);
    candidate('b');
    await vi.waitFor(() => expect(holding).toEqual(['b']), soon);
    expect(performance.now() - at).toBeGreaterThan(300);
  });

  it('that another one took is given up', async () => {
    const { done } = candidate('a');
    await vi.waitFor(() => expect(holding).toEqual(['a']), soon);
    await here.redis.set(keys.lease('source-discord'), 'another');
    await done;
    expect(log).toEqual(['a of 1', 'a ends']);
    // And is not taken away from the other by our release.
    expect(await here.redis.get(keys.lease('source-discord'))).toBe('another');
  });

  it('is given up before it can be another one`s, when Redis does not answer, and not at once', async () => {
    let now = 0;
    let looks = 0;
    let errors = 0;
    const clock = () => {
      looks += 1;
      return now;
    };
    const redis = producerConnection({ target: { kind: 'single', url: here.server.url } });
    onTestFinished(() => redis.disconnect());
    await waitUntilReady(redis);
    candidate('a', { redis, now: clock, onError: () => void (errors += 1) });
    await vi.waitFor(() => expect(holding).toEqual(['a']), soon);
    await here.server.pause();
    try {
      const before = errors;
      await vi.waitFor(() => expect(errors).toBeGreaterThan(before), soon);
      now = 53_999;
      const seen = looks;
      await vi.waitFor(() => expect(looks).toBeGreaterThan(seen + 5), soon);
      expect(holding).toEqual(['a']);
      now = 54_000;
      await vi.waitFor(() => expect(holding).toEqual([]), soon);
    } finally {
      await here.server.resume();
    }
    for (const stop of stops) stop.abort();
  });

  it('is not waited for once stopped', async () => {
    await here.redis.set(keys.lease('source-discord'), 'another');
    const { stop, done } = candidate('a', { pollMs: 60_000 });
    stop.abort();
    await done;
    expect(log).toEqual([]);
  });

  it('is released when the work throws', async () => {
    const leases = createLeases({ redis: here.redis, keys });
    await expect(leases.hold('x', new AbortController().signal, () => Promise.reject(new Error('the socket broke')))).rejects.toThrow(
      'the socket broke',
    );
    expect(await leases.holder('x')).toBeUndefined();
  });
});
