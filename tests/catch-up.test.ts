import { type RedisServer, startRedis } from '@bridge/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Installation, install } from './support/processes.ts';
import { until } from './support/until.ts';
import { type PlatformName, type World, createWorld } from './support/world.ts';

/** CometChat's webhooks lead nowhere for a while, as when the bridge is down or its way in is: nothing delivers them again. */
let redis: RedisServer;
let world: World;
let bridge: Installation;

beforeAll(async () => {
  redis = await startRedis({ appendfsync: 'always' });
  world = await createWorld();
  bridge = await install({ world, redisUrl: redis.url, env: { COMETCHAT_CATCH_UP_SECONDS: '1' } });
});

afterAll(async () => {
  expect(await bridge.stop()).toEqual([0]);
  await world.close();
  await redis.stop();
});

const room = (platform: PlatformName): string => world.rooms[0]?.[platform] ?? '';
const { post, edit, remove } = {
  post: (text: string) => world.simulators.cometchat.post({ room: room('cometchat'), author: world.people.cometchat, text }).id,
  edit: (message: string, text: string) => world.simulators.cometchat.edit({ room: room('cometchat'), message, text }),
  remove: (message: string) => world.simulators.cometchat.remove({ room: room('cometchat'), message }),
};
const shown = (platform: PlatformName): readonly string[] =>
  world.simulators[platform]
    .messages(room(platform))
    .filter(({ deleted }) => !deleted)
    .flatMap(({ text }) => /line \d+!?/.exec(text)?.[0] ?? []);
const rounds = (): number =>
  world.simulators.cometchat.calls.filter(({ method, path }) => method === 'GET' && path.endsWith('/messages')).length;

test('what CometChat’s webhooks did not bring arrives all the same, once and in order', { timeout: 120_000 }, async () => {
  await until(() => rounds() > 0, { why: () => 'nothing is looked for' });
  const first = post('line 1');
  const second = post('line 2');
  for (const target of ['discord', 'telegram'] as const) await until(() => shown(target).length === 2);

  world.connect('http://127.0.0.1:9');
  edit(first, 'line 1!');
  remove(second);
  for (const line of [3, 4, 5]) post(`line ${line}`);
  const wanted = { discord: ['line 1!', 'line 3', 'line 4', 'line 5'], telegram: ['line 1!', 'line 3', 'line 4', 'line 5'] };
  for (const target of ['discord', 'telegram'] as const)
    await until(() => shown(target).length === wanted[target].length && shown(target)[0] === 'line 1!', {
      why: () => `${target} shows ${JSON.stringify(shown(target))}`,
    });

  world.connect(bridge.ingress);
  post('line 6');
  const before = rounds();
  await until(() => rounds() > before + 3);
  for (const target of ['discord', 'telegram'] as const) {
    await until(() => shown(target).includes('line 6'));
    expect(shown(target)).toEqual([...wanted[target], 'line 6']);
  }
});
