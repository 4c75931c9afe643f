import { Gauge, Registry } from 'prom-client';
import { afterEach, expect, test } from 'vitest';
import { type HealthServer, type Readiness, startHealthServer } from './health-server.ts';
import { createMetrics } from './metrics.ts';

const servers: HealthServer[] = [];
afterEach(async () => void (await Promise.all(servers.splice(0).map((server) => server.close()))));

interface Served {
  readonly readiness?: () => Promise<Readiness>;
  readonly registry?: Registry;
  readonly port?: number;
}

async function serve({ readiness = async () => ({ ready: true, reasons: [] }), registry = new Registry(), port = 0 }: Served = {}) {
  const server = await startHealthServer({ port, host: '127.0.0.1', registry, readiness });
  servers.push(server);
  return { server, get: (path: string, method = 'GET') => fetch(`http://127.0.0.1:${server.port}${path}`, { method }) };
}

test('the process lives as long as it answers', async () => {
  const { get } = await serve({ readiness: async () => ({ ready: false, reasons: ['starting'] }) });
  const response = await get('/livez');
  expect([response.status, await response.json(), response.headers.get('cache-control')]).toEqual([200, { status: 'alive' }, 'no-store']);
});

test('readiness is asked for each time and says what is missing', async () => {
  let reasons: readonly string[] = ['Redis does not answer'];
  const { get } = await serve({ readiness: async () => ({ ready: reasons.length === 0, reasons }) });
  const before = await get('/readyz?verbose');
  expect([before.status, await before.json()]).toEqual([503, { status: 'not ready', reasons: ['Redis does not answer'] }]);
  reasons = [];
  const after = await get('/readyz');
  expect([after.status, await after.json()]).toEqual([200, { status: 'ready', reasons: [] }]);
});

test('what cannot be determined is 500 in our shape, and the process lives on', async () => {
  const registry = new Registry();
  const broken = new Gauge({ name: 'broken', help: 'b', registers: [registry], collect: () => Promise.reject(new Error('hunter2')) });
  expect(broken).toBeDefined();
  const { get } = await serve({ registry, readiness: () => Promise.reject(new Error('hunter2')) });
  for (const path of ['/metrics', '/readyz']) {
    const response = await get(path);
    const text = await response.text();
    expect([response.status, text]).toEqual([500, expect.stringContaining('"code":"internal"')]);
    expect(text).not.toContain('hunter2');
  }
  expect((await get('/livez')).status).toBe(200);
});

test('nothing else is here, and nothing can be changed', async () => {
  const { get } = await serve();
  expect([(await get('/')).status, (await get('/livez', 'POST')).status, (await get('/livez', 'HEAD')).status]).toEqual([404, 405, 200]);
});

test('a taken port is the system’s own error, for the caller to deal with', async () => {
  const { server } = await serve();
  await expect(serve({ port: server.port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
});

test('metrics have the names and labels that dashboards are built on', async () => {
  const metrics = createMetrics();
  metrics.accepted.inc({ platform: 'telegram', result: 'accepted' });
  metrics.ignored.inc({ platform: 'telegram', reason: 'ping' });
  metrics.refused.inc({ platform: 'telegram', status: '401' });
  metrics.dropped.inc({ platform: 'telegram', reason: 'own' });
  metrics.attempts.inc({ platform: 'telegram', outcome: 'delivered' });
  metrics.attemptSeconds.observe({ platform: 'telegram' }, 0.02);
  metrics.bridgeSeconds.observe({ source: 'discord', target: 'telegram' }, 0.03);
  metrics.sourceConnected.set({ platform: 'discord' }, 1);
  const response = await (await serve({ registry: metrics.registry })).get('/metrics');
  expect(response.headers.get('content-type')).toContain('text/plain');
  const text = await response.text();
  for (const line of [
    'bridge_events_accepted_total{platform="telegram",result="accepted"} 1',
    'bridge_events_ignored_total{platform="telegram",reason="ping"} 1',
    'bridge_webhooks_refused_total{platform="telegram",status="401"} 1',
    'bridge_events_dropped_total{platform="telegram",reason="own"} 1',
    'bridge_delivery_attempts_total{platform="telegram",outcome="delivered"} 1',
    'bridge_delivery_attempt_seconds_bucket{le="0.025",platform="telegram"} 1',
    'bridge_message_seconds_count{source="discord",target="telegram"} 1',
    'bridge_source_connected{platform="discord"} 1',
  ])
    expect(text).toContain(line);
  expect(text).toContain('process_resident_memory_bytes');
});

test('two of them fit into one process', () => {
  const [one, two] = [createMetrics(), createMetrics()];
  one.accepted.inc({ platform: 'a', result: 'accepted' });
  expect(two.registry.getSingleMetric('bridge_events_accepted_total')).not.toBe(
    one.registry.getSingleMetric('bridge_events_accepted_total'),
  );
});
