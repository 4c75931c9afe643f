import { Writable } from 'node:stream';
import type { RedisLogin, RedisNode, RedisTarget } from '@bridge/core';
import { Cluster, Redis, type RedisOptions } from 'ioredis';

/** How to connect; what a connection is for decides how patient it is. */
export interface ConnectionOptions {
  readonly target: RedisTarget;
  /** Shown by `CLIENT LIST`. */
  readonly name?: string;
  /** Connection errors; ioredis reconnects by itself, so they are news and not failures. */
  readonly onError?: (error: unknown) => void;
}

/** A connection did not come up in time. The text says what to look at and holds no password. */
export class RedisUnreachable extends Error {
  override readonly name = 'RedisUnreachable';
}

/** Without the one option by whose presence ioredis picks its reply types. */
type Settings = Omit<RedisOptions, 'replyMapping'>;

const commandTimeoutMs = 1_500;

/** For accept and short reads: a command fails within two seconds instead of waiting for Redis to come back. */
export function producerConnection(options: ConnectionOptions): Redis {
  return connect(options, { maxRetriesPerRequest: 1, enableOfflineQueue: false, commandTimeout: commandTimeoutMs });
}

/** For workers: a command waits until Redis is back, so that what was sent to a platform can still be settled. */
export function workerConnection(options: ConnectionOptions): Redis {
  return connect(options, { maxRetriesPerRequest: null });
}

/**
 * Resolves once commands can be sent.
 * @throws {RedisUnreachable} after `timeoutMs`.
 */
export async function waitUntilReady(redis: Redis, timeoutMs = 10_000): Promise<void> {
  if (redis.status === 'ready') return;
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let last = '';
  const onError = (error: Error) => void (last = `: ${error.message}`);
  const timer = setTimeout(
    () =>
      reject(new RedisUnreachable(`Redis did not answer within ${timeoutMs} ms${last}. Check that it runs and that REDIS_URL is right.`)),
    timeoutMs,
  );
  redis.on('error', onError).once('ready', resolve);
  try {
    await promise;
  } finally {
    clearTimeout(timer);
    redis.off('error', onError).off('ready', resolve);
  }
}

function connect(options: ConnectionOptions, patience: Settings): Redis {
  const common: Settings = {
    ...patience,
    connectTimeout: 5_000,
    retryStrategy: (times) => Math.min(50 * 2 ** Math.min(times, 5), 1_000),
    ...(options.name === undefined ? {} : { connectionName: options.name }),
  };
  const redis = open(options.target, common);
  redis.on('error', (error: unknown) => options.onError?.(error));
  redis.on('connect', () => writeTogether(Reflect.get(redis, 'stream')));
  return redis;
}

/**
 * What a process asks Redis in one turn of its event loop leaves in one write. ioredis writes each command by itself, and a busy
 * process asks several things at a time: each write is a system call on both sides, and mostly an fsync. One that comes alone
 * leaves as soon as before.
 */
function writeTogether(stream: unknown): void {
  if (!(stream instanceof Writable)) return;
  let corked = false;
  const release = (): void => {
    corked = false;
    stream.uncork();
  };
  const write: unknown = stream.write;
  if (typeof write !== 'function') return;
  Reflect.set(stream, 'write', (...args: readonly unknown[]): unknown => {
    if (!corked) {
      corked = true;
      stream.cork();
      setImmediate(release);
    }
    const more: unknown = Reflect.apply(write, stream, args);
    return more;
  });
}

function open(target: RedisTarget, common: Settings): Redis {
  switch (target.kind) {
    case 'single':
      return new Redis({ ...common, ...addressOf(target.url) });
    case 'sentinel':
      return new Redis({
        ...common,
        ...loginOf(target),
        name: target.name,
        db: target.db,
        sentinels: target.sentinels.map(({ host, port }) => ({ host, port })),
        ...(target.sentinelPassword === undefined ? {} : { sentinelPassword: target.sentinelPassword }),
      });
    case 'cluster':
      return openCluster(target.nodes, { ...common, ...loginOf(target) });
    default: {
      const never: never = target;
      return never;
    }
  }
}

function openCluster(nodes: readonly RedisNode[], redisOptions: Settings): Redis {
  const options = { enableOfflineQueue: redisOptions.enableOfflineQueue ?? true, redisOptions };
  const cluster: unknown = new Cluster(
    nodes.map(({ host, port }) => ({ host, port })),
    options,
  );
  // Both speak the same commands; ioredis gives them no common type, and BullMQ tells them apart by itself.
  return cluster as Redis;
}

function loginOf({ username, password, tls }: RedisLogin): Settings {
  return { ...(username ? { username } : {}), ...(password ? { password } : {}), ...(tls ? { tls: {} } : {}) };
}

function addressOf(text: string): Settings {
  const url = parse(text);
  const db = Number(url.pathname.slice(1) || 0);
  return {
    ...loginOf({ username: decodeURIComponent(url.username), password: decodeURIComponent(url.password), tls: url.protocol === 'rediss:' }),
    host: url.hostname.replaceAll(/[[\]]/g, ''),
    port: Number(url.port || 6_379),
    ...(db === 0 ? {} : { db }),
  };
}

function parse(text: string): URL {
  const url = URL.parse(text);
  if (url === null || !['redis:', 'rediss:'].includes(url.protocol)) {
    // The text itself stays out of the message: it may hold a password.
    throw new RedisUnreachable(
      'The Redis address is not a URL like redis://host:6379 or rediss://user:password@host:6379. Correct REDIS_URL.',
    );
  }
  return url;
}
