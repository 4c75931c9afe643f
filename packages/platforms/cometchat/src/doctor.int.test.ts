import { conversationId, type DoctorLook, type Finding, type PlatformInstance, type SetupStep } from '@bridge/core';
import type { CometChatSimulator } from '@bridge/simulators';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { CometChatSettings } from './config.ts';
import { apiKey, guid, startCometChat } from './fixtures/bridge.ts';
import { openUrlFor } from './fixtures/open-url.ts';
import { platform } from './index.ts';

const log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
const secret = 'Webhook1Secret';
const here = new URL('https://bridge.example.org');
let cometchat: CometChatSimulator;
let instance: PlatformInstance | undefined;
beforeEach(async () => {
  cometchat = await startCometChat();
});
afterEach(async () => {
  expect(cometchat.violations).toEqual([]);
  await instance?.sender.close();
  await cometchat.close();
});

function make(settings: Partial<CometChatSettings> = {}): PlatformInstance {
  instance = platform.create(
    {
      appId: '2345678',
      region: 'eu',
      apiKey,
      apiUrl: cometchat.url,
      webhookUsername: 'cometchat',
      webhookSecret: secret,
      senderMode: 'puppets',
      bridgeUid: 'bridge',
      moderation: 'relay',
      catchUpSeconds: 60,
      ...settings,
    },
    { log, requireAuth: true, openUrl: openUrlFor() },
  );
  return instance;
}

const look = (more: Partial<DoctorLook> = {}): DoctorLook => ({
  publicUrl: here,
  conversations: [conversationId(`group:${guid}`), conversationId('user:cometchat-uid-1')],
  signal: AbortSignal.timeout(60_000),
  lastReceivedAt: Date.now() - 3 * 60_000,
  ...more,
});

async function all<T extends Finding | SetupStep>(found: AsyncIterable<T> | undefined): Promise<readonly T[]> {
  const results: T[] = [];
  for await (const one of found ?? []) results.push(one);
  const told = JSON.stringify(results);
  expect(told).not.toContain(apiKey);
  return results;
}
const examine = async (settings: Partial<CometChatSettings> = {}, more: Partial<DoctorLook> = {}) => {
  const findings = await all(make(settings).doctor?.(look(more)));
  expect(JSON.stringify(findings)).not.toContain(secret);
  for (const { status, fix } of findings) if (status !== 'pass') expect(fix ?? '').not.toBe('');
  return findings;
};
const wrong = (findings: readonly Finding[]) => findings.filter(({ status }) => status !== 'pass');

describe('doctor', () => {
  test('finds nothing wrong where nothing is', async () => {
    const findings = await examine();
    expect(wrong(findings)).toEqual([]);
    expect(findings.map(({ check }) => check)).toEqual([
      'api key',
      'acting as users',
      `group ${guid}`,
      'user cometchat-uid-1',
      'public url',
      'webhook',
    ]);
    expect(findings.at(-1)?.detail).toContain('3 minutes ago');
  });

  test('a wrong key, after which it asks no more', async () => {
    const findings = await examine({ apiKey: 'wrong' });
    expect(wrong(findings)).toMatchObject([{ check: 'api key', status: 'fail', fix: expect.stringContaining('COMETCHAT_API_KEY') }]);
    expect(cometchat.calls).toHaveLength(1);
  });

  test('an API that cannot be reached', async () => {
    const findings = await examine({ apiUrl: 'http://127.0.0.1:1/v3' });
    expect(wrong(findings)).toMatchObject([{ check: 'api key', status: 'fail', fix: expect.stringContaining('COMETCHAT_REGION') }]);
  });

  test('a key that cannot act for users', async () => {
    await all(make().setup?.(look()));
    const match = /^GET \/users\/bridge$/;
    // The first look at the user is without acting for it.
    cometchat.faults.add({ fault: { kind: 'delay', delayMs: 0 }, match, times: 1 });
    cometchat.faults.add({ fault: { kind: 'status', status: 403 }, match });
    expect(wrong(await examine())).toMatchObject([
      { check: 'acting as users', status: 'fail', fix: expect.stringContaining('fullAccess') },
    ]);
    cometchat.faults.clear();
    expect(wrong(await examine())).toEqual([]);
  });

  test('rooms that are not there, each by its name', async () => {
    const conversations = [conversationId('group:nowhere'), conversationId('user:nobody'), conversationId(`group:${guid}`)];
    expect(wrong(await examine({}, { conversations }))).toMatchObject([
      {
        check: 'group nowhere',
        status: 'fail',
        detail: 'There is no group nowhere in app 2345678.',
        fix: expect.stringContaining('`group`'),
      },
      { check: 'user nobody', status: 'fail', fix: expect.stringContaining('`user`') },
    ]);
  });

  test('a room that cannot be looked at', async () => {
    cometchat.faults.add({ fault: { kind: 'status', status: 500 }, match: /^GET \/groups/ });
    expect(wrong(await examine())).toMatchObject([{ check: `group ${guid}`, status: 'fail' }]);
  });

  test.each<[string, Partial<DoctorLook>, RegExp]>([
    ['http://bridge.example.org', {}, /certificate/],
    [`https://bridge.example.org/${'x'.repeat(250)}/`, {}, /shorter/],
  ])('a public address that is none to CometChat: %s', async (url, _more, fix) => {
    expect(wrong(await examine({}, { publicUrl: new URL(url) }))).toMatchObject([
      { check: 'public url', status: 'fail', fix: expect.stringMatching(fix) },
    ]);
  });

  test('no public address at all', async () => {
    const { publicUrl: _none, ...rest } = look();
    const findings = await all(make().doctor?.(rest));
    expect(wrong(findings)).toMatchObject([{ check: 'public url', status: 'fail', fix: expect.stringContaining('PUBLIC_URL') }]);
  });

  test('no webhook ever, since CometChat tells nobody how they are set up', async () => {
    const { lastReceivedAt: _never, ...rest } = look();
    expect(wrong(await all(make({ moderation: 'approved' }).doctor?.(rest)))).toMatchObject([
      {
        check: 'webhook',
        status: 'warn',
        fix: expect.stringMatching(/https:\/\/bridge\.example\.org\/cometchat.*message_sent.*moderation_engine_approved/),
      },
    ]);
  });

  test('that the last webhook was refused, until one is taken', async () => {
    const now = Date.now();
    const refused = await examine({}, { webhookSeen: { accepted: now - 300_000, refused: now - 200_000, missed: now - 100_000 } });
    expect(wrong(refused)).toMatchObject([
      { check: 'webhook', status: 'warn', detail: expect.stringContaining('3 minutes ago'), fix: expect.stringContaining('--show') },
    ]);
    expect(wrong(await examine({}, { webhookSeen: { accepted: now, refused: now - 200_000 } }))).toEqual([]);
  });

  test('that messages come without their webhook, until one comes again', async () => {
    const now = Date.now();
    const { lastReceivedAt: _none, ...rest } = look({ webhookSeen: { missed: now - 200_000 } });
    for (const found of [await all(make().doctor?.(rest)), await examine({}, { webhookSeen: { accepted: now - 300_000, missed: now } })])
      expect(wrong(found)).toMatchObject([
        { check: 'webhook', status: 'warn', fix: expect.stringContaining('message_sent, message_edited') },
      ]);
    expect(wrong(await examine({}, { webhookSeen: { accepted: now, missed: now - 200_000 } }))).toEqual([]);
  });

  test('nothing wrong with a plain address where both are on one machine', async () => {
    expect(wrong(await examine({}, { publicUrl: new URL('http://127.0.0.1:3000') }))).toEqual([]);
  });

  test.each([{ webhookSecret: 'with-a-dash' }, { webhookSecret: 'x'.repeat(101) }, { webhookUsername: 'with space' }])(
    'a login that the dashboard does not take: %j',
    async (settings) => {
      const findings = wrong(await all(make(settings).doctor?.(look())));
      expect(findings).toMatchObject([{ check: 'webhook login', status: 'warn' }]);
      expect(JSON.stringify(findings)).not.toContain('with-a-dash');
    },
  );

  test('a look that is given up ends', async () => {
    cometchat.faults.add({ fault: { kind: 'hang' } });
    expect(wrong(await examine({}, { signal: AbortSignal.timeout(50) }))).toMatchObject([{ check: 'api key', status: 'fail' }]);
  });
});

describe('setup', () => {
  const steps = async (settings: Partial<CometChatSettings> = {}, more: Partial<DoctorLook> = {}) =>
    all(make(settings).setup?.(look(more)));
  const said = async (...args: Parameters<typeof steps>) => (await steps(...args)).map(({ status, say }) => `${status} ${say}`).join('\n');

  test('makes the bridge’s user, once, and leaves its name alone', async () => {
    expect((await steps())[0]).toMatchObject({ status: 'done' });
    cometchat.rename({ author: 'bridge', name: 'Our Bridge' });
    expect((await steps())[0]).toMatchObject({ status: 'done' });
    expect(cometchat.users.find(({ uid }) => uid === 'bridge')?.name).toBe('Our Bridge');
  });

  test('says every field of the webhook, and the password only when asked', async () => {
    const text = await said();
    for (const field of [
      'Webhook ID: bridge',
      'URL: https://bridge.example.org/cometchat',
      'Username: cometchat',
      'COMETCHAT_WEBHOOK_SECRET',
      'Retry on failure: on',
      'message_sent',
      'message_edited',
      'message_deleted',
      'message_reaction_added',
      'message_reaction_removed',
      'moderation_engine_blocked',
    ])
      expect(text).toContain(field);
    expect(text).not.toContain(secret);
    expect(text).not.toContain('moderation_engine_approved');
    expect(await said({ moderation: 'approved' })).toContain('moderation_engine_approved');
    expect(await said({}, { showSecrets: true })).toContain(`Password: ${secret}`);
  });

  test('says what it could not do', async () => {
    const text = await said(
      { apiKey: 'wrong', webhookSecret: 'no good' },
      { conversations: [conversationId('group:x')], publicUrl: new URL('http://a.example') },
    );
    expect(text).toMatch(/^failed The bridge’s own user/);
    expect(text).toMatch(/failed The group x could not be looked at/);
    expect(text).toMatch(/failed URL/);
    expect(text).toMatch(/failed Password/);
    expect(text).not.toContain('no good');
  });

  test('names a group that is not there', async () => {
    expect(await said({}, { conversations: [conversationId('group:nowhere')] })).toContain('failed There is no group nowhere');
  });
});
