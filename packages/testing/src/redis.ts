import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';

/** How durable the server is. */
export interface RedisServerOptions {
  /** `always` is what the bridge runs with; `everysec` may lose acknowledged writes on a kill. */
  readonly appendfsync?: 'always' | 'everysec';
}

/** A Redis of the test's own, which it may kill, freeze and bring back with what it had written. */
export interface RedisServer {
  readonly url: string;
  readonly port: number;
  /** SIGKILL; connections break and nothing listens until `restart`. */
  kill9(): Promise<void>;
  /** Starts again on the same port with the same data; kills first when it still runs. */
  restart(): Promise<void>;
  /** Freezes the process: connections stay, nothing answers. */
  pause(): Promise<void>;
  resume(): Promise<void>;
  /** Ends it for good and removes its data. */
  stop(): Promise<void>;
}

/** How one way of running Redis does the five things. */
interface Engine {
  start(): Promise<void>;
  kill9(): Promise<void>;
  signal(freeze: boolean): Promise<void>;
  remove(): Promise<void>;
}

const startMs = 60_000;

/**
 * Starts a real Redis or Valkey on a free loopback port with an append-only file: a container of the image that
 * TEST_REDIS_IMAGE names, else the server on the PATH, else a container of Redis 8.
 * @throws when neither is to be had; the message says what to install.
 */
export async function startRedis(options: RedisServerOptions = {}): Promise<RedisServer> {
  const port = await freePort();
  const flags = [
    '--appendonly',
    'yes',
    '--appendfsync',
    options.appendfsync ?? 'everysec',
    '--save',
    '',
    '--maxmemory-policy',
    'noeviction',
  ];
  const image = process.env['TEST_REDIS_IMAGE'] ?? '';
  const binary = image === '' ? binaryOnPath() : undefined;
  const engine =
    binary === undefined
      ? await containerEngine({ image: image || 'redis:8-alpine', port, flags })
      : await processEngine({ binary, port, flags });
  await engine.start();
  await answers(port);
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    kill9: () => engine.kill9(),
    async restart() {
      await engine.kill9();
      await engine.start();
      await answers(port);
    },
    pause: () => engine.signal(true),
    resume: () => engine.signal(false),
    stop: () => engine.remove(),
  };
}

/** A Redis for tests that only need a prefix of their own: REDIS_URL when it is set, else one started for this file. */
export async function sharedRedisUrl(): Promise<{ readonly url: string; stop(): Promise<void> }> {
  const url = process.env['REDIS_URL'];
  if (url !== undefined && url !== '') return { url, stop: () => Promise.resolve() };
  const server = await startRedis();
  return { url: server.url, stop: () => server.stop() };
}

function binaryOnPath(): string | undefined {
  return ['redis-server', 'valkey-server'].find((name) => spawnSync(name, ['--version'], { stdio: 'ignore' }).status === 0);
}

async function processEngine(what: { readonly binary: string; readonly port: number; readonly flags: readonly string[] }): Promise<Engine> {
  const folder = await mkdtemp(join(tmpdir(), 'bridge-redis-'));
  let child: ChildProcess | undefined;
  const reap = () => void child?.kill('SIGKILL');
  process.once('exit', reap);
  const kill9 = async () => {
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  };
  return {
    kill9,
    start: () => {
      child = spawn(what.binary, ['--port', String(what.port), '--bind', '127.0.0.1', '--dir', folder, ...what.flags], { stdio: 'ignore' });
      return Promise.resolve();
    },
    signal: (freeze) => Promise.resolve(void child?.kill(freeze ? 'SIGSTOP' : 'SIGCONT')),
    async remove() {
      process.off('exit', reap);
      await kill9();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

const noRedis =
  'These tests need a real Redis, and there is neither redis-server nor valkey-server on the PATH nor a Docker that answers. ' +
  'Install one: `apt-get install redis-server`, `brew install redis` or `dnf install valkey`; or start Docker; or set REDIS_URL.';

async function containerEngine(what: {
  readonly image: string;
  readonly port: number;
  readonly flags: readonly string[];
}): Promise<Engine> {
  const { image, port, flags } = what;
  const { GenericContainer, getContainerRuntimeClient } = await import('testcontainers');
  const client = await getContainerRuntimeClient().catch((cause: unknown) => {
    throw new Error(noRedis, { cause });
  });
  const started = await new GenericContainer(image)
    .withExposedPorts({ container: 6379, host: port })
    .withCommand([image.includes('valkey') ? 'valkey-server' : 'redis-server', '--dir', '/data', ...flags])
    .start();
  const container = client.container.getById(started.getId());
  const running = async () => (await container.inspect()).State.Running;
  return {
    start: async () => {
      if (!(await running())) await container.start();
    },
    kill9: async () => {
      if (await running()) await container.kill({ signal: 'SIGKILL' });
    },
    signal: async (freeze) => {
      await (freeze ? container.pause() : container.unpause());
    },
    remove: async () => void (await started.stop()),
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('the system gave no port');
  return address.port;
}

async function answers(port: number): Promise<void> {
  const redis = new Redis({ host: '127.0.0.1', port, lazyConnect: true, retryStrategy: () => 20, maxRetriesPerRequest: null });
  redis.on('error', () => undefined);
  const late = new Promise<never>((_resolve, reject) => {
    setTimeout(() => reject(new Error(`the Redis started on port ${port} did not answer within ${startMs} ms`)), startMs).unref();
  });
  try {
    await Promise.race([redis.ping(), late]);
  } finally {
    redis.disconnect();
  }
}
