import { type RedisServer, startRedis } from '@bridge/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Installation, install } from './support/processes.ts';
import { until } from './support/until.ts';
import { type PlatformName, type World, createWorld } from './support/world.ts';

let redis: RedisServer;
let world: World;
let bridge: Installation;

beforeAll(async () => {
  redis = await startRedis({ appendfsync: 'always' });
  world = await createWorld();
  bridge = await install({ world, redisUrl: redis.url });
});

afterAll(async () => {
  await bridge.stop();
  await world.close();
  await redis.stop();
});

const room = (platform: PlatformName) => world.rooms[0]?.[platform] ?? '';
const png = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64');

test('a Telegram album arrives as one message with its caption and all of its pictures', { timeout: 120_000 }, async () => {
  const picture = (name: string) => ({ kind: 'image', name, mime: 'image/png', bytes: png });
  world.simulators.telegram.post({
    room: room('telegram'),
    author: world.people.telegram,
    text: 'at the sea',
    files: [picture('a.png'), picture('b.png'), picture('c.png')],
  });
  world.simulators.telegram.post({ room: room('telegram'), author: world.people.telegram, text: 'the end' });
  const shown = () => world.simulators.discord.messages(room('discord')).map(({ text, files = [] }) => [text, files.length]);
  await until(() => shown().length >= 2, { why: () => JSON.stringify(shown()) });
  expect(shown()).toEqual([
    ['at the sea', 3],
    ['the end', 0],
  ]);
});
