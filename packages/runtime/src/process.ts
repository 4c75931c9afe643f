import type { Bridge, Log, Platform, PlatformId } from '@bridge/core';
import { type Config, formatProblem, parseBridges, watchBridges } from '@bridge/config';
import { type BridgeLogger, type Metrics, createLogger, createMetrics, startHealthServer } from '@bridge/observability';
import { createBridgesView } from './bridges-view.ts';
import { type Connections, connect } from './connections.ts';
import { type RoleName, discoverRoles, roleNames } from './discovery.ts';
import { registerWebhooks } from './register.ts';
import { createReporter } from './reporter.ts';
import type { ActivePlatform, RoleContext, RunningRole } from './role.ts';
import { stopSignal } from './signals.ts';

export interface ProcessOptions {
  readonly config: Config;
  readonly bridges: readonly Bridge[];
  /** Every platform there is, configured or not. */
  readonly known: readonly Platform[];
  readonly roles: readonly RoleName[];
  /** Only these of the configured platforms; all of them where absent. */
  readonly only?: readonly PlatformId[];
  readonly version: string;
}

/** How long roles have to finish or hand back what is under way after the first signal, milliseconds. */
const graceMs = 10_000;

/**
 * `bridge start`: runs the roles in this process until it is told to stop, then stops them cleanly.
 * @returns the exit code.
 * @throws an Error whose message says how to fix, when it cannot start.
 */
export async function runProcess(options: ProcessOptions): Promise<number> {
  const { config, roles } = options;
  const logger = await createLogger(loggerOptions(options));
  const metrics = createMetrics();
  const stopped = stopSignal();
  const stopping = new AbortController();
  const { log } = logger;
  const platforms = activePlatforms(options, log);
  const connections = await connect({ config, platforms: [...platforms.keys()], roles, version: options.version, log });
  const view = createBridgesView(options.bridges);
  const running: RunningRole[] = [];
  try {
    const context = roleContext(options, { log, metrics, connections, platforms, view });
    await startRoles(context, roles, running);
    const health = await startHealth({ config, metrics, connections, running, stopping: stopping.signal, log });
    const watching = watch(options, { log, replace: (bridges) => view.replace(bridges), signal: stopping.signal });
    if (roles.includes('ingress')) void registerWebhooks(context, stopping.signal);
    log.info({ roles, platforms: [...platforms.keys()], bridges: view.list().length, metricsPort: health.port, version: options.version }, 'started');
    log.info({ reason: await stopped }, 'stopping');
    stopping.abort();
    await Promise.all([stopRoles(running), watching]);
    await health.close();
    log.info({}, 'stopped');
    return 0;
  } finally {
    stopping.abort();
    await stopRoles(running.splice(0));
    await connections.close();
    logger.flush();
  }
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

function activePlatforms({ config, only }: ProcessOptions, log: BridgeLogger['log']): ReadonlyMap<PlatformId, ActivePlatform> {
  const active = new Map<PlatformId, ActivePlatform>();
  for (const [id, { platform, settings }] of config.platforms) {
    if (only && !only.includes(id)) continue;
    const instance = platform.create(settings, { log: log.child({ platform: id }), requireAuth: config.common.enableAuth });
    active.set(id, { platform, instance });
  }
  return active;
}

interface Parts {
  readonly log: Log;
  readonly metrics: Metrics;
  readonly connections: Connections;
  readonly platforms: ReadonlyMap<PlatformId, ActivePlatform>;
  readonly view: ReturnType<typeof createBridgesView>;
}

function roleContext({ config, known, version }: ProcessOptions, parts: Parts): RoleContext {
  const { common } = config;
  const { connections, ...rest } = parts;
  const reporter = createReporter(() => connections.beatNow());
  connections.reportSources(() => reporter.sources());
  return {
    ...rest,
    ...connections.stores,
    queues: connections.queues,
    known,
    version,
    bridges: parts.view,
    http: { host: common.host, port: common.port, corsOrigins: common.corsOrigins, ...(common.trustProxy === undefined ? {} : { trustProxy: common.trustProxy }) },
    ...(common.publicUrl === undefined ? {} : { publicUrl: common.publicUrl }),
    report: (platform, status) => reporter.report(platform, status),
    announce: (fact) => parts.log.info({}, fact),
  };
}

/** In the order of `roleNames`: what takes work in starts last, so that nothing waits for what is not there yet. */
async function startRoles(context: RoleContext, wanted: readonly RoleName[], running: RunningRole[]): Promise<void> {
  const roles = await discoverRoles();
  for (const name of roleNames) {
    if (!wanted.includes(name)) continue;
    const load = roles.get(name);
    if (!load) throw new Error(`The role ${name} is not built; run \`npm run setup\`.`);
    running.push(await (await load()).start(context));
  }
}

/** Intake first, then the rest together. */
async function stopRoles(running: readonly RunningRole[]): Promise<void> {
  for (const role of [...running].reverse()) await role.stop(graceMs);
}

interface HealthParts {
  readonly config: Config;
  readonly metrics: Metrics;
  readonly connections: Connections;
  readonly running: readonly RunningRole[];
  readonly stopping: AbortSignal;
  readonly log: Log;
}

async function startHealth({ config, metrics, connections, running, stopping, log }: HealthParts) {
  const { metricsPort, host } = config.common;
  const options = {
    host,
    registry: metrics.registry,
    readiness: () => {
      const reasons = [
        ...(stopping.aborted ? ['this process is stopping'] : []),
        ...(connections.redisReady() ? [] : ['Redis does not answer']),
        ...running.flatMap((role) => role.notReady()),
      ];
      return { ready: reasons.length === 0, reasons };
    },
  };
  try {
    return await startHealthServer({ ...options, port: metricsPort });
  } catch (error) {
    // Several processes on one machine: only one can have the default port, and metrics are not worth failing for.
    log.warn({ err: error, port: metricsPort }, 'METRICS_PORT is taken; using any free port');
    return startHealthServer({ ...options, port: 0 });
  }
}

interface WatchParts {
  readonly log: Log;
  readonly replace: (bridges: readonly Bridge[]) => void;
  readonly signal: AbortSignal;
}

/** Follows bridges.yaml; the first look replaces the bridges by themselves, which is harmless. */
function watch({ config, known }: ProcessOptions, { log, replace, signal }: WatchParts): Promise<void> {
  const file = config.bridgesFile;
  return watchBridges({
    path: file,
    parse: (text) => parseBridges(text, { file, platforms: known, isOff: (platform) => !config.platforms.has(platform) }),
    signal,
    onChange: (bridges) => {
      replace(bridges);
      log.info({ bridges: bridges.length }, 'bridges.yaml is in force');
    },
    onProblem: (problems) => log.error({ problems: problems.map((problem) => formatProblem(problem)) }, 'bridges.yaml is not valid; the last good one stays in force'),
  });
}
