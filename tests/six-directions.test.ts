import { type RedisServer, startRedis } from '@bridge/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Installation, install } from './support/processes.ts';
import { until } from './support/until.ts';
import { type PlatformName, type World, createWorld, platformNames } from './support/world.ts';

let redis: RedisServer;
let world: World;
let bridge: Installation;

beforeAll(async () => {
  redis = await startRedis({ appendfsync: 'always' });
  world = await createWorld();
  bridge = await install({ world, redisUrl: redis.url });
});

afterAll(async () => {
  expect(await bridge.stop()).toEqual([0]);
  await world.close();
  await redis.stop();
});

const room = (platform: PlatformName) => world.rooms[0]?.[platform] ?? '';
const shown = (platform: PlatformName) => world.simulators[platform].messages(room(platform)).filter((message) => !message.deleted);
const matching = (platform: PlatformName, text: string) => shown(platform).filter((message) => message.text.includes(text));
const others = (platform: PlatformName) => platformNames.filter((other) => other !== platform);
const names: Readonly<Record<PlatformName, string>> = {
  cometchat: 'Ana (CometChat)',
  discord: 'Kai (Discord)',
  telegram: 'Lin (Telegram)',
};

describe.each(platformNames)('what is written on %s', (source) => {
  const post = (text: string) => world.simulators[source].post({ room: room(source), author: world.people[source], text });

  test('arrives once on the two others, with its author', async () => {
    const text = `hello from ${source} ☕ 👩‍👩‍👧`;
    post(text);
    for (const target of others(source)) {
      await until(() => matching(target, text).length > 0);
      const [copy] = matching(target, text);
      expect(matching(target, text)).toHaveLength(1);
      expect(`${copy?.author.name}\n${copy?.text}`).toContain(names[source]);
    }
  });

  test('is edited where it went, in place', async () => {
    const message = post(`first ${source}`);
    for (const target of others(source)) await until(() => matching(target, `first ${source}`).length === 1);
    const before = others(source).map((target) => shown(target).length);
    world.simulators[source].edit({ room: room(source), message: message.id, text: `second ${source}` });
    for (const target of others(source)) {
      await until(() => matching(target, `second ${source}`).length === 1);
      expect(matching(target, `first ${source}`)).toEqual([]);
    }
    expect(others(source).map((target) => shown(target).length)).toEqual(before);
  });
});

/** Telegram tells bots nothing about deletes, so there is nothing to carry from there. */
test.each<PlatformName>(['cometchat', 'discord'])('what is deleted on %s is deleted where it went', async (source) => {
  const message = world.simulators[source].post({ room: room(source), author: world.people[source], text: `gone ${source}` });
  for (const target of others(source)) await until(() => matching(target, `gone ${source}`).length === 1);
  world.simulators[source].remove({ room: room(source), message: message.id });
  for (const target of others(source)) await until(() => matching(target, `gone ${source}`).length === 0);
});

test('nothing that the bridge wrote comes back', async () => {
  const sent = platformNames.flatMap((platform) =>
    shown(platform)
      .filter((message) => message.viaApi)
      .map((message) => `${platform} ${message.text}`),
  );
  expect(new Set(sent).size).toBe(sent.length);
});
