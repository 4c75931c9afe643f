import { describe, expect, it } from 'vitest';
import { describeRedis, redisSecrets, redisTarget, type RedisValues } from './redis.ts';

const read = (values: Partial<RedisValues>) => redisTarget({ redisCluster: false, ...values });
const sentinels = [{ host: 's1', port: 26379 }];

describe('redisTarget', () => {
  it('is none when nothing is set', () => expect(read({})).toEqual({ problems: [] }));
  it('takes one server', () =>
    expect(read({ redisUrl: 'rediss://u:p@h:1/2' }).target).toEqual({ kind: 'single', url: 'rediss://u:p@h:1/2' }));
  it('takes a cluster', () => {
    expect(read({ redisUrl: 'redis://u:p%40q@a:1, redis://b', redisCluster: true }).target).toEqual({
      kind: 'cluster',
      nodes: [
        { host: 'a', port: 1 },
        { host: 'b', port: 6379 },
      ],
      username: 'u',
      password: 'p@q',
      tls: false,
    });
  });
  it('takes Sentinels, with the login and database of REDIS_URL', () => {
    const { target } = read({
      redisSentinels: sentinels,
      redisSentinelName: 'mymaster',
      redisSentinelPassword: 'sp',
      redisUrl: 'rediss://:pw@x/3',
    });
    expect(target).toEqual({ kind: 'sentinel', sentinels, name: 'mymaster', db: 3, sentinelPassword: 'sp', password: 'pw', tls: true });
  });
  it('takes Sentinels without a login', () => {
    expect(read({ redisSentinels: sentinels, redisSentinelName: 'm' }).target).toEqual({
      kind: 'sentinel',
      sentinels,
      name: 'm',
      db: 0,
      tls: false,
    });
  });

  it.each<[string, Partial<RedisValues>, string, string]>([
    ['another scheme', { redisUrl: 'http://h' }, 'REDIS_URL', 'must begin with redis://'],
    ['no scheme', { redisUrl: 'localhost:6379' }, 'REDIS_URL', 'must begin with redis://'],
    ['a raw # in the password', { redisUrl: 'redis://:a#b@h' }, 'REDIS_URL', 'cannot be read as a URL'],
    ['no host', { redisUrl: 'redis://' }, 'REDIS_URL', 'not valid'],
    ['a path', { redisUrl: 'redis://h/abc' }, 'REDIS_URL', 'database number'],
    ['a stray %', { redisUrl: 'redis://:50%zz@h' }, 'REDIS_URL', 'encodes nothing'],
    ['nodes without the flag', { redisUrl: 'redis://a,redis://b' }, 'REDIS_URL', 'lists several nodes'],
    ['the flag without nodes', { redisCluster: true }, 'REDIS_URL', 'REDIS_URL is missing'],
    ['Sentinels without a name', { redisSentinels: sentinels }, 'REDIS_SENTINEL_NAME', 'REDIS_SENTINEL_NAME is missing'],
    ['a name without Sentinels', { redisSentinelName: 'm' }, 'REDIS_SENTINELS', 'REDIS_SENTINELS is missing'],
    [
      'both at once',
      { redisSentinels: sentinels, redisSentinelName: 'm', redisCluster: true, redisUrl: 'redis://h' },
      'REDIS_CLUSTER',
      'both set',
    ],
  ])('refuses %s', (_, values, variable, message) => {
    const result = read(values);
    expect(result.target).toBeUndefined();
    expect(result.problems).toEqual([expect.objectContaining({ variable, message: expect.stringContaining(message) })]);
  });
});

describe('describeRedis', () => {
  it.each([
    [{ redisUrl: 'rediss://user1:pw123@h:1/2' }, 'h:1, database 2, TLS, with a password'],
    [{ redisUrl: 'redis://h' }, 'h:6379, database 0, no password'],
    [{ redisUrl: 'redis://:pw123@a,redis://b', redisCluster: true }, 'cluster at a:6379, b:6379, with a password'],
    [{ redisSentinels: sentinels, redisSentinelName: 'm' }, 'master m by Sentinel at s1:26379, database 0, no password'],
  ])('says %j without login', (values, words) => {
    const { target } = read(values);
    expect(target && describeRedis(target)).toBe(words);
  });
});

describe('redisSecrets', () => {
  it('finds every password, written and decoded', () =>
    expect(redisSecrets('redis://u:p%40q@a, rediss://:x@b')).toEqual(['p%40q', 'p@q', 'x', 'x']));
  it('finds none where there is none', () => expect(redisSecrets('redis://h:6379')).toEqual([]));
});
