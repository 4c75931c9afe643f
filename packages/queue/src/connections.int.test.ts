import { createServer } from 'node:net';
import { once } from 'node:events';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { setStage, soon } from './fixtures/stage.ts';
import { producerConnection, RedisUnreachable, waitUntilReady, workerConnection } from './index.ts';

const stage = setStage();
const nobody = { kind: 'single', url: 'redis://user:s3cret@127.0.0.1:1' } as const;

describe('a connection', () => {
  it('that cannot be made says so in time, with the fix and without the password', async () => {
    const errors: unknown[] = [];
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    const redis = producerConnection({ target: nobody, onError: (error) => errors.push(error) });
    const failing = waitUntilReady(redis, 300).catch((error: unknown) => error);
    // The time is not up before the system has refused it.
    await new Promise((resolve) => redis.once('error', resolve));
    vi.advanceTimersByTime(300);
    const failure = await failing;
    redis.disconnect();
    expect(failure).toBeInstanceOf(RedisUnreachable);
    expect(String(failure)).toMatch(/did not answer within 300 ms: connect ECONNREFUSED.*Check that it runs and that REDIS_URL is right/);
    expect(JSON.stringify([String(failure), errors.map(String)])).not.toContain('s3cret');
    expect(errors.length).toBeGreaterThan(0);
  });

  it('to something that never answers gives up as well', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : 0;
    const redis = workerConnection({ target: { kind: 'single', url: `redis://127.0.0.1:${port}` } });
    await expect(waitUntilReady(redis, 200)).rejects.toThrow(RedisUnreachable);
    redis.disconnect();
    server.close();
  });

  it.each(['localhost:6379', 'http://localhost', '', 's3cret@host'])('refuses the address %j without repeating it', (url) => {
    expect(() => producerConnection({ target: { kind: 'single', url } })).toThrow(/Correct REDIS_URL/);
    expect(() => producerConnection({ target: { kind: 'single', url } })).not.toThrow(/s3cret/);
  });

  it('has its name, its database and its password', async () => {
    const redis = workerConnection({
      target: { kind: 'single', url: `redis://default:p%40ss@localhost:${stage.server().port}/3` },
      name: 'bridge-test',
    });
    expect(redis.options).toMatchObject({ password: 'p@ss', db: 3, connectionName: 'bridge-test', maxRetriesPerRequest: null });
    redis.disconnect();
    const secure = producerConnection({ target: { kind: 'single', url: 'rediss://[::1]:7000' } });
    expect(secure.options).toMatchObject({ host: '::1', port: 7000, tls: {}, enableOfflineQueue: false });
    secure.disconnect();
  });

  it('comes back by itself, and only a worker waits for it', async () => {
    const target = { kind: 'single', url: stage.server().url } as const;
    const [producer, worker] = [producerConnection({ target }), workerConnection({ target })];
    await Promise.all([waitUntilReady(producer), waitUntilReady(worker)]);
    await stage.server().kill9();
    await vi.waitFor(() => expect(producer.status).not.toBe('ready'), soon);
    const waiting = worker.set('k', 'v');
    await expect(producer.get('k')).rejects.toThrow();
    await stage.server().restart();
    expect(await waiting).toBe('OK');
    await vi.waitFor(async () => expect(await producer.get('k')).toBe('v'), soon);
    producer.disconnect();
    worker.disconnect();
  });

  it('to a cluster knows its nodes, and to a Sentinel the name to ask for', () => {
    const login = { username: 'u', password: 'p', tls: false };
    const cluster = producerConnection({ target: { kind: 'cluster', nodes: [{ host: '127.0.0.1', port: 1 }], ...login } });
    expect(cluster).toMatchObject({ isCluster: true });
    cluster.disconnect();
    const sentinel = workerConnection({
      target: { kind: 'sentinel', sentinels: [{ host: '127.0.0.1', port: 2 }], name: 'mymaster', db: 1, ...login },
    });
    expect(sentinel.options).toMatchObject({ name: 'mymaster', db: 1, sentinels: [{ host: '127.0.0.1', port: 2 }], password: 'p' });
    sentinel.disconnect();
  });
});
