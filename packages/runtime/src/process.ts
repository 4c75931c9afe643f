import { setPriority } from 'node:os';
import type { Bridge, Platform, PlatformId } from '@bridge/core';
import { type Config, explainConfig, formatProblem, parseBridges, watchBridges } from '@bridge/config';
import { createOpenUrl } from '@bridge/http';
import {
  type BridgeLogger,
  type HealthServer,
  type Metrics,
  type Readiness,
  createLogger,
  createMetrics,
  startHealthServer,
  startTracing,
} from '@bridge/observability';
import { type Closers, createClosers } from './closers.ts';
import type { QueueTiming } from './connections.ts';
import { type ContextOptions, type OpenContext, openContext } from './context.ts';
import { type RoleName, loadRole, roleNames } from './discovery.ts';
import { examine } from './doctor.ts';
import { registerWebhooks } from './register.ts';
import type { ActivePlatform, ConsoleSettings, RoleContext, RunningRole } from './role.ts';
import { stopSignal } from './signals.ts';
import { tidyHeap } from './tidy-heap.ts';
import { unlessAborted } from './unless-aborted.ts';

export interface ProcessOptions {
  readonly config: Config;
  readonly bridges: readonly Bridge[];
  /** Every platform there is, configured or not. */
  readonly known: readonly Platform[];
  readonly roles: readonly RoleName[];
  /** Only these of the configured platforms; all of them where absent. */
  readonly only?: readonly PlatformId[];
  readonly version: string;
  /** How long to wait for Redis at the start, milliseconds; 30 s by default. */
  readonly waitMs?: number;
  readonly queueTiming?: QueueTiming;
}

/** What takes work in stops first, and may take this long, milliseconds; together all of it stays below 10 s, when orchestrators kill. */
const intake = { stage: 3, graceMs: 2_500 };
/** What does the work then has this long to finish or hand back what is under way; handing back takes up to another second. */
const work = { stage: 2, graceMs: 4_500, lateMs: 1_000 };
const foundation = { stage: 1, graceMs: 1_000 };
/** To send the last spans; what a collector does not take until then is lost, as traces may be. */
const lastSpansMs = 900;
/** Something may still hold the process open when all is stopped. */
const lingerMs = 500;

/**
 * `bridge start`: runs the roles in this process until it is told to stop, then stops them cleanly.
 * @returns the exit code; the process ends by itself soon after, whatever holds it.
 * @throws an Error whose message says how to fix, when it cannot start.
 */
export async function runProcess(options: ProcessOptions): Promise<number> {
  const logger = await createLogger(loggerOptions(options));
  const { log } = logger;
  const stopping = new AbortController();
  const asked = stopSignal();
  void asked.then(() => stopping.abort());
  const closers = createClosers(log);
  try {
    await start(options, { log, closers, signal: stopping.signal });
    log.info({ reason: await asked }, 'stopping');
    return 0;
  } catch (error) {
    if (!stopping.signal.aborted) throw error;
    log.info({ reason: await asked }, 'stopping before everything had started');
    return 0;
  } finally {
    stopping.abort();
    await closers.closeAll();
    log.info({}, 'stopped');
    await logger.flush();
    setTimeout(() => process.exit(), lingerMs).unref();
  }
}

interface Frame {
  readonly log: BridgeLogger['log'];
  readonly closers: Closers;
  /** Aborted when the process is to stop. */
  readonly signal: AbortSignal;
}

async function start(options: ProcessOptions, frame: Frame): Promise<void> {
  const { roles, version } = options;
  const { log, signal } = frame;
  stepBack(roles, log);
  await startTraces(options, frame);
  const metrics = createMetrics();
  const running: RunningRole[] = [];
  let readiness = async (): Promise<Readiness> => ({ ready: false, reasons: ['this process is starting'] });
  const health = await startHealth(options, { ...frame, metrics, readiness: () => readiness() });
  const open = await openContext({
    ...contextOptions(options, frame, metrics),
    notReady: () => [...(signal.aborted ? ['this process is stopping'] : []), ...running.flatMap((role) => role.notReady())],
  });
  const { context } = open;
  frame.closers.add(foundation.stage, { name: 'Redis', graceMs: foundation.graceMs, close: () => closeContext(open) });
  await startRoles(options, { ...frame, context, running });
  ({ readiness } = context);
  // What waits is the same whoever asks Redis: one role tells it.
  if (roles.includes('router')) metrics.observeQueues(() => context.queues.depths());
  const watching = watch(options, { ...frame, open });
  frame.closers.add(intake.stage, { name: 'bridges.yaml', graceMs: intake.graceMs, close: () => watching });
  if (roles.includes('ingress')) void registerWebhooks(context, signal);
  await tidyHeap();
  const platforms = [...context.platforms.keys()];
  log.info({ roles, platforms, bridges: context.bridges.list().length, metricsPort: health.port, version }, 'started');
}

/** As `nice`; some share of the processor is left to them in any case. */
const lowerPriority = 5;

/**
 * Platforms wait two seconds for an answer, and Redis is what everything waits for; what is on the queues is safe there. So where
 * the processor is short, routers and senders that run by themselves let ingress and Redis go first.
 */
function stepBack(roles: readonly RoleName[], log: BridgeLogger['log']): void {
  if (!roles.every((role) => role === 'router' || role === 'sender')) return;
  try {
    setPriority(lowerPriority);
  } catch (error) {
    log.debug({ err: error }, 'the priority of this process stays as it is');
  }
}

/** Before the roles, so that nothing they do is left out; stopped with what they stand on, when they are done. */
async function startTraces({ config, version, roles }: ProcessOptions, { log, closers }: Frame): Promise<void> {
  const tracing = await startTracing(config.openTelemetry, { version, roles, secrets: config.secrets, log });
  if (tracing.on) closers.add(foundation.stage, { name: 'traces', graceMs: foundation.graceMs, close: () => tracing.stop(lastSpansMs) });
}

async function closeContext({ context, close }: OpenContext): Promise<void> {
  await Promise.all([...context.configured.values()].map(({ instance }) => instance.sender.close()));
  await close();
}

function loggerOptions({ config, roles }: ProcessOptions): Parameters<typeof createLogger>[0] {
  const { common } = config;
  return {
    level: common.logLevel,
    secrets: config.secrets,
    base: { roles: roles.join(','), pid: process.pid },
    ...(common.enableFileLogging ? { directory: common.logDir } : {}),
  };
}

function contextOptions(options: ProcessOptions, { log, signal }: Frame, metrics: Metrics): Omit<ContextOptions, 'notReady'> {
  const { config, only, known, bridges, roles, version, waitMs, queueTiming } = options;
  const { redis, common } = config;
  const { host, port, corsOrigins, trustProxy, publicUrl, mediaLinkDays, outgoingLimits } = common;
  if (redis === undefined) throw new Error('REDIS_URL is missing; set it, or use `npm start`, which finds or starts a Redis.');
  return {
    redis,
    prefix: common.redisPrefix,
    configured: activePlatforms(config, log),
    ...(only === undefined ? {} : { only }),
    known,
    bridges,
    roles,
    version,
    log,
    metrics,
    console: consoleSettings(options),
    http: { host, port, corsOrigins, ...(trustProxy === undefined ? {} : { trustProxy }) },
    ...(publicUrl === undefined ? {} : { publicUrl }),
    mediaLinkDays,
    outgoingLimits,
    signal,
    ...(waitMs === undefined ? {} : { waitMs }),
    ...(queueTiming === undefined ? {} : { queueTiming }),
  };
}

function consoleSettings({ config, known }: ProcessOptions): ConsoleSettings {
  const { consolePort, consolePassword, jwtSecret, consoleShowMessages, consoleDashboardWrites, nodeEnv } = config.common;
  return {
    port: consolePort,
    ...(consolePassword === undefined ? {} : { password: consolePassword }),
    ...(jwtSecret === undefined ? {} : { sessionSecret: jwtSecret }),
    production: nodeEnv === 'production',
    showMessages: consoleShowMessages,
    dashboardWrites: consoleDashboardWrites,
    configuration: explainConfig(config, known),
    examine: (bridges, signal) => examine({ config, bridges, signal }),
  };
}

function activePlatforms(config: Config, log: BridgeLogger['log']): ReadonlyMap<PlatformId, ActivePlatform> {
  const { enableAuth: requireAuth, allowPrivateMediaHosts: allowPrivate } = config.common;
  const openUrl = createOpenUrl({ allowPrivate });
  return new Map(
    [...config.platforms].map(([id, { platform, settings }]) => {
      const instance = platform.create(settings, { log: log.child({ platform: id }), requireAuth, openUrl });
      return [id, { platform, instance }];
    }),
  );
}

interface StartingRoles extends Frame {
  readonly context: RoleContext;
  readonly running: RunningRole[];
}

/** In the order of `roleNames`: what takes work in starts last, so that nothing waits for what is not there yet. */
async function startRoles({ roles }: ProcessOptions, { context, running, closers, signal }: StartingRoles): Promise<void> {
  for (const name of roleNames.filter((one) => roles.includes(one))) {
    const role = await loadRole(name);
    signal.throwIfAborted();
    const starting = role.start(context);
    const takesIn = name === 'ingress' || name === 'gateway';
    // Told to stop while it starts, which may take as long as Redis is away, it is stopped as soon as it has.
    const stop = async () => (await starting.catch(() => undefined))?.stop(takesIn ? intake.graceMs : work.graceMs);
    if (takesIn) closers.add(intake.stage, { name, graceMs: intake.graceMs, close: stop });
    else closers.add(work.stage, { name, graceMs: work.graceMs + work.lateMs, close: stop });
    running.push(await unlessAborted(starting, signal));
  }
}

interface StartingHealth extends Frame {
  readonly metrics: Metrics;
  readonly readiness: () => Promise<Readiness>;
}

/** Up before anything else, so that an orchestrator sees a process that waits for Redis as alive. */
async function startHealth({ config }: ProcessOptions, { metrics, readiness, log, closers }: StartingHealth): Promise<HealthServer> {
  const { metricsPort, host } = config.common;
  const options = { host, registry: metrics.registry, readiness };
  const server = await startHealthServer({ ...options, port: metricsPort }).catch((error: unknown) => {
    // Several processes on one machine: only one can have the default port, and metrics are not worth failing for.
    log.warn({ err: error, port: metricsPort }, 'METRICS_PORT cannot be opened; using any free port');
    return startHealthServer({ ...options, port: 0 });
  });
  closers.add(foundation.stage, { name: 'metrics', graceMs: foundation.graceMs, close: () => server.close() });
  return server;
}

interface Watching extends Frame {
  readonly open: OpenContext;
}

/** Follows bridges.yaml; the first look replaces the bridges by themselves, which is harmless. */
function watch({ config, known }: ProcessOptions, { log, open, signal }: Watching): Promise<void> {
  const file = config.bridgesFile;
  return watchBridges({
    path: file,
    parse: (text) => parseBridges(text, { file, platforms: known, isOff: (platform) => !config.platforms.has(platform) }),
    signal,
    onChange: (bridges) => {
      open.replaceBridges(bridges);
      log.info({ bridges: bridges.length }, 'bridges.yaml is in force');
    },
    onProblem: (problems) =>
      log.error(
        { problems: problems.map((problem) => formatProblem(problem)) },
        'bridges.yaml is not valid; the last good one stays in force',
      ),
  });
}
