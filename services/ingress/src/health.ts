import type { PlatformId, SourceStatus } from '@bridge/core';
import type { Heartbeat, QueueDepth, RoleContext } from '@bridge/runtime';

/** What Redis says about the whole installation at one moment. */
export interface Snapshot {
  readonly redis: boolean;
  readonly depths: readonly QueueDepth[];
  readonly heartbeats: readonly Heartbeat[];
}

export type HealthStatus = 'healthy' | 'degraded' | 'unhealthy';

export interface HealthReport {
  readonly status: HealthStatus;
  readonly timestamp: string;
  readonly services: Readonly<Record<string, ServiceHealth>>;
  /** What is wrong, in words; absent when nothing is. */
  readonly problems?: readonly string[];
}

interface ServiceHealth {
  readonly status: string;
  readonly guilds?: number;
  readonly detail?: string;
}

/** Never throws: an unreachable Redis is an answer. */
export async function takeSnapshot(context: RoleContext): Promise<Snapshot> {
  try {
    const [depths, heartbeats] = await Promise.all([context.queues.depths(), context.heartbeats.list()]);
    return { redis: true, depths, heartbeats };
  } catch {
    return { redis: false, depths: [], heartbeats: [] };
  }
}

/** The roles without which nothing crosses. */
const neededRoles = ['router', 'sender'] as const;

/** Healthy: everything configured works. Degraded: something does not, nothing is lost. Unhealthy: nothing can be accepted. */
export function health(context: RoleContext, snapshot: Snapshot): HealthReport {
  const services: Record<string, ServiceHealth> = {};
  for (const id of context.platforms.keys()) services[id] = serviceHealth(context, snapshot, id);
  const problems = snapshot.redis ? problemsOf(snapshot, services) : ['Redis does not answer; events are refused with 503 until it does.'];
  const status = !snapshot.redis ? 'unhealthy' : problems.length > 0 ? 'degraded' : 'healthy';
  return { status, timestamp: new Date().toISOString(), services, ...(problems.length > 0 ? { problems } : {}) };
}

function problemsOf(snapshot: Snapshot, services: Readonly<Record<string, ServiceHealth>>): string[] {
  const missing = neededRoles
    .filter((role) => !snapshot.heartbeats.some((beat) => beat.roles.includes(role)))
    .map((role) => `No ${role} is running; start one with \`bridge start --roles ${role}\`.`);
  const broken = Object.entries(services)
    .filter(([, service]) => service.status !== 'active' && service.status !== 'connected')
    .map(([id, service]) => `${id}: ${service.detail ?? service.status}`);
  return [...missing, ...broken];
}

function serviceHealth(context: RoleContext, snapshot: Snapshot, id: PlatformId): ServiceHealth {
  const paused = snapshot.depths.find((depth) => depth.queue === `outbound-${id}`)?.pausedReason;
  if (paused !== undefined) return { status: 'paused', detail: paused };
  if (!context.platforms.get(id)?.instance.stream) return { status: snapshot.redis ? 'active' : 'unknown' };
  return streamHealth(snapshot, id);
}

/** Several gateways may stand by; the one that holds the connection speaks for all. */
function streamHealth(snapshot: Snapshot, id: PlatformId): ServiceHealth {
  const statuses = snapshot.heartbeats.map((beat) => beat.sources[id]).filter((status): status is SourceStatus => status !== undefined);
  const best = statuses.find((status) => status.state === 'connected') ?? statuses.find((status) => status.state === 'failed') ?? statuses[0];
  if (!best) return { status: 'disconnected', detail: 'no gateway is running; start one with `bridge start --roles gateway`' };
  return {
    status: best.state,
    ...('guilds' in best && best.guilds !== undefined ? { guilds: best.guilds } : {}),
    ...(best.detail === undefined ? {} : { detail: best.detail }),
  };
}
