import type { RoleContext } from '@bridge/runtime';
import type { Express } from 'express';
import { type Snapshot, health, takeSnapshot } from './health.ts';

/** `/health`, `/status`, `/livez` and `/readyz`. */
export function mountStatus(app: Express, context: RoleContext): void {
  app.get('/livez', (_request, response) => response.json({ status: 'alive' }));
  app.get('/readyz', async (_request, response) => {
    const snapshot = await takeSnapshot(context);
    response.status(snapshot.redis ? 200 : 503).json(snapshot.redis ? { status: 'ready', reasons: [] } : { status: 'not ready', reasons: ['Redis does not answer'] });
  });
  app.get('/health', async (_request, response) => {
    const report = health(context, await takeSnapshot(context));
    response.status(report.status === 'unhealthy' ? 503 : 200).json(report);
  });
  app.get('/status', async (_request, response) => {
    const snapshot = await takeSnapshot(context);
    const report = health(context, snapshot);
    response.status(report.status === 'unhealthy' ? 503 : 200).json({ ...report, version: context.version, ...details(context, snapshot) });
  });
}

function details(context: RoleContext, snapshot: Snapshot) {
  return {
    redis: { status: snapshot.redis ? 'connected' : 'unreachable' },
    bridges: { configured: context.bridges.list().length, enabled: context.bridges.list().filter((bridge) => bridge.enabled).length },
    queues: snapshot.depths.map(({ queue, ...depth }) => ({ name: queue, ...depth })),
    processes: snapshot.heartbeats.map((beat) => ({
      id: beat.id,
      roles: beat.roles,
      version: beat.version,
      uptimeSeconds: Math.round((Date.now() - beat.startedAt) / 1000),
    })),
    platforms: Object.fromEntries(context.known.map((platform) => [platform.id, context.platforms.has(platform.id) ? 'configured' : 'off'])),
  };
}
