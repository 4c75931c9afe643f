import type { Bridge, Log, Platform, PlatformId, RedisTarget } from '@bridge/core';
import { createMediaLinks, createPngMaker } from '@bridge/http';
import type { Metrics } from '@bridge/observability';
import { createBridgesView } from './bridges-view.ts';
import { type QueueTiming, connect } from './connections.ts';
import { createMedia } from './media.ts';
import { createReporter } from './reporter.ts';
import type { ActivePlatform, ConsoleSettings, HttpSettings, RoleContext } from './role.ts';

export interface ContextOptions {
  readonly redis: RedisTarget;
  /** REDIS_PREFIX. */
  readonly prefix: string;
  readonly configured: ReadonlyMap<PlatformId, ActivePlatform>;
  /** The configured platforms that this process serves; all of them where absent. */
  readonly only?: readonly PlatformId[];
  /** Every platform there is, configured or not. */
  readonly known: readonly Platform[];
  readonly bridges: readonly Bridge[];
  /** What heartbeats say that this process does. */
  readonly roles: readonly string[];
  readonly version: string;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly http: HttpSettings;
  /** Off where absent. */
  readonly console?: ConsoleSettings;
  readonly publicUrl?: URL;
  /** How long links to files work; a year by default. */
  readonly mediaLinkDays?: number;
  /** `keep` by default. */
  readonly outgoingLimits?: 'keep' | 'off';
  /** Why this process cannot do its work, apart from Redis; empty when it can. */
  readonly notReady: () => readonly string[];
  /** Gives up waiting for Redis. */
  readonly signal?: AbortSignal;
  readonly waitMs?: number;
  /** Time between two heartbeats; the store's own default where absent. */
  readonly beatEveryMs?: number;
  readonly queueTiming?: QueueTiming;
}

/** A context with what only its owner may do to it. */
export interface OpenContext {
  readonly context: RoleContext;
  replaceBridges(bridges: readonly Bridge[]): void;
  /** After every role has stopped. */
  close(): Promise<void>;
}

const consoleOff: ConsoleSettings = { port: 0, production: true, showMessages: false, dashboardWrites: false, configuration: [] };

/**
 * Connects to Redis and puts together what roles work with.
 * @throws {RedisUnreachable} when Redis does not answer in time, with what to look at.
 */
export async function openContext(options: ContextOptions): Promise<OpenContext> {
  const {
    configured,
    only,
    known,
    version,
    log,
    metrics,
    http,
    publicUrl,
    mediaLinkDays = 365,
    outgoingLimits = 'keep',
    notReady,
  } = options;
  const reporter = createReporter(() => connections.beatNow());
  const connections = await connect({ ...options, platforms: [...configured.keys()], sources: () => reporter.sources() });
  const view = createBridgesView(options.bridges);
  const context: RoleContext = {
    ...connections.stores,
    outgoingLimits,
    media: createMedia({
      instanceOf: (platform) => configured.get(platform)?.instance,
      links: createMediaLinks({ key: connections.mediaKey, ttlSeconds: mediaLinkDays * 86_400 }),
      publicUrl,
      png: createPngMaker(),
      metrics,
      log,
    }),
    log,
    metrics,
    queues: connections.queues,
    configured,
    platforms: new Map([...configured].filter(([id]) => only === undefined || only.includes(id))),
    known,
    bridges: view,
    http,
    console: options.console ?? consoleOff,
    ...(publicUrl === undefined ? {} : { publicUrl }),
    version,
    report: (platform, status) => reporter.report(platform, status),
    readiness: async () => {
      const reasons = [...notReady(), ...((await connections.answers()) ? [] : ['Redis does not answer'])];
      return { ready: reasons.length === 0, reasons };
    },
  };
  return { context, replaceBridges: view.replace, close: () => connections.close() };
}
