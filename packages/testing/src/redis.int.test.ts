import { spawnSync } from 'node:child_process';
import { Redis } from 'ioredis';
import { afterEach, describe, expect, it } from 'vitest';
import { type RedisServer, sharedRedisUrl, startRedis } from './redis.ts';

let server: RedisServer | undefined;
let clients: Redis[] = [];

function client(url: string): Redis {
  const redis = new Redis(url, { maxRetriesPerRequest: 0, retryStrategy: () => 20 });
  redis.on('error', () => undefined);
  clients.push(redis);
  return redis;
}

afterEach(async () => {
  for (const redis of clients) redis.disconnect();
  clients = [];
  await server?.stop();
  server = undefined;
});

describe('startRedis', () => {
  it('starts a durable server of its own, as asked', async () => {
    server = await startRedis({ appendfsync: 'always' });
    const other = await startRedis();
    const redis = client(server.url);
    expect(other.port).not.toBe(server.port);
    expect(await redis.config('GET', 'append*')).toEqual(expect.arrayContaining(['appendonly', 'yes', 'appendfsync', 'always']));
    expect(await redis.config('GET', 'maxmemory-policy')).toContain('noeviction');
    await other.stop();
  });

  it('keeps what was acknowledged over a kill', async () => {
    server = await startRedis({ appendfsync: 'always' });
    await client(server.url).set('k', 'v');
    await server.kill9();
    await expect(client(server.url).get('k')).rejects.toThrow();
    await server.restart();
    expect(await client(server.url).get('k')).toBe('v');
  });

  it('freezes and thaws', async () => {
    server = await startRedis();
    const redis = client(server.url);
    await redis.ping();
    await server.pause();
    let answered = false;
    const pong = redis.ping().then(() => (answered = true));
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(answered).toBe(false);
    await server.resume();
    await pong;
  });

  // In a process of its own, since the engine that was once found is remembered.
  it('says what to install where there is no Redis and no Docker', () => {
    const program = `
      const { startRedis } = await import(${JSON.stringify(new URL('./redis.ts', import.meta.url).href)});
      await startRedis().catch((error) => console.log(error.message));
      process.exit();`;
    const env = { HOME: '/nowhere', PATH: '/nowhere', DOCKER_HOST: 'tcp://127.0.0.1:1' };
    const options = ['--conditions=source', '--input-type=module', '-e', program];
    const said = spawnSync(process.execPath, options, { env, encoding: 'utf8' });
    expect(said.stdout, said.stderr).toMatch(/apt-get install redis-server/);
  }, 60_000);
});

describe('sharedRedisUrl', () => {
  it('prefers the Redis that is there', async () => {
    const before = process.env['REDIS_URL'];
    process.env['REDIS_URL'] = 'redis://elsewhere:1';
    expect((await sharedRedisUrl()).url).toBe('redis://elsewhere:1');
    delete process.env['REDIS_URL'];
    const own = await sharedRedisUrl();
    expect(await client(own.url).ping()).toBe('PONG');
    await own.stop();
    if (before !== undefined) process.env['REDIS_URL'] = before;
  });
});
