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
  world = await createWorld({ smallGroups: true });
  bridge = await install({ world, redisUrl: redis.url, processes: ['ingress,gateway,router,sender', 'router,sender'] });
});

afterAll(async () => {
  await bridge.stop();
  await world.close();
  await redis.stop();
});

const room = (platform: PlatformName) => world.rooms[0]?.[platform] ?? '';
const post = (platform: PlatformName, text: string, at = room(platform)) =>
  world.simulators[platform].post({ room: at, author: world.people[platform], text });
const shown = (platform: PlatformName, at = room(platform)) =>
  world.simulators[platform].messages(at).flatMap(({ text }) => /line \d+/.exec(text)?.[0] ?? []);
const lines = (from: number, to: number) => Array.from({ length: to - from }, (_, n) => `line ${from + n}`);

test('a Telegram group that becomes a supergroup is followed both ways, in order, and the operator is told', {
  timeout: 120_000,
}, async () => {
  const old = room('telegram');
  for (const line of lines(0, 3)) post('cometchat', line);
  await until(() => shown('telegram', old).length === 3);

  const next = world.simulators.telegram.upgradeToSupergroup(old);
  for (const line of lines(3, 13)) post('cometchat', line);
  await until(() => shown('telegram', next).length === 10);
  expect([shown('telegram', old), shown('telegram', next)]).toEqual([lines(0, 3), lines(3, 13)]);

  post('telegram', 'line 13', next);
  for (const platform of ['cometchat', 'discord'] as const) await until(() => shown(platform).includes('line 13'));
  post('discord', 'line 14');
  await until(() => shown('telegram', next).includes('line 14'));
  expect(shown('telegram', old)).toEqual(lines(0, 3));

  const health: unknown = await (await fetch(`${bridge.ingress}/health`)).json();
  expect(health).toMatchObject({
    status: 'healthy',
    notes: [`telegram conversation ${old} is ${next} now: in bridges.yaml, bridge bridge-0, write the new id.`],
  });
  const output = bridge.processes.map((one) => one.output()).join('\n');
  expect(output).toContain(`in bridge bridge-0, write ${next} in place of ${old}`);
});
