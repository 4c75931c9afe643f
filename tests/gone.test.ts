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
  const made = await createWorld();
  // Else a copy that is deleted by hand would take its original and the other copies with it.
  world = { ...made, bridgesYaml: `${made.bridgesYaml}    options: { deletes: false }\n` };
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

async function deadLetters(): Promise<unknown> {
  const body: unknown = await (await fetch(`${bridge.ingress}/status`)).json();
  const queues = typeof body === 'object' && body !== null && 'queues' in body && Array.isArray(body.queues) ? body.queues : [];
  return queues.map((queue: { readonly dead?: unknown }) => queue.dead);
}

describe.each(platformNames)('copies of what was written on %s that people deleted', (source) => {
  const simulator = () => world.simulators[source];
  const post = (text: string, more: object = {}) => simulator().post({ room: room(source), author: world.people[source], text, ...more });

  test('are left alone by edits and reactions, are answered all the same, and leave no dead letter', async () => {
    const edited = post(`edited ${source}`);
    const liked = post(`liked ${source}`);
    for (const target of others(source)) {
      for (const text of [`edited ${source}`, `liked ${source}`]) {
        await until(() => matching(target, text).length === 1);
        world.simulators[target].remove({ room: room(target), message: matching(target, text)[0]?.id ?? '' });
      }
    }
    simulator().edit({ room: room(source), message: edited.id, text: `changed ${source}` });
    simulator().react({ room: room(source), message: liked.id, author: world.people[source], emoji: '👍' });
    const replied = post(`replied ${source}`);
    for (const target of others(source)) {
      await until(() => matching(target, `replied ${source}`).length === 1);
      world.simulators[target].remove({ room: room(target), message: matching(target, `replied ${source}`)[0]?.id ?? '' });
    }
    post(`answer ${source}`, { replyTo: replied.id });
    // In the line behind all the others.
    for (const target of others(source)) await until(() => matching(target, `answer ${source}`).length === 1);
    for (const target of others(source)) expect(matching(target, `changed ${source}`)).toEqual([]);
    expect(await deadLetters()).toEqual([0, 0, 0, 0]);
  });
});
