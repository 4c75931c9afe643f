import { randomBytes } from 'node:crypto';
import { type RedisServer, startRedis } from '@bridge/testing';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type WithConsole, installConsole } from './support/console.ts';
import type { Installation } from './support/processes.ts';
import { until } from './support/until.ts';
import { type World, createWorld, platformNames } from './support/world.ts';

let redis: RedisServer;
let world: World;
let bridge: Installation;
let installed: WithConsole;
const sessionSecret = randomBytes(32).toString('hex');

beforeAll(async () => {
  redis = await startRedis({ appendfsync: 'always' });
  world = await createWorld();
  installed = await installConsole(world, redis.url, {
    processes: ['ingress,gateway', 'router', 'sender', 'console'],
    env: { LOG_LEVEL: 'trace', JWT_SECRET: sessionSecret },
  });
  ({ bridge } = installed);
});

afterAll(async () => {
  await world.close();
  await redis.stop();
});

async function read(client: Redis, key: string): Promise<unknown> {
  switch (await client.type(key)) {
    case 'string':
      return client.get(key);
    case 'list':
      return client.lrange(key, 0, '-1');
    case 'set':
      return client.smembers(key);
    case 'zset':
      return client.zrange(key, 0, '-1');
    case 'hash':
      return client.hgetall(key);
    default:
      return client.xrange(key, '-', '+');
  }
}

/** All keys with all that is in them, as text. */
async function dump(): Promise<string> {
  const client = new Redis(redis.url);
  const texts: string[] = [];
  for (const key of await client.keys('*')) {
    const value = await read(client, key);
    texts.push(key, String(JSON.stringify(value)));
  }
  client.disconnect();
  return texts.join('\n');
}

/** What the console shows to whoever is logged in, and the session that it took. */
async function consoleShows(): Promise<{ readonly shown: string; readonly session: string }> {
  const { url, password } = installed;
  const login = await fetch(`${url}/login`, {
    method: 'POST',
    redirect: 'manual',
    headers: { origin: url },
    body: new URLSearchParams({ password }),
  });
  const cookie = login.headers.get('set-cookie')?.split(';')[0] ?? '';
  const lists = (['discord', 'telegram', 'cometchat'] as const).map(
    (platform) => `/bullmq/api/queues?activeQueue=outbound-${platform}-dead&status=failed&page=1&jobsPerPage=50`,
  );
  const paths = ['/', '/api/about', '/api/configuration', '/api/dead/groups', '/api/bridges', '/api/messages?q=1', '/bullmq/', ...lists];
  const answers = await Promise.all(paths.map((path) => fetch(`${url}${path}`, { headers: { cookie } })));
  expect(answers.map(({ status }) => status)).toEqual(paths.map(() => 200));
  return { shown: (await Promise.all(answers.map((answer) => answer.text()))).join('\n'), session: cookie.split('=')[1] ?? '' };
}

test('no secret is in any line, job, dead letter or key, while everything that can fail fails', { timeout: 90_000 }, async () => {
  const rooms = world.rooms[0] ?? { cometchat: '', discord: '', telegram: '' };
  const words = 'the words that people write';
  for (const platform of platformNames) {
    const { faults } = world.simulators[platform];
    faults.add({ fault: { kind: 'status', status: 500, html: true }, match: /messages|sendMessage|webhooks/i, times: 1 });
    faults.add({ fault: { kind: 'reset' }, match: /messages|sendMessage|webhooks/i, times: 1 });
    faults.add({ fault: { kind: 'accept-then-reset' }, match: /messages|sendMessage|webhooks/i, times: 1 });
    faults.add({ fault: { kind: 'rate-limit', retryAfterMs: 300 }, match: /messages|sendMessage|webhooks/i, times: 1 });
    faults.add({ fault: { kind: 'status', status: 403 }, match: /messages|sendMessage|webhooks/i, times: 1 });
  }
  for (const platform of platformNames)
    world.simulators[platform].post({ room: rooms[platform], author: world.people[platform], text: `${words}, on ${platform}` });
  await fetch(`${bridge.ingress}/telegram`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-telegram-bot-api-secret-token': `${world.secrets[3] ?? ''}x` },
    body: '{',
  });
  const attempts = () =>
    bridge.processes
      .map((one) => one.output())
      .join('')
      .split('delivery.attempted').length - 1;
  await until(() => attempts() >= 12, { timeoutMs: 60_000, why: () => `only ${attempts()} attempts were made` });
  // What died stays dead; this one goes through, and with it a webhook's token was used.
  world.simulators.telegram.post({ room: rooms.telegram, author: world.people.telegram, text: `${words}, again` });
  await until(() => world.simulators.discord.messages(rooms.discord).some((message) => message.text.includes('again')), {
    timeoutMs: 60_000,
  });
  const inRedis = await dump();
  const { shown, session } = await consoleShows();
  expect(shown).toContain('outbound-discord-dead');
  await bridge.stop();
  const output = bridge.processes.map((one) => one.output()).join('\n');
  const webhookTokens = [
    ...JSON.stringify(world.simulators.discord.calls.map((call) => call.path)).matchAll(/webhooks\/\d+\/([\w-]{20,})/g),
  ].map((match) => match[1] ?? '');
  expect(webhookTokens.length).toBeGreaterThan(0);
  for (const secret of new Set([...world.secrets, ...webhookTokens, installed.password, sessionSecret, session])) {
    for (const form of [
      secret,
      encodeURIComponent(secret),
      Buffer.from(secret).toString('base64'),
      Buffer.from(`cometchat:${secret}`).toString('base64'),
    ]) {
      expect(output.includes(form), 'in the output').toBe(false);
      expect(inRedis.includes(form), 'in Redis').toBe(false);
      expect(shown.includes(form), 'on the console').toBe(false);
    }
  }
  expect(output.includes(words), 'people’s words in the output').toBe(false);
  expect(shown.includes(words), 'people’s words on the console').toBe(false);
});
