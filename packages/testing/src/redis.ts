import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { ownPort } from './port.ts';
import { bestOf } from './stopwatch.ts';

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
  /** Resolves when it answers. @throws PortLost */
  start(): Promise<void>;
  kill9(): Promise<void>;
  signal(freeze: boolean): Promise<void>;
  remove(): Promise<void>;
}

/** Another program has the port: what was started ended at once, or somebody else answers. */
class PortLost extends Error {}

const startMs = 60_000;
const mostPorts = 10;

/**
 * Starts a real Redis or Valkey on a free loopback port with an append-only file: a container of the image that
 * TEST_REDIS_IMAGE names, else the server on the PATH, else a container of Redis 8.
 * @throws when neither is to be had; the message says what to install.
 */
export async function startRedis(options: RedisServerOptions = {}): Promise<RedisServer> {
  return bestOf(
    mostPorts,
    () => startOnOwnPort(options),
    (error) => error instanceof PortLost,
  );
}

async function startOnOwnPort(options: RedisServerOptions): Promise<RedisServer> {
  const { port, release } = await ownPort();
  const image = process.env['TEST_REDIS_IMAGE'] ?? '';
  const binary = image === '' ? binaryOnPath() : undefined;
  const flags = flagsOf(options);
  let engine: Engine | undefined;
  const stop = async () => {
    await engine?.remove();
    release();
  };
  try {
    engine =
      binary === undefined
        ? await containerEngine({ image: image || 'redis:8-alpine', port, flags })
        : await processEngine({ binary, port, flags });
    await engine.start();
    return serverOn(port, engine, stop);
  } catch (error) {
    await stop();
    throw error;
  }
}

const serverOn = (port: number, engine: Engine, stop: () => Promise<void>): RedisServer => ({
  url: `redis://127.0.0.1:${port}`,
  port,
  kill9: () => engine.kill9(),
  async restart() {
    await engine.kill9();
    await engine.start();
  },
  pause: () => engine.signal(true),
  resume: () => engine.signal(false),
  stop,
});

const flagsOf = ({ appendfsync = 'everysec' }: RedisServerOptions): readonly string[] => [
  '--appendonly',
  'yes',
  '--appendfsync',
  appendfsync,
  '--save',
  '',
  '--maxmemory-policy',
  'noeviction',
];

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
    async start() {
      const args = ['--port', String(what.port), '--bind', '127.0.0.1', '--dir', folder, ...what.flags];
      const started = spawn(what.binary, args, { stdio: 'ignore' });
      child = started;
      const over = new AbortController();
      const ended = once(started, 'exit', { signal: over.signal }).then(([code, signal]) => {
        throw new PortLost(`the Redis started on port ${what.port} ended at once (${String(code ?? signal)})`);
      });
      try {
        await Promise.race([answers(what.port, { pid: started.pid, signal: over.signal }), ended]);
      } finally {
        over.abort();
      }
    },
    signal: (freeze) => Promise.resolve(void child?.kill(freeze ? 'SIGSTOP' : 'SIGCONT')),
    async remove() {
      process.off('exit', reap);
      await kill9();
      // A rewrite of the append-only file, a process of its own, may still be writing.
      await rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
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
      await answers(port);
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

interface Expected {
  /** Who should answer, where that is known. */
  readonly pid?: number | undefined;
  /** Nobody waits any more. */
  readonly signal?: AbortSignal;
}

/** Resolves when the Redis on this port answers. @throws PortLost when what answers is none, or another process than expected. */
async function answers(port: number, { pid, signal }: Expected = {}): Promise<void> {
  const redis = new Redis({ host: '127.0.0.1', port, lazyConnect: true, retryStrategy: () => 20, maxRetriesPerRequest: null });
  redis.on('error', () => undefined);
  signal?.addEventListener('abort', () => redis.disconnect(), { once: true });
  const late = new Promise<never>((_resolve, reject) => {
    setTimeout(() => reject(new Error(`the Redis started on port ${port} did not answer within ${startMs} ms`)), startMs).unref();
  });
  const asked = redis.info('server').catch((cause: unknown) => {
    throw new PortLost(`something else than a Redis answers on port ${port}`, { cause });
  });
  try {
    const info = await Promise.race([asked, late]);
    const answering = Number(/^process_id:(\d+)/m.exec(info)?.[1]);
    if (pid !== undefined && answering !== pid) throw new PortLost(`process ${answering} answers on port ${port} instead of ${pid}`);
  } finally {
    redis.disconnect();
  }
}
