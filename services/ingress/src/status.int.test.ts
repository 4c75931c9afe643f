import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { conversationId } from '@bridge/core';
import { acceptEvent } from '@bridge/runtime';
import { bridgeOf, createPigeon, setStage, soon, untilTaken } from '@bridge/runtime/testing';
import { expect, test, vi } from 'vitest';
import { serve } from './fixtures/served.ts';

const stage = setStage();
const pigeon = createPigeon();
const raven = createPigeon({ id: 'raven' });
const dodo = createPigeon({ id: 'dodo' });

test('/status tells depths, oldest waiting, dead letters, roles with their processes, versions and uptimes', async () => {
  const bridges = [bridgeOf('one', 'pigeon:a', 'raven:a'), { ...bridgeOf('two', 'pigeon:b', 'raven:b'), enabled: false }];
  const known = [pigeon, raven, dodo].map(({ platform }) => platform);
  const served = await serve(stage, { platforms: [pigeon, raven], known, bridges, roles: ['ingress', 'router'] });
  const other = await stage.open({ prefix: served.prefix, platforms: [pigeon, raven], roles: ['router', 'sender'], version: '2.0.0' });
  for (const [key, room] of [
    ['k1', 'a'],
    ['k2', 'a'],
    ['k3', 'b'],
  ] as const)
    await untilTaken(() => acceptEvent(other.context, pigeon.platform.id, { eventKey: key, conversation: conversationId(room), raw: {} }));
  const { status, body, headers } = await served.get('/status');
  const ids = (await served.context.heartbeats.list()).map(({ id }) => id);
  expect([status, headers.get('cache-control')]).toEqual([200, 'no-store']);
  const queue = (name: string) => ({ name, waiting: 0, conversations: 0, oldestWaitingMs: 0, dead: 0 });
  const running = (roles: string[], version: string) => ({
    id: expect.any(String),
    pid: process.pid,
    roles,
    version,
    uptimeSeconds: expect.any(Number),
  });
  expect(body).toEqual({
    status: 'healthy',
    timestamp: expect.any(String),
    services: { pigeon: { status: 'active' }, raven: { status: 'active' } },
    version: '0.0.0-test',
    redis: { status: 'connected' },
    bridges: { configured: 2, enabled: 1 },
    queues: [
      { name: 'inbound', waiting: 3, conversations: 2, oldestWaitingMs: expect.any(Number), dead: 0 },
      queue('outbound-pigeon'),
      queue('outbound-raven'),
    ],
    roles: { sender: [ids[1]], router: ids, gateway: [], console: [], ingress: [ids[0]] },
    processes: [running(['ingress', 'router'], '0.0.0-test'), running(['router', 'sender'], '2.0.0')],
    platforms: { pigeon: 'configured', raven: 'configured', dodo: 'off' },
  });
});

test('/status and /health tell what bridges.yaml should call by another id, and are healthy', async () => {
  const bridges = [bridgeOf('one', 'pigeon:a', 'raven:a')];
  const { get, context, redis } = await serve(stage, { platforms: [pigeon, raven], bridges, roles: ['ingress', 'router', 'sender'] });
  expect((await get('/status')).body).not.toHaveProperty('moved');
  const transaction = redis.multi();
  context.moves.record(transaction, { platform: raven.platform.id, conversation: conversationId('a') }, conversationId('b'));
  await transaction.exec();
  expect((await get('/status')).body).toMatchObject({
    status: 'healthy',
    moved: [{ bridge: 'one', platform: 'raven', member: 'a', now: 'b' }],
  });
  expect((await get('/health')).body).toMatchObject({ status: 'healthy', notes: [expect.stringMatching(/raven conversation a is b now/)] });
});

test('the four of them follow Redis away and back', async () => {
  const { get } = await serve(stage, { platforms: [pigeon], roles: ['ingress', 'router', 'sender'] });
  const all = async () => {
    const answers = await Promise.all(['/livez', '/readyz', '/health', '/status'].map((path) => get(path)));
    return answers.map(({ status, body }) => [status, body['status']]);
  };
  const well = [
    [200, 'alive'],
    [200, 'ready'],
    [200, 'healthy'],
    [200, 'healthy'],
  ];
  expect(await all()).toEqual(well);
  await stage.server().kill9();
  expect(await all()).toEqual([
    [200, 'alive'],
    [503, 'not ready'],
    [503, 'unhealthy'],
    [503, 'unhealthy'],
  ]);
  expect((await get('/status')).body).toMatchObject({ redis: { status: 'unreachable' }, queues: [], processes: [] });
  await stage.server().restart();
  await vi.waitFor(async () => expect(await all()).toEqual(well), soon);
});

test('a role that is not ready makes /readyz say so, and a degraded bridge is still 200', async () => {
  const reasons = ['this process is stopping'];
  const { get } = await serve(stage, { platforms: [pigeon], notReady: () => reasons });
  expect(await get('/readyz')).toMatchObject({ status: 503, body: { status: 'not ready', reasons } });
  expect(await get('/health')).toMatchObject({ status: 200, body: { status: 'degraded' } });
  expect(await get('/status')).toMatchObject({ status: 200, body: { status: 'degraded' } });
});

test('those who ask at the same time share one look at Redis', async () => {
  const { get, context, url } = await serve(stage, { platforms: [pigeon] });
  const { promise: gate, resolve: open } = Promise.withResolvers<void>();
  const look = context.queues.depths.bind(context.queues);
  const depths = vi.spyOn(context.queues, 'depths').mockImplementation(async () => {
    await gate;
    return look();
  });
  // On one connection and in one packet, so that all of them have come when the first one looks.
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  const question = 'GET /health HTTP/1.1\r\nHost: bridge\r\n';
  socket.write(`${`${question}\r\n`.repeat(19)}${question}Connection: close\r\n\r\n`);
  await vi.waitFor(() => expect(depths).toHaveBeenCalled(), soon);
  await new Promise((resolve) => setImmediate(resolve));
  open();
  const answers = (await text(socket)).match(/HTTP\/1\.1 \d+/g) ?? [];
  expect([answers.length, new Set(answers).size, depths.mock.calls.length]).toEqual([20, 1, 1]);
  await get('/health');
  expect(depths).toHaveBeenCalledTimes(2);
});
