import { randomUUID } from 'node:crypto';
import { type RedisServer, startRedis } from '@bridge/testing/redis';
import { bestOf } from '@bridge/testing/stopwatch';
import { type TraceCollector, startTraceCollector } from '@bridge/testing/trace-collector';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { type BridgeProcess, type Loft, pigeonEvent, soon, startBridgeProcess, startLoft } from './testing/index.ts';

let server: RedisServer;
let collector: TraceCollector;
let loft: Loft;
let processes: readonly BridgeProcess[] = [];
const started: BridgeProcess[] = [];

beforeAll(async () => {
  [server, collector, loft] = await Promise.all([startRedis(), startTraceCollector(), startLoft()]);
  processes = await startAll();
});
afterAll(async () => {
  await Promise.all(started.map((one) => one.remove()));
  await Promise.all([loft.close(), collector.close()]);
  await server.stop();
});

async function startAll(): Promise<readonly BridgeProcess[]> {
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, OTEL_BSP_SCHEDULE_DELAY: '50', OTEL_SERVICE_NAME: 'town' };
  const options = { redisUrl: server.url, prefix: `t${randomUUID().slice(0, 8)}`, loft: loft.url, env };
  const three = await Promise.all(['ingress', 'router', 'sender'].map((roles) => startBridgeProcess({ ...options, roles })));
  started.push(...three);
  await Promise.all(three.map((one) => one.said('started')));
  return three;
}

const text = 'words that are nobody else’s';
const body = [{ type: 'paragraph', children: [{ type: 'text', text }] }];
const room = { id: 'a', name: 'Attic', type: 'group' };
const event = pigeonEvent({ channel: room, content: { text, attachments: [], metadata: {}, body } });

test('one trace goes from the webhook to the calls, through three processes and both queues', async () => {
  expect(await processes[0]?.post(event)).toBe(200);
  // Twenty characters are all that a raven carries: two messages, one call each.
  await vi.waitFor(() => expect(collector.spans.map(({ name }) => name)).toContain('deliver raven'), soon);
  await vi.waitFor(() => expect(collector.spans.length).toBeGreaterThanOrEqual(5), soon);
  const named = (name: string) => collector.spans.filter((span) => span.name === name);
  const [receive, route, deliver] = [named('receive pigeon')[0], named('route')[0], named('deliver raven')[0]];
  const calls = named('call send');
  expect(calls.length).toBe(loft.calls.length);
  expect(new Set(collector.spans.map(({ traceId }) => traceId)).size).toBe(1);
  expect(receive?.parentSpanId ?? '').toBe('');
  expect([receive?.kind, route?.kind, deliver?.kind, ...calls.map(({ kind }) => kind)]).toEqual([2, 5, 5, ...calls.map(() => 3)]);
  expect(route?.parentSpanId).toBe(receive?.spanId);
  expect(deliver?.parentSpanId).toBe(route?.spanId);
  expect(calls.map(({ parentSpanId }) => parentSpanId)).toEqual(calls.map(() => deliver?.spanId));
  expect([receive, route, deliver].map((span) => span?.resource['process.pid'])).toEqual(processes.map(({ pid }) => pid));
  expect(deliver?.attributes).toEqual({
    delivery: loft.calls[0]?.command.delivery,
    bridge: 'a',
    type: 'message.created',
    source: 'pigeon',
    target: 'raven',
    attempt: 1,
    ambiguous: false,
    outcome: 'delivered',
  });
  expect(deliver?.resource).toMatchObject({ 'service.name': 'town', 'service.version': '0.0.0-test', 'bridge.roles': 'sender' });
});

test('no words, names, addresses or secrets are in it', () => {
  expect(collector.bodies.join('\n')).not.toMatch(/nobody else|Attic|Ana|token-of|ring-of|https?:/);
});

test('processes that send traces stop in time', async () => {
  await bestOf(3, async (number) => {
    if (number > 1) processes = await startAll();
    for (const one of processes) one.kill('SIGTERM');
    expect(await Promise.all(processes.map(({ exit }) => exit))).toEqual(processes.map(() => 0));
    expect(processes.flatMap((one) => one.lines()).filter(({ msg }) => msg === 'did not stop in time')).toEqual([]);
  });
});
