import { type RoleContext, type Snapshot, createSnapshots, health, roleNames } from '@bridge/runtime';
import type { Express, RequestHandler } from 'express';

const fresh: RequestHandler = (_request, response, next) => {
  response.setHeader('cache-control', 'no-store');
  next();
};

/** `/health`, `/status`, `/livez` and `/readyz`. */
export function mountStatus(app: Express, context: RoleContext): void {
  const snapshot = createSnapshots(context);
  app.use(['/livez', '/readyz', '/health', '/status'], fresh);
  app.get('/livez', (_request, response) => response.json({ status: 'alive' }));
  app.get('/readyz', async (_request, response) => {
    const { ready, reasons } = await context.readiness();
    response.status(ready ? 200 : 503).json({ status: ready ? 'ready' : 'not ready', reasons });
  });
  app.get('/health', async (_request, response) => {
    const report = health(context, await snapshot());
    response.status(report.status === 'unhealthy' ? 503 : 200).json(report);
  });
  app.get('/status', async (_request, response) => {
    const now = await snapshot();
    const report = health(context, now);
    response.status(report.status === 'unhealthy' ? 503 : 200).json({ ...report, version: context.version, ...details(context, now) });
  });
}

function details({ bridges, configured, known }: RoleContext, { redis, depths, heartbeats, moved }: Snapshot) {
  return {
    redis: { status: redis ? 'connected' : 'unreachable' },
    bridges: { configured: bridges.list().length, enabled: bridges.list().filter((bridge) => bridge.enabled).length },
    ...(moved.length > 0 ? { moved } : {}),
    queues: depths.map(({ queue, ...depth }) => ({ name: queue, ...depth })),
    roles: Object.fromEntries(
      roleNames.map((role) => [role, heartbeats.filter((beat) => beat.roles.includes(role)).map((beat) => beat.id)]),
    ),
    processes: heartbeats.map(({ id, pid, roles, version, startedAt }) => ({
      id,
      pid,
      roles,
      version,
      // Another machine's clock may be ahead of ours.
      uptimeSeconds: Math.max(0, Math.round((Date.now() - startedAt) / 1000)),
    })),
    platforms: Object.fromEntries(known.map(({ id }) => [id, configured.has(id) ? 'configured' : 'off'])),
  };
}
