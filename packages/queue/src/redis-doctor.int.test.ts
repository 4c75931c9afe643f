import { type RedisServer, startRedis } from '@bridge/testing/redis';
import type { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { producerConnection, waitUntilReady } from './connections.ts';
import { type RedisFacts, judgeRedis, lookAtRedis } from './redis-doctor.ts';

let server: RedisServer;
let redis: Redis;
beforeEach(async () => {
  server = await startRedis({ appendfsync: 'always' });
  redis = producerConnection({ target: { kind: 'single', url: server.url } });
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
});

test('a replica takes no writes', async () => {
  await redis.replicaof('127.0.0.1', 1);
  expect(await statuses()).toMatchObject({ role: 'fail' });
});

test('one that is gone', async () => {
  await server.kill9();
  const [finding, ...rest] = await lookAtRedis(redis, 500);
  expect([finding?.status, rest]).toEqual(['fail', []]);
  expect(finding?.fix).toContain('REDIS_URL');
});

test('a password that is missing', async () => {
  await redis.config('SET', 'requirepass', 'open sesame');
  const stranger = producerConnection({ target: { kind: 'single', url: server.url } });
  const [finding] = await lookAtRedis(stranger, 1_000);
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
