import { type RedisServer, startRedis } from '@bridge/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Installation, install } from './support/processes.ts';
import { until } from './support/until.ts';
import { type World, createWorld } from './support/world.ts';

/** What a bridge does only when its options say so, from the simulated Discord to the simulated Telegram. */
let redis: RedisServer;
let world: World;
let bridge: Installation;

beforeAll(async () => {
  redis = await startRedis();
  world = await createWorld();
  const bridgesYaml = `${world.bridgesYaml}    options: { typing: true, ignoreKinds: [forward] }\n`;
  bridge = await install({ world: { ...world, bridgesYaml }, redisUrl: redis.url });
});

afterAll(async () => {
  expect(await bridge.stop()).toEqual([0]);
  await world.close();
  await redis.stop();
});

test('typing: that a person writes is shown, and nothing else is done about it', async () => {
  const { discord, telegram } = world.simulators;
  const at = { room: world.rooms[0]?.discord ?? '', author: world.people.discord };
  const signs = () => telegram.calls.filter(({ path }) => path === '/sendChatAction');
  const why = () => `${JSON.stringify(telegram.calls.map(({ path }) => path))} ${JSON.stringify(discord.gateway.sessions)}`;
  // As people do, again and again: what is told before somebody listens is lost.
  await until(
    () => {
      discord.type(at);
      return signs().length > 0;
    },
    { why },
  );
  expect(signs()[0]).toMatchObject({ status: 200, body: { chat_id: expect.anything(), action: 'typing' } });
  expect(discord.calls.filter(({ path }) => path.endsWith('/typing'))).toEqual([]);
  expect(telegram.messages(world.rooms[0]?.telegram ?? '')).toEqual([]);
});

test('ignoreKinds: a forward stays where it is, and what comes after it does not', async () => {
  const { discord, telegram } = world.simulators;
  const at = { room: world.rooms[0]?.discord ?? '', author: world.people.discord };
  const shown = () => telegram.messages(world.rooms[0]?.telegram ?? '').map(({ text }) => text);
  const first = discord.post({ ...at, text: 'first' });
  discord.post({ ...at, text: '', forward: first.id });
  discord.post({ ...at, text: 'last' });
  await until(() => shown().some((text) => text.includes('last')), { why: () => JSON.stringify(shown()) });
  expect(shown()).toHaveLength(2);
});
