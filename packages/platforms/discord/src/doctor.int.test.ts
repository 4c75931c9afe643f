import { conversationId, refuseUrls } from '@bridge/core';
import type { Finding, Log, PlatformInstance, SetupStep } from '@bridge/core';
import { startDiscordSimulator } from '@bridge/simulators';
import type { DiscordSimulator, DiscordSimulatorOptions, PermissionName } from '@bridge/simulators';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { token } from './fixtures/payloads.ts';
import { platform } from './index.ts';
import { webhookTitle } from './webhooks.ts';

const silent: Log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
const room = '1200000000000000001';
const thread = '1200000000000000002';
const locked = '1200000000000000003';
const ana = '1300000000000000001';

let sim: DiscordSimulator;
const instances: PlatformInstance[] = [];
const begin = async (options: Partial<DiscordSimulatorOptions> = {}): Promise<void> => {
  sim = await startDiscordSimulator({
    token,
    people: [{ id: ana, name: 'Ana' }],
    rooms: [
      {
        id: room,
        name: 'general',
        threads: [
          { id: thread, name: 'plans' },
          { id: locked, name: 'closed', locked: true },
        ],
      },
    ],
    ...options,
  });
};
beforeEach(async () => begin());
afterEach(async () => {
  await Promise.all(instances.splice(0).map(async ({ sender }) => sender.close()));
  await sim.close();
});

function instance(settings: Partial<Parameters<typeof platform.create>[0]> = {}): PlatformInstance {
  const made = platform.create(
    {
      token,
      apiUrl: sim.url,
      senderMode: 'puppets',
      applicationId: undefined,
      publicKey: undefined,
      webhookSecret: undefined,
      ...settings,
    },
    { log: silent, requireAuth: true, openUrl: refuseUrls },
  );
  instances.push(made);
  return made;
}
const look = (...conversations: readonly string[]) => ({
  conversations: conversations.map(conversationId),
  signal: new AbortController().signal,
});
async function all<T>(found: AsyncIterable<T> = (async function* none() {})()): Promise<T[]> {
  const list: T[] = [];
  for await (const one of found) list.push(one);
  return list;
}
async function findings(of: PlatformInstance = instance(), ...conversations: readonly string[]): Promise<Finding[]> {
  const found = await all(of.doctor?.(look(...conversations)));
  expect(JSON.stringify(found)).not.toContain(token);
  for (const { status, fix, check } of found) if (status !== 'pass') expect(fix, check).toBeTruthy();
  return found;
}
const troubles = (found: readonly Finding[]): string[] =>
  found.filter(({ status }) => status !== 'pass').map(({ check, status }) => `${check}: ${status}`);

describe('doctor', () => {
  test('all is well', async () => {
    const found = await findings(instance(), room, thread);
    expect(found.map(({ check, status }) => [check, status])).toEqual([
      ['token', 'pass'],
      ['intents', 'pass'],
      ['sessions', 'pass'],
      [`channel ${room}`, 'pass'],
      [`channel ${thread}`, 'pass'],
    ]);
  });

  test('the token is wrong: nothing else is looked at', async () => {
    sim.setToken('another');
    expect(troubles(await findings(instance(), room))).toEqual(['token: fail']);
  });

  test('Discord is not there, or something else is', async () => {
    expect(troubles(await findings(instance({ apiUrl: 'http://127.0.0.1:1/api' }), room))).toEqual(['token: fail']);
    sim.faults.add({ fault: { kind: 'status', status: 502, html: true }, match: /applications/ });
    expect(troubles(await findings())).toEqual(['application: fail']);
  });

  test('messages may not be read', async () => {
    await sim.close();
    await begin({ allowedIntents: { messageContent: false } });
    const found = await findings();
    expect(troubles(found)).toEqual(['intents: fail']);
    expect(found.find(({ check }) => check === 'intents')?.fix).toContain('Message Content Intent');
  });

  test('ids and keys of another application', async () => {
    const found = await findings(instance({ applicationId: '1999999999999999999', publicKey: 'ab'.repeat(32) }));
    expect(troubles(found)).toEqual(['application: fail', 'public-key: warn']);
    expect(found.find(({ check }) => check === 'application')?.fix).toContain(sim.applicationId);
  });

  test('few sessions are left', async () => {
    await sim.close();
    await begin({ identifyBudget: 5 });
    expect(troubles(await findings())).toEqual([]);
    const stop = new AbortController();
    const running = instance().stream?.run({
      emit: async () => Promise.resolve(),
      checkpoint: { load: async () => Promise.resolve(undefined), save: async () => Promise.resolve() },
      status: () => undefined,
      signal: stop.signal,
    });
    await expect.poll(() => sim.gateway.identifies).toBe(1);
    stop.abort();
    await running;
    expect(troubles(await findings())).toEqual(['sessions: warn']);
    sim.faults.add({ fault: { kind: 'status', status: 500 }, match: /gateway/ });
    expect(troubles(await findings())).toEqual(['sessions: fail']);
  });

  test.each<[PermissionName, string, 'fail' | 'warn']>([
    ['MANAGE_WEBHOOKS', 'Manage Webhooks', 'fail'],
    ['READ_MESSAGE_HISTORY', 'Read Message History', 'warn'],
    ['SEND_MESSAGES_IN_THREADS', 'Send Messages in Threads', 'warn'],
    ['CREATE_PUBLIC_THREADS', 'Create Public Threads', 'warn'],
    ['ATTACH_FILES', 'Attach Files', 'warn'],
    ['EMBED_LINKS', 'Embed Links', 'warn'],
    ['ADD_REACTIONS', 'Add Reactions', 'warn'],
    ['MANAGE_MESSAGES', 'Manage Messages', 'warn'],
  ])('without %s, also for a thread', async (name, words, status) => {
    sim.setPermissions(room, { [name]: false });
    for (const conversation of [room, thread]) {
      const [trouble, ...more] = (await findings(instance(), conversation)).filter((one) => one.status !== 'pass');
      expect(trouble).toMatchObject({ check: `channel ${conversation}`, status });
      expect(trouble?.detail).toContain(words);
      expect(more).toEqual([]);
    }
  });

  test('without Send Messages, which only the single mode needs', async () => {
    sim.setPermissions(room, { SEND_MESSAGES: false });
    expect(troubles(await findings(instance(), room))).toEqual([]);
    expect(troubles(await findings(instance({ senderMode: 'single' }), room))).toEqual([`channel ${room}: fail`]);
  });

  test('a channel that is not seen, not there, or locked', async () => {
    expect(troubles(await findings(instance(), '1200000000000000999', locked))).toEqual([
      'channel 1200000000000000999: fail',
      `channel ${locked}: fail`,
    ]);
    sim.setPermissions(room, { VIEW_CHANNEL: false });
    expect(troubles(await findings(instance(), room))).toEqual([`channel ${room}: fail`]);
  });

  test('a channel that is full of webhooks, unless one is ours', async () => {
    for (let index = 0; index < 14; index += 1) sim.addWebhook({ room, name: `x${index}` });
    const { id } = sim.addWebhook({ room, name: webhookTitle, applicationId: sim.applicationId });
    expect(troubles(await findings(instance(), room))).toEqual([]);
    sim.deleteWebhook(id);
    sim.addWebhook({ room, name: 'y' });
    expect(troubles(await findings(instance(), room))).toEqual([`channel ${room}: fail`]);
  });
});

describe('setup', () => {
  const steps = async (of: PlatformInstance = instance(), ...conversations: readonly string[]): Promise<SetupStep[]> =>
    all(of.setup?.(look(...conversations)));

  test('switches the intent on, makes the webhook, and is done', async () => {
    await sim.close();
    await begin({ allowedIntents: { messageContent: false } });
    const done = await steps(instance(), room, thread);
    expect(done.map(({ status }) => status)).toEqual(['done', 'done', 'done', 'done']);
    expect(sim.webhooks.map(({ name }) => name)).toEqual([webhookTitle]);
    expect(troubles(await findings(instance(), room))).toEqual([]);
    expect((await steps(instance(), room)).map(({ status }) => status)).toEqual(['done', 'done', 'done']);
    expect(sim.webhooks).toHaveLength(1);
  });

  test('tells how to invite the bot, with all permissions', async () => {
    const [, invite, channels] = await steps();
    expect(invite?.status).toBe('todo');
    expect(invite?.say).toContain(`client_id=${sim.applicationId}&scope=bot&permissions=`);
    const permissions = BigInt(/permissions=(\d+)/.exec(invite?.say ?? '')?.[1] ?? '0');
    for (const bit of [6n, 10n, 11n, 13n, 14n, 15n, 16n, 29n, 35n, 38n]) expect(permissions & (1n << bit)).toBeGreaterThan(0n);
    expect(channels?.say).toContain('bridges.yaml');
  });

  test('says what it could not do', async () => {
    sim.setPermissions(room, { MANAGE_WEBHOOKS: false });
    const told = await steps(instance(), room);
    expect(told.map(({ status }) => status)).toEqual(['done', 'todo', 'failed']);
    expect(told[2]?.say).toContain('Manage Webhooks');
    sim.setToken('another');
    expect(await steps()).toMatchObject([{ status: 'failed' }]);
  });

  test('leaves it to a person where Discord does not let a bot', async () => {
    await sim.close();
    await begin({ allowedIntents: { messageContent: false } });
    sim.faults.add({ fault: { kind: 'status', status: 403 }, match: /PATCH \/applications/ });
    expect(await steps()).toMatchObject([{ status: 'todo', say: expect.stringContaining('Message Content Intent') }, {}, {}]);
  });
});
