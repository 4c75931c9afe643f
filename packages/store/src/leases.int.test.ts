import { randomUUID } from 'node:crypto';
import { createKeys } from '@bridge/queue';
import { startStopwatch } from '@bridge/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { setRedis } from './fixtures/redis.ts';
import { createLeases } from './index.ts';

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

/** A process that wants to lead for as long as it is not stopped. */
function candidate(name: string, options: { ttlMs?: number; pollMs?: number; lingerMs?: number } = {}) {
  const stop = new AbortController();
  stops.push(stop);
  const leases = createLeases({ redis: here.redis, keys, ttlMs: 600, pollMs: 20, ...options });
  const done = leases.hold('source-discord', stop.signal, async (held) => {
    holding.push(name);
    log.push(`${name} of ${holding.length}`);
    await new Promise<void>((resolve) => held.addEventListener('abort', () => resolve(), { once: true }));
    await new Promise((resolve) => setTimeout(resolve, options.lingerMs ?? 0));
    holding = holding.filter((other) => other !== name);
    log.push(`${name} ends`);
  });
  running.push(done);
  return { stop, done };
}

describe('a lease', () => {
  it('has one holder at a time, and passes on as soon as it is released', async () => {
    const [a, b] = [candidate('a', { ttlMs: 60_000 }), candidate('b', { ttlMs: 60_000 })];
    await vi.waitFor(() => expect(holding).toHaveLength(1), soon);
    const [first] = holding;
    (first === 'a' ? a : b).stop.abort();
    // `soon` is over long before the minute that it would last.
    await vi.waitFor(() => expect(holding).toEqual([first === 'a' ? 'b' : 'a']), soon);
    expect(log.every((line) => !line.endsWith('of 2'))).toBe(true);
  });

  it('is kept for much longer than its time to live', async () => {
    candidate('a', { ttlMs: 4_000 });
    await vi.waitFor(() => expect(holding).toEqual(['a']), soon);
    candidate('b', { ttlMs: 4_000 });
    await new Promise((resolve) => setTimeout(resolve, 9_000));
    expect(log).toEqual(['a of 1']);
  });

  it('of a holder that died passes on when its time has run out', async () => {
    await here.redis.set(keys.lease('source-discord'), 'a dead process', 'PX', 500);
    const at = performance.now();
    candidate('b');
    await vi.waitFor(() => expect(holding).toEqual(['b']), soon);
    expect(performance.now() - at).toBeGreaterThan(300);
  });

  it('that another one took is given up', async () => {
    const { done } = candidate('a', { ttlMs: 300 });
    await vi.waitFor(() => expect(holding).toEqual(['a']), soon);
    await here.redis.set(keys.lease('source-discord'), 'another');
    await done;
    expect(log).toEqual(['a of 1', 'a ends']);
    // And is not taken away from the other by our release.
    expect(await here.redis.get(keys.lease('source-discord'))).toBe('another');
  });

  it('is given up before it can be another one`s, when Redis does not answer', async () => {
    candidate('a', { ttlMs: 5_000 });
    await vi.waitFor(() => expect(holding).toEqual(['a']), soon);
    const watch = startStopwatch();
    await here.server.pause();
    await vi.waitFor(() => expect(holding).toEqual([]), soon);
    expect(watch.elapsedMs()).toBeLessThan(5_000 + watch.slackMs());
    await here.server.resume();
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
