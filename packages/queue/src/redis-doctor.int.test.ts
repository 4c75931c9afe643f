import { type RedisServer, startRedis } from '@bridge/testing/redis';
import type { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { producerConnection, waitUntilReady } from './connections.ts';
import { makePatient } from './fixtures/rig.ts';
import { type RedisFacts, judgeRedis, lookAtRedis } from './redis-doctor.ts';

let server: RedisServer;
let redis: Redis;
beforeEach(async () => {
  server = await startRedis({ appendfsync: 'always' });
  redis = makePatient(producerConnection({ target: { kind: 'single', url: server.url } }));
  await waitUntilReady(redis);
});
afterEach(async () => {
  redis.disconnect();
  await server.stop();
});

const statuses = async () => Object.fromEntries((await lookAtRedis(redis)).map(({ check, status }) => [check, status] as const));
const fine = { reachable: 'pass', version: 'pass', role: 'pass', persistence: 'pass', eviction: 'pass', memory: 'pass', clock: 'pass' };

test('a Redis as the bridge wants it has nothing to mend', async () => {
  expect(await statuses()).toEqual(fine);
});

test.for([
  ['appendfsync', 'everysec', { persistence: 'warn' }],
  ['appendonly', 'no', { persistence: 'fail' }],
  ['maxmemory-policy', 'allkeys-lru', { eviction: 'fail' }],
  ['maxmemory', '1mb', { memory: 'warn' }],
] as const)('%s %s is told, with the fix, and the fix helps', async ([name, value, told]) => {
  const before = String((await redis.config('GET', name)).at(1));
  await redis.config('SET', name, value);
  expect(await statuses()).toEqual({ ...fine, ...told });
  const [finding] = (await lookAtRedis(redis)).filter(({ status }) => status !== 'pass');
  expect(finding?.fix).toContain(name === 'appendonly' ? 'appendonly yes' : name);
  await redis.config('SET', name, before);
  expect(await statuses()).toEqual(fine);
  // The file is written anew by a process of its own, which would still write while the folder is removed.
  await expect.poll(() => redis.info('persistence')).toMatch(/aof_rewrite_in_progress:0[^]*aof_rewrite_scheduled:0/);
});

test('a replica takes no writes', async () => {
  await redis.replicaof('127.0.0.1', 1);
  expect(await statuses()).toMatchObject({ role: 'fail' });
});

test('a clock that is behind ours is told, and a slow answer is not taken for one', async () => {
  const real = Date.now.bind(Date);
  let shiftMs = 60_000;
  const clock = vi.spyOn(Date, 'now').mockImplementation(() => real() + shiftMs);
  onTestFinished(() => clock.mockRestore());
  expect(await statuses()).toEqual({ ...fine, clock: 'fail' });
  shiftMs = -10_000;
  const { time } = redis;
  redis.time = async () => {
    const answer = await Reflect.apply(time, redis, []);
    shiftMs = 0;
    return answer;
  };
  expect(await statuses()).toEqual(fine);
});

test('one that is gone', async () => {
  await server.kill9();
  const [finding, ...rest] = await lookAtRedis(redis, 500);
  expect([finding?.status, rest]).toEqual(['fail', []]);
  expect(finding?.fix).toContain('REDIS_URL');
});

test('a password that is missing', async () => {
  await redis.config('SET', 'requirepass', 'open sesame');
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  onTestFinished(() => void vi.useRealTimers());
  const stranger = producerConnection({ target: { kind: 'single', url: server.url } });
  const looking = lookAtRedis(stranger, 1_000);
  // The time is not up before it has refused the stranger.
  await new Promise((resolve) => stranger.once('error', resolve));
  vi.advanceTimersByTime(1_000);
  const [finding] = await looking;
  stranger.disconnect();
  expect(finding).toMatchObject({ status: 'fail', detail: 'It wants a password, or another one.' });
});

describe('what a server says of itself', () => {
  const judge = (info: Readonly<Record<string, string>>, more: Partial<RedisFacts> = {}) => {
    const healthy = { redis_version: '8.0.2', role: 'master', aof_enabled: '1', maxmemory_policy: 'noeviction' };
    const facts = { info: new Map(Object.entries({ ...healthy, ...info })), appendfsync: 'always', aheadMs: 0, ...more };
    return judgeRedis(facts).filter(({ status, check }) => status !== 'pass' || check === 'version');
  };

  test.for([
    [{ redis_version: '6.0.16' }, {}, 'version', 'fail'],
    [{ aof_last_write_status: 'err' }, {}, 'disk', 'fail'],
    [{}, { aheadMs: 5_000 }, 'clock', 'warn'],
    [{}, { aheadMs: -60_000 }, 'clock', 'fail'],
  ] as const)('%o %o', ([info, more, check, status]) => {
    expect(judge(info, more).find((finding) => finding.check === check)).toMatchObject({ status, fix: expect.any(String) });
  });

  test('a provider that does not let one ask is not accused', () => {
    const facts = { info: new Map([['aof_enabled', '1']]), aheadMs: 0 };
    expect(judgeRedis(facts).find(({ check }) => check === 'persistence')).toMatchObject({ status: 'warn' });
  });

  test('Valkey is called by its name', () => {
    expect(judge({ redis_version: '7.2.4', valkey_version: '8.1.1' })).toEqual([
      { check: 'version', status: 'pass', detail: 'Valkey 8.1.1.' },
    ]);
  });
});
