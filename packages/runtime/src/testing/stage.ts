import { randomUUID } from 'node:crypto';
import { type Bridge, conversationId, defaultBridgeOptions, platformId } from '@bridge/core';
import { createLogger, createMetrics } from '@bridge/observability';
import { type RedisServer, startRedis } from '@bridge/testing/redis';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll } from 'vitest';
import { type ActivePlatform, type ContextOptions, type OpenContext, type RoleContext, openContext } from '../index.ts';

/** How long `vi.waitFor` waits for what should come soon; generous, as machines are busy. */
export const soon = { timeout: 45_000, interval: 10 };

/** A context on real Redis with what a test looks at. */
export interface TestContext extends OpenContext {
  readonly context: RoleContext;
  readonly prefix: string;
  /** Every line that was logged, parsed. */
  readonly lines: readonly Readonly<Record<string, unknown>>[];
  /** A connection for looking, and for breaking things. */
  readonly redis: Redis;
  /** The text of /metrics. */
  metrics(): Promise<string>;
}

export interface TestContextOptions extends Partial<Omit<ContextOptions, 'redis' | 'configured' | 'log' | 'metrics'>> {
  readonly platforms?: readonly ActivePlatform[];
  /** Where the context finds Redis, if not at its own address. */
  readonly through?: string;
}

/** A Redis for a test file, and contexts that are gone after each test. */
export interface Stage {
  readonly server: () => RedisServer;
  open(options?: TestContextOptions): Promise<TestContext>;
  /** Something to stop after this test, before its contexts are closed. */
  afterwards(stop: () => Promise<void>): void;
}

/** A bridge between rooms given as `platform:conversation`. */
export const bridgeOf = (name: string, ...rooms: readonly string[]): Bridge => ({
  name,
  enabled: true,
  options: defaultBridgeOptions,
  members: rooms.map((room) => {
    const at = room.indexOf(':');
    return { platform: platformId(room.slice(0, at)), conversation: conversationId(room.slice(at + 1)), direction: 'both' };
  }),
});

/** Sets a stage up for the tests of one file. */
export function setStage(): Stage {
  let server: RedisServer | undefined;
  const stops: (() => Promise<void>)[] = [];
  const closes: (() => Promise<void>)[] = [];
  const running = () => {
    if (server === undefined) throw new Error('the stage is set up before each file, not while it is read');
    return server;
  };
  beforeAll(async () => {
    server = await startRedis();
  });
  afterAll(async () => server?.stop());
  afterEach(async () => {
    await Promise.all(stops.splice(0).map((stop) => stop()));
    await Promise.all(closes.splice(0).map((close) => close()));
  });
  return {
    server: running,
    async open(options) {
      const opened = await openOn(running().url, options);
      closes.push(async () => {
        opened.redis.disconnect();
        await opened.close().catch(() => undefined);
      });
      return opened;
    },
    afterwards: (stop) => void stops.push(stop),
  };
}

async function openOn(url: string, { platforms = [], through = url, ...options }: TestContextOptions = {}): Promise<TestContext> {
  const prefix = options.prefix ?? `test-${randomUUID().slice(0, 8)}`;
  const lines: Record<string, unknown>[] = [];
  const { log } = await createLogger({ level: 'trace', secrets: [], write: (line) => void lines.push(JSON.parse(line)) });
  const metrics = createMetrics();
  const open = await openContext({
    known: platforms.map(({ platform }) => platform),
    bridges: [],
    roles: [],
    version: '0.0.0-test',
    http: { host: '127.0.0.1', port: 0, corsOrigins: [] },
    notReady: () => [],
    ...options,
    prefix,
    redis: { kind: 'single', url: through },
    configured: new Map(platforms.map((one) => [one.platform.id, one])),
    log,
    metrics,
  });
  const redis = new Redis(url, { maxRetriesPerRequest: null });
  redis.on('error', () => undefined);
  return { ...open, prefix, lines, redis, metrics: () => metrics.registry.metrics() };
}
