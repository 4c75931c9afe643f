import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCli } from '@bridge/cli';
import { discoverPlatforms } from '@bridge/runtime';
import { type RedisServer, ownPort, startRedis } from '@bridge/testing';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { type Fault, type Site, faults, rooms } from './support/doctor-faults.ts';
import { type Installation, environmentOf, install } from './support/processes.ts';
import { until } from './support/until.ts';
import { type World, createWorld } from './support/world.ts';

type Change = Readonly<Record<string, string>>;

let server: RedisServer;
let redis: Redis;
let world: World;
let bridge: Installation;
let folder: string;
let good: Change;
/** What is wrong with the settings at the moment. */
let change: Change = {};
let site: Site;

beforeAll(async () => {
  server = await startRedis({ appendfsync: 'always' });
  redis = new Redis(server.url);
  world = await createWorld();
  folder = await mkdtemp(join(tmpdir(), 'bridge-doctor-'));
  await writeFile(join(folder, 'bridges.yaml'), world.bridgesYaml);
  const own = {
    REDIS_PREFIX: 'doctor',
    CONSOLE_PORT: String((await ownPort()).port),
    CONSOLE_PASSWORD: 'only for these tests',
    COMETCHAT_CATCH_UP_SECONDS: '1',
  };
  const processes = ['ingress', 'gateway,sender', 'router', 'console'];
  bridge = await install({ world, redisUrl: server.url, processes, env: own });
  world.simulators.cometchat.setWebhook(undefined);
  good = { ...environmentOf(world, server.url), ...own, PORT: new URL(bridge.ingress).port, PUBLIC_URL: bridge.ingress };
  site = { world, bridge, redis, redisUrl: server.url, cli, typeInWebhook };
});

afterAll(async () => {
  await bridge?.stop();
  await world?.close();
  redis?.disconnect();
  await server?.stop();
  await rm(folder, { recursive: true, force: true });
});

/** The command line's own entry, with sockets to the simulators, to Redis and to the bridge's processes. */
async function run(args: readonly string[]) {
  const said: string[] = [];
  const code = await runCli(args, {
    cwd: folder,
    env: { ...good, ...change },
    stdout: (text) => void said.push(text),
    stderr: (text) => void said.push(text),
    line: async () => '',
    platforms: async () => discoverPlatforms(),
  });
  const text = said.join('');
  if (!args.includes('--show')) for (const secret of world.secrets) expect(text).not.toContain(secret);
  return { code, text };
}

async function cli(...args: readonly string[]): Promise<string> {
  const { code, text } = await run(args);
  if (code !== 0) throw new Error(`bridge ${args.join(' ')} ended with ${code}: ${text}`);
  return text;
}

const reportSchema = z.object({
  ok: z.boolean(),
  findings: z.array(z.object({ about: z.string(), check: z.string(), status: z.string(), detail: z.string(), fix: z.string().optional() })),
});

/** That the address is one of this machine, which no test can change. */
const asEverywhere = 'public-url/address: warn';

async function findings() {
  const { code, text } = await run(['doctor', '--json']);
  const { ok, findings: all } = reportSchema.parse(JSON.parse(text));
  expect(code).toBe(ok ? 0 : 1);
  const wrong = all.filter(({ status }) => status !== 'pass');
  for (const { about, check, fix } of wrong) expect(fix, `${about}/${check}`).toBeTruthy();
  return wrong
    .map(({ about, check, status, detail, fix = '' }) => ({ what: `${about}/${check}: ${status}`, detail, fix }))
    .filter(({ what }) => what !== asEverywhere);
}

async function untilFound(expected: readonly string[]): Promise<Awaited<ReturnType<typeof findings>>> {
  let last: Awaited<ReturnType<typeof findings>> = [];
  const same = async () => {
    last = await findings();
    return JSON.stringify(last.map(({ what }) => what).toSorted()) === JSON.stringify(expected.toSorted());
  };
  await until(same, { why: () => `expected ${JSON.stringify(expected)}, found ${JSON.stringify(last, undefined, 2)}` });
  return last;
}

const changeOf = (env: Fault['env'] = {}): Change => (typeof env === 'function' ? env(site) : env);
const configure = async (env: Fault['env'], yaml = world.bridgesYaml): Promise<void> => {
  change = changeOf(env);
  await writeFile(join(folder, 'bridges.yaml'), yaml);
};

/** Reads the steps as a person does, and does what they say. */
async function typeInWebhook(): Promise<void> {
  const steps = await cli('setup', 'cometchat', '--show');
  const field = (name: RegExp): string => name.exec(steps)?.[1] ?? '';
  const triggers = [...steps.matchAll(/Trigger, ticked by itself: (\S+)/g)].map(([, trigger = '']) => trigger);
  expect(triggers).toContain('message_sent');
  world.simulators.cometchat.setWebhook({
    id: field(/Webhook ID: (\S+)/),
    url: field(/URL: (\S+)/),
    username: field(/Username: (\S+)/),
    password: field(/Password: (\S+)/),
    retryOnFailure: steps.includes('Retry on failure: on'),
    triggers,
  });
}

test('before anything has come, CometChat’s webhook is unknown; set up as `bridge setup` says, all is well', async () => {
  expect(await untilFound(['cometchat/webhook: warn'])).toMatchObject([{ fix: expect.stringContaining('message_sent') }]);
  await typeInWebhook();
  world.simulators.cometchat.post({ room: rooms.cometchat, author: world.people.cometchat, text: 'hello' });
  await untilFound([]);
  expect((await run(['doctor'])).text).toMatch(/0 to mend, 1 to look at, \d+ fine/);
});

describe.each(Object.entries(faults))('broken in %s', (_where, broken) => {
  test.each(broken)('$what: found, and gone when its fix is carried out', async (fault) => {
    try {
      await configure(fault.env, fault.yaml?.(world.bridgesYaml));
      await fault.break?.(site);
      const found = await untilFound(fault.found.map(([what]) => what));
      for (const [what, fix] of fault.found) expect(found.find((one) => one.what === what)?.fix, what).toMatch(fix);
    } finally {
      await configure(fault.mendEnv);
      await fault.mend?.(site);
    }
    await untilFound([]);
    await configure({});
    await fault.restore?.(site);
  });
});

describe('`bridge setup` says what it cannot do, and ends with 1', () => {
  test.each<[string, Change, RegExp]>([
    ['telegram', { TELEGRAM_BOT_TOKEN: '8000000001:wrong' }, /@BotFather/],
    ['telegram', { TELEGRAM_API_URL: 'http://127.0.0.1:1' }, /cannot be reached/],
    ['discord', { DISCORD_BOT_TOKEN: 'another-token' }, /DISCORD_BOT_TOKEN/],
    ['discord', { DISCORD_API_URL: 'http://127.0.0.1:1/api' }, /reach|answer/],
    ['cometchat', { COMETCHAT_API_KEY: 'wrong' }, /COMETCHAT_API_KEY/],
    ['cometchat', { COMETCHAT_API_URL: 'http://127.0.0.1:1/v3' }, /reach|answer/],
    ['cometchat', { PUBLIC_URL: 'http://bridge.example.org' }, /https/],
    ['cometchat', { COMETCHAT_WEBHOOK_SECRET: 'with-a-dash' }, /COMETCHAT_WEBHOOK_SECRET/],
  ])('%s with %j', async (platform, env, fix) => {
    await configure(env);
    const { code, text } = await run(['setup', platform]);
    await configure({});
    expect([code, text]).toEqual([1, expect.stringMatching(fix)]);
  });
});
