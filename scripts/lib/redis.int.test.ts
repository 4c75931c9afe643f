import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { findRedis } from './redis.mjs';
import { RedisHome } from './redis-state.mjs';
import { redisCommand } from './resp.mjs';
import { Shell, which } from './shell.mjs';

const dir = mkdtempSync(join(tmpdir(), 'redis of a test '));
afterAll(() => rmSync(dir, { recursive: true }));
const context = (env: Record<string, string>) => ({ shell: new Shell(), say: () => undefined, env, dir });

/** Enough of a server to answer one PING, so that no port is ever guessed. */
async function answering(reply: string): Promise<{ url: string; heard: string[]; close: () => void }> {
  const heard: string[] = [];
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      heard.push(chunk.toString());
      socket.write(reply);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return { url: `redis://me:p%40ss@127.0.0.1:${port}`, heard, close: () => server.close() };
}

describe('REDIS_URL', () => {
  test('is taken as it is when it answers, and signed in to', async () => {
    const server = await answering('+OK\r\n+PONG\r\n');
    const found = await findRedis(context({ REDIS_URL: server.url }));
    expect(found).toMatchObject({ url: server.url, how: 'REDIS_URL' });
    expect(server.heard.join('')).toContain('AUTH\r\n$2\r\nme\r\n$4\r\np@ss');
    server.close();
  });

  test.for([
    ['-WRONGPASS invalid username-password pair\r\n+PONG\r\n', 'WRONGPASS'],
    ['HTTP/1.1 400 Bad Request\r\n\r\n', 'not Redis'],
  ] as const)('that answers %j is an error without the password', async ([reply, why]) => {
    const server = await answering(reply);
    const failure = findRedis(context({ REDIS_URL: server.url }));
    await expect(failure).rejects.toThrow(why);
    await expect(failure).rejects.not.toThrow('p%40ss');
    server.close();
  });

  test('that nothing listens on is an error that says the fix', async () => {
    const server = await answering('');
    server.close();
    await expect(findRedis(context({ REDIS_URL: server.url }))).rejects.toMatchObject({
      message: expect.stringContaining('ECONNREFUSED'),
      fix: expect.stringContaining('unset REDIS_URL'),
    });
  });

  test('a Sentinel is left to the bridge', async () => {
    expect(await findRedis(context({ REDIS_SENTINELS: 'a:1' }))).toMatchObject({ url: undefined, how: 'REDIS_SENTINELS' });
  });
});

test('no Redis at all is one error with the commands to type', async () => {
  await expect(findRedis(context({ PATH: '/nowhere' }))).rejects.toMatchObject({
    message: expect.stringMatching(/no redis-server or valkey-server.*Docker is not there.*no apt-get/),
    fix: expect.stringMatching(/apt-get install -y redis-server[\s\S]*REDIS_URL/),
  });
});

test('a server of the PATH keeps every write, over a stop and a start', async () => {
  expect(which(['redis-server', 'valkey-server'])).toBeDefined();
  const env = { PATH: process.env['PATH'] ?? '' };
  const first = await findRedis(context(env));
  const url = first.url ?? '';
  expect(await redisCommand(url, ['CONFIG', 'GET', 'appendfsync'])).toEqual(['appendfsync', 'always']);
  expect(await redisCommand(url, ['CONFIG', 'GET', 'maxmemory-policy'])).toEqual(['maxmemory-policy', 'noeviction']);
  const same = await findRedis(context(env));
  expect(same.url).toBe(url);
  await redisCommand(url, ['SET', 'bootstrap-test', 'kept']);
  await first.stop();
  await expect(redisCommand(url, ['PING'])).rejects.toThrow();
  const second = await findRedis(context(env));
  expect(await redisCommand(second.url ?? '', ['GETDEL', 'bootstrap-test'])).toBe('kept');
  await second.stop();
});

describe('a server that an earlier start left running', () => {
  const env = { PATH: process.env['PATH'] ?? '' };

  test('is taken over, and stopped at the end', async () => {
    const home = new RedisHome(dir);
    const left = await findRedis(context(env));
    const state = home.read();
    expect(state).toBeDefined();
    if (state !== undefined) home.write({ ...state, owner: 999_999_999 });
    const found = await findRedis(context(env));
    expect(found).toMatchObject({ url: left.url, how: expect.stringContaining('left by an earlier start') });
    await found.stop();
    await expect(redisCommand(left.url ?? '', ['PING'])).rejects.toThrow();
  });

  test('is shared with the start that still runs, and left to it', async () => {
    const home = new RedisHome(dir);
    const theirs = await findRedis(context(env));
    const state = home.read();
    if (state !== undefined) home.write({ ...state, owner: process.ppid });
    const found = await findRedis(context(env));
    expect(found.how).toContain(`shared with process ${process.ppid}`);
    await found.stop();
    expect(await redisCommand(theirs.url ?? '', ['PING'])).toBe('PONG');
    await theirs.stop();
  });

  test('counts for nothing when its number now belongs to something else', async () => {
    const home = new RedisHome(dir);
    home.write({ port: home.read()?.port ?? 0, owner: 0, pid: process.pid });
    const found = await findRedis(context(env));
    expect(found.how).toMatch(/^(redis|valkey)-server on port/);
    await found.stop();
  });
});

test('a server that does not start shows its own words', async () => {
  const program = join(dir, 'redis-server');
  writeFileSync(program, '#!/bin/sh\necho "bad data"\nexit 1\n', { mode: 0o755 });
  await expect(findRedis(context({ PATH: `${dir}:/bin` }))).rejects.toMatchObject({
    message: expect.stringContaining('did not start'),
    output: 'bad data',
    fix: expect.stringContaining('redis.log'),
  });
});
