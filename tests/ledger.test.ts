import { type RedisServer, startRedis } from '@bridge/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createLedger } from './support/ledger.ts';
import { type Installation, install } from './support/processes.ts';
import { until } from './support/until.ts';
import { type World, createWorld, platformNames } from './support/world.ts';

const bridges = 100;
const messages = 10_000;
const mostUnderWay = 500;

let redis: RedisServer;
let world: World;
let bridge: Installation;

beforeAll(async () => {
  redis = await startRedis({ appendfsync: 'always' });
  // What CometChat takes for unanswered it does not tell again, and a busy machine may be silent for two seconds.
  world = await createWorld({ bridges, webhookTimeoutMs: 20_000 });
  bridge = await install({
    world,
    redisUrl: redis.url,
    processes: ['ingress', 'gateway', 'router', 'router', 'sender', 'sender'],
    env: { LOG_LEVEL: 'warn' },
  });
}, 60_000);

afterAll(async () => {
  expect(await bridge.stop()).toEqual([0, 0, 0, 0, 0, 0]);
  await world.close();
  await redis.stop();
});

test('10,000 messages over 100 conversations in six directions: none lost, doubled or reordered', { timeout: 600_000 }, async () => {
  const ledger = createLedger(world);
  // As fast as the bridge carries it and no faster: what counts here is each message, not how many can wait.
  for (let n = 0; n < messages; n += 1) {
    if (n % 50 === 0)
      await until(() => 2 * ledger.written - ledger.arrived() < mostUnderWay, {
        timeoutMs: 180_000,
        why: () => `${ledger.arrived()} of ${2 * ledger.written} copies arrived`,
      });
    ledger.write(platformNames[n % 3] ?? 'discord', Math.floor(n / 3) % bridges);
  }
  await until(() => ledger.arrived() >= 2 * messages, {
    timeoutMs: 300_000,
    why: () => `${ledger.arrived()} of ${2 * messages} copies arrived`,
  });
  const { expected, ...faults } = ledger.audit();
  expect(expected).toBe(2 * messages);
  const counts = Object.fromEntries(Object.entries(faults).map(([kind, found]) => [kind, found.length]));
  expect(counts, JSON.stringify(faults, null, 1).slice(0, 4_000)).toEqual({ lost: 0, duplicated: 0, reordered: 0, unexpected: 0 });
});
