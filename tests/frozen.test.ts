import { type RedisServer, startRedis } from '@bridge/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Installation, type RoleProcess, install } from './support/processes.ts';
import { until } from './support/until.ts';
import { type World, createWorld } from './support/world.ts';

let redis: RedisServer;
let world: World;
let bridge: Installation;

beforeAll(async () => {
  redis = await startRedis({ appendfsync: 'always' });
  world = await createWorld();
  bridge = await install({ world, redisUrl: redis.url, processes: ['ingress,gateway,router', 'sender'] });
});

afterAll(async () => {
  expect((await bridge.stop()).every((code) => code === 0)).toBe(true);
  await world.close();
  await redis.stop();
});

const said = ({ output }: RoleProcess, ...words: readonly string[]) =>
  output()
    .split('\n')
    .some((line) => words.every((one) => line.includes(one)));

test('a sender frozen between the attempt that it wrote down and its call does not make the call when it goes on', async () => {
  const { cometchat, discord } = world.simulators;
  const [room] = world.rooms;
  const frozen = bridge.processes.at(-1);
  if (room === undefined || frozen === undefined) throw new Error('there is a room, and a sender');
  // The webhook is asked for before the message is sent; the answer comes while nobody is there to read it.
  discord.faults.add({ fault: { kind: 'delay', delayMs: 3_000 }, match: /^GET \/channels\/\d+\/webhooks$/, times: 1 });
  cometchat.post({ room: room.cometchat, author: world.people.cometchat, text: 'once and no more' });
  await until(() => discord.faults.hits.delay === 1);
  frozen.kill('SIGSTOP');
  bridge.add('sender');
  const copies = () => discord.messages(room.discord).filter(({ text }) => text.includes('once and no more'));
  await until(() => copies().length > 0, { timeoutMs: 90_000 });
  frozen.kill('SIGCONT');
  await until(() => said(frozen, 'delivery.attempted', '"target":"discord"', '"outcome":"requeue"'));
  expect(copies()).toHaveLength(1);
});
