import { type RedisServer, startRedis } from '@bridge/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Installation, install } from './support/processes.ts';
import { until } from './support/until.ts';
import { type World, createWorld } from './support/world.ts';

let redis: RedisServer;
let world: World;
let bridge: Installation;

beforeAll(async () => {
  redis = await startRedis({ appendfsync: 'always' });
  // The second room stays free of the huge text that the first one gets.
  world = await createWorld({ bridges: 2 });
  bridge = await install({ world, redisUrl: redis.url });
});

afterAll(async () => {
  await bridge.stop();
  await world.close();
  await redis.stop();
});

interface Sent {
  readonly path?: string;
  readonly secret?: string;
  readonly type?: string;
  readonly body?: string;
}

async function send({
  path = '/telegram',
  secret = world.env['TELEGRAM_WEBHOOK_SECRET'] ?? '',
  type = 'application/json',
  body = '{}',
}: Sent) {
  const response = await fetch(`${bridge.ingress}${path}`, {
    method: 'POST',
    headers: { 'content-type': type, 'x-telegram-bot-api-secret-token': secret },
    body,
  });
  return { status: response.status, headers: response.headers, answer: await response.json() };
}

const update = (id: number, message: object) => JSON.stringify({ update_id: id, message });
const from = { id: 700000001, is_bot: false, first_name: 'Lin' };
const chat = (room = 1) => ({ id: Number(world.rooms[room]?.telegram), type: 'supergroup', title: `room ${room}` });

test('a wrong secret is 401 and says what is missing, whatever else is wrong', async () => {
  expect(await send({ secret: 'wrong', body: '{' })).toMatchObject({ status: 401, answer: { error: { code: 'unauthorised' } } });
  const response = await fetch(`${bridge.ingress}/cometchat`, {
    method: 'POST',
    headers: { authorization: 'Basic Og==', 'content-type': 'application/json' },
    body: '{}',
  });
  expect(response.status).toBe(401);
});

test('broken JSON and broken UTF-8 are 400', async () => {
  expect(await send({ body: '{"update_id":' })).toMatchObject({ status: 400, answer: { error: { code: 'bad_json' } } });
  const response = await fetch(`${bridge.ingress}/telegram`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-telegram-bot-api-secret-token': world.env['TELEGRAM_WEBHOOK_SECRET'] ?? '' },
    body: new Uint8Array([0x22, 0xff, 0xfe, 0x22]),
  });
  expect(response.status).toBe(400);
});

test('a body of 2 MB is 413', async () => {
  expect(await send({ body: JSON.stringify({ filler: 'x'.repeat(2_000_000) }) })).toMatchObject({
    status: 413,
    answer: { error: { code: 'too_large' } },
  });
});

test('a wrong content type is 415; the case of the right one does not matter', async () => {
  expect(await send({ type: 'text/plain' })).toMatchObject({ status: 415 });
  expect(await send({ type: 'Application/json; charset=utf-8' })).toMatchObject({ status: 200 });
});

test('an authentic update that nobody knows is 200 and counted', async () => {
  expect(await send({ body: JSON.stringify({ update_id: 900_000_001, brand_new_kind: { a: 1 } }) })).toMatchObject({ status: 200 });
});

test('hostile keys and a text of nearly 1 MB do no harm, and the next message still crosses', { timeout: 90_000 }, async () => {
  expect(
    await send({ body: '{"update_id":900000002,"__proto__":{"polluted":1},"constructor":{"prototype":{}},"message":null}' }),
  ).toMatchObject({ status: 200 });
  expect(
    await send({ body: update(900_000_003, { message_id: 5001, date: 1, chat: chat(0), from, text: '*'.repeat(900_000) }) }),
  ).toMatchObject({ status: 200 });
  expect(await send({ body: update(900_000_004, { message_id: 5002, date: 1, chat: chat(0), from, text: 'still alive' }) })).toMatchObject({
    status: 200,
  });
  const room = world.rooms[0];
  await until(() => world.simulators.cometchat.messages(room?.cometchat ?? '').some((message) => message.text.includes('still alive')), {
    timeoutMs: 60_000,
  });
});

test('the same update twice is carried once', async () => {
  const body = update(900_000_005, { message_id: 5003, date: 1, chat: chat(), from, text: 'only once' });
  expect([(await send({ body })).status, (await send({ body })).status]).toEqual([200, 200]);
  const copies = () =>
    world.simulators.cometchat.messages(world.rooms[1]?.cometchat ?? '').filter((message) => message.text.includes('only once'));
  // In its conversation nothing overtakes: once this one is there, a second copy would be.
  expect((await send({ body: update(900_000_105, { message_id: 5105, date: 1, chat: chat(), from, text: 'behind it' }) })).status).toBe(
    200,
  );
  await until(() => world.simulators.cometchat.messages(world.rooms[1]?.cometchat ?? '').some(({ text }) => text.includes('behind it')));
  expect(copies()).toHaveLength(1);
});

test('what is not here is 404 in the same shape, and GET tells what an endpoint is without a secret', async () => {
  const missing = await fetch(`${bridge.ingress}/nothing`);
  expect([missing.status, await missing.json()]).toMatchObject([404, { error: { code: 'not_found' } }]);
  for (const path of ['/', '/cometchat', '/telegram', '/discord', '/health', '/status', '/livez', '/readyz']) {
    const response = await fetch(`${bridge.ingress}${path}`);
    const text = await response.text();
    expect([path, response.status]).toEqual([path, 200]);
    for (const secret of world.secrets) expect(text).not.toContain(secret);
  }
});

test('without Redis the answer is 503 with Retry-After, and with Redis back it is accepted', { timeout: 90_000 }, async () => {
  const body = update(900_000_006, { message_id: 5004, date: 1, chat: chat(), from, text: 'after the outage' });
  await redis.kill9();
  const refused = await send({ body });
  expect(refused).toMatchObject({ status: 503, answer: { error: { code: 'queue_unavailable' } } });
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
  expect((await fetch(`${bridge.ingress}/health`)).status).toBe(503);
  await redis.restart();
  await until(async () => (await send({ body })).status === 200, { timeoutMs: 45_000 });
  await until(
    () => world.simulators.discord.messages(world.rooms[1]?.discord ?? '').some((message) => message.text.includes('after the outage')),
    { timeoutMs: 30_000 },
  );
});
