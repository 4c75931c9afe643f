import type { PlatformId, SourceStatus } from '@bridge/core';
import type { RoleContext } from './role.ts';
import type { Snapshot } from './snapshot.ts';

export type HealthStatus = 'healthy' | 'degraded' | 'unhealthy';

export interface HealthReport {
  readonly status: HealthStatus;
  readonly timestamp: string;
  readonly services: Readonly<Record<string, ServiceHealth>>;
  /** What is wrong, in words that say what to do; absent when nothing is. */
  readonly problems?: readonly string[];
  /** What to change one day, though everything works; absent when there is nothing. */
  readonly notes?: readonly string[];
}

interface ServiceHealth {
  readonly status: string;
  readonly guilds?: number;
  readonly detail?: string;
}

type Configured = Pick<RoleContext, 'configured'>;

/** The roles without which nothing crosses. */
const neededRoles = ['router', 'sender'] as const;

/** Healthy: everything configured works. Degraded: something does not, nothing is lost. Unhealthy: nothing can be accepted. */
export function health(context: Configured, snapshot: Snapshot): HealthReport {
  const services: Record<string, ServiceHealth> = {};
  for (const id of context.configured.keys()) services[id] = serviceHealth(context, snapshot, id);
  const problems = problemsOf(snapshot, services);
  const status = !snapshot.redis ? 'unhealthy' : problems.length > 0 ? 'degraded' : 'healthy';
  const notes = snapshot.moved.map(
    ({ bridge, platform, member, now }) =>
      `${platform} conversation ${member} is ${now} now: in bridges.yaml, bridge ${bridge}, write the new id.`,
  );
  return {
    status,
    timestamp: new Date().toISOString(),
    services,
    ...(problems.length > 0 ? { problems } : {}),
    ...(notes.length > 0 ? { notes } : {}),
  };
}

function problemsOf(snapshot: Snapshot, services: Readonly<Record<string, ServiceHealth>>): string[] {
  if (!snapshot.redis) return ['Redis does not answer; events are refused with 503 until it does.'];
  const missing = neededRoles
    .filter((role) => !isRunning(snapshot, role))
    .map((role) => `No ${role} is running; start one with \`bridge start --roles ${role}\`.`);
  const broken = Object.entries(services)
    .filter(([, service]) => service.status !== 'active' && service.status !== 'connected')
    .map(([id, service]) => `${id}: ${service.detail ?? service.status}`);
  return [...missing, ...broken];
}

function serviceHealth(context: Configured, snapshot: Snapshot, id: PlatformId): ServiceHealth {
  if (!snapshot.redis) return { status: 'unknown' };
  const paused = snapshot.depths.find((depth) => depth.queue === `outbound-${id}`)?.pausedReason;
  if (paused !== undefined) return { status: 'paused', detail: paused };
  return context.configured.get(id)?.instance.stream === undefined ? { status: 'active' } : streamHealth(snapshot, id);
}

/** Several gateways may stand by; the one that holds the connection speaks for all. */
function streamHealth(snapshot: Snapshot, id: PlatformId): ServiceHealth {
  const statuses = snapshot.heartbeats.flatMap((beat) => beat.sources[id] ?? []);
  const best = (['connected', 'failed', 'connecting', 'disconnected'] as const)
    .map((state) => statuses.find((status) => status.state === state))
    .find((status) => status !== undefined);
  if (best !== undefined) return told(best);
  if (isRunning(snapshot, 'gateway')) return { status: 'connecting', detail: 'a gateway stands by and connects within seconds' };
  return { status: 'disconnected', detail: 'no gateway is running; start one with `bridge start --roles gateway`' };
}

function told(status: SourceStatus): ServiceHealth {
  return {
    status: status.state,
    ...('guilds' in status && status.guilds !== undefined ? { guilds: status.guilds } : {}),
    ...(status.detail === undefined ? {} : { detail: status.detail }),
  };
}

const isRunning = (snapshot: Snapshot, role: string): boolean => snapshot.heartbeats.some((beat) => beat.roles.includes(role));
