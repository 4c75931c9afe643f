import type { ConversationId, DoctorLook, Finding, PlatformInstance, SetupStep } from '@bridge/core';
import { conversationId } from '@bridge/core';
import type { TelegramSimulator, TelegramSimulatorOptions } from '@bridge/simulators';
import { afterEach, describe, expect, test } from 'vitest';
import type { TelegramSettings } from './config.ts';
import { forumId, groupId, memoryLog, startTelegram, token, valuesFor } from './fixtures/bridge.ts';
import { openUrlOf } from './fixtures/open-url.ts';
import { type RawServer, rawServer } from './fixtures/raw-server.ts';
import { platform } from './index.ts';

const signal = new AbortController().signal;
const publicUrl = new URL('http://127.0.0.1:1');
const secret = 'webhook-secret_1';
const channelId = '-1009876543210';
const ended: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ended.splice(0).toReversed()) await end();
});

const conversations = (...ids: readonly string[]): readonly ConversationId[] => ids.map(conversationId);

async function telegramWith(options: Partial<TelegramSimulatorOptions> = {}): Promise<TelegramSimulator> {
  const telegram = await startTelegram({
    rooms: [
      { id: groupId, name: 'Community' },
      { id: forumId, name: 'Forum', topics: [{ id: 7, name: 'Ideas' }] },
      { id: channelId, name: 'News', type: 'channel' },
      { id: '5550001', name: 'Ana' },
    ],
    timeScale: 0.01,
    ...options,
  });
  ended.push(async () => {
    expect(telegram.violations).toEqual([]);
    await telegram.close();
  });
  return telegram;
}

function bridgeOn(server: { readonly url: string }, change: Partial<TelegramSettings> = {}): PlatformInstance {
  const made = platform.create(valuesFor(server, { webhookSecret: secret, ...change }), {
    log: memoryLog(),
    requireAuth: true,
    openUrl: openUrlOf(),
  });
  ended.push(() => made.sender.close());
  return made;
}

async function collect<T>(all: AsyncIterable<T> | undefined): Promise<T[]> {
  const found: T[] = [];
  for await (const one of all ?? []) found.push(one);
  expect(JSON.stringify(found)).not.toContain(token.slice(8));
  expect(JSON.stringify(found)).not.toContain(secret);
  return found;
}
const look = (change: Partial<DoctorLook> = {}): DoctorLook => ({ publicUrl, conversations: [], signal, ...change });
const examine = (bridge: PlatformInstance, change: Partial<DoctorLook> = {}): Promise<Finding[]> => collect(bridge.doctor?.(look(change)));
const setUp = (bridge: PlatformInstance, change: Partial<DoctorLook> = {}): Promise<SetupStep[]> => collect(bridge.setup?.(look(change)));
const bad = (findings: readonly Finding[]) => findings.filter(({ status }) => status !== 'pass');

describe('doctor finds', () => {
  test('nothing where all is well, and says what it looked at', async () => {
    const telegram = await telegramWith();
    const bridge = bridgeOn(telegram);
    await bridge.register?.(publicUrl, signal);
    const findings = await examine(bridge, { conversations: conversations(groupId, `${forumId}/7`, forumId, channelId, '5550001') });
    expect(bad(findings)).toEqual([]);
    expect(findings.map(({ check }) => check)).toEqual([
      'token',
      'privacy',
      'webhook',
      'webhook-updates',
      'webhook-errors',
      'webhook-waiting',
      `chat ${groupId}`,
      `chat ${forumId}`,
      `chat ${channelId}`,
      'chat 5550001',
    ]);
    expect(findings[0]?.detail).toContain('@bridge_simulation_bot');
  });

  test('a wrong token, and looks no further', async () => {
    const telegram = await telegramWith();
    const findings = await examine(bridgeOn(telegram, { botToken: '7000001:wrong' }), { conversations: conversations(groupId) });
    expect(findings).toEqual([{ check: 'token', status: 'fail', detail: expect.any(String), fix: expect.stringContaining('@BotFather') }]);
  });

  test('that Telegram cannot be reached', async () => {
    const [finding, ...others] = await examine(bridgeOn({ url: 'http://127.0.0.1:9' }));
    expect(others).toEqual([]);
    expect(finding).toMatchObject({ check: 'token', status: 'fail', detail: expect.stringContaining('cannot be reached') });
  });

  test('privacy mode, with the steps that end it', async () => {
    const telegram = await telegramWith({ bot: { id: 7000001, privacyMode: true } });
    const bridge = bridgeOn(telegram);
    await bridge.register?.(publicUrl, signal);
    expect(bad(await examine(bridge))).toMatchObject([{ check: 'privacy', status: 'warn', fix: expect.stringContaining('/setprivacy') }]);
  });

  describe('about the webhook', () => {
    test('that there is none', async () => {
      const bridge = bridgeOn(await telegramWith());
      expect(bad(await examine(bridge))).toMatchObject([
        { check: 'webhook', status: 'fail', fix: expect.stringContaining('bridge setup telegram') },
      ]);
      const { publicUrl: _, ...blind } = look();
      expect(bad(await collect(bridge.doctor?.(blind)))).toMatchObject([{ check: 'webhook', fix: expect.stringContaining('PUBLIC_URL') }]);
    });

    test('that it leads elsewhere, without giving that address away', async () => {
      const bridge = bridgeOn(await telegramWith());
      await bridge.register?.(new URL('http://127.0.0.1:2/hidden-path'), signal);
      const [finding] = bad(await examine(bridge));
      expect(finding).toMatchObject({ check: 'webhook', status: 'fail', detail: expect.stringContaining('127.0.0.1:2') });
      expect(finding?.detail).not.toContain('hidden-path');
    });

    test.each<[readonly string[] | undefined, string]>([
      [['message', 'edited_message', 'channel_post', 'edited_channel_post'], 'message_reaction'],
      [['message', 'message_reaction'], 'edited_message, channel_post, edited_channel_post'],
      [undefined, 'message_reaction'],
    ])('that with %j it does not ask for %s', async (allowed, missing) => {
      const telegram = await telegramWith();
      await fetch(`${telegram.url}/bot${token}/setWebhook`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ url: `${publicUrl.href}telegram`, allowed_updates: allowed }),
      });
      expect(bad(await examine(bridgeOn(telegram)))).toMatchObject([
        { check: 'webhook-updates', status: 'fail', detail: expect.stringContaining(`ask for ${missing}.`) },
      ]);
    });

    test.each<[number, string]>([
      [401, 'TELEGRAM_WEBHOOK_SECRET'],
      [404, 'PUBLIC_URL'],
      [503, '/health'],
    ])('that it was answered %i lately', async (status, fix) => {
      const telegram = await telegramWith();
      const receiver: RawServer = await rawServer((_request, response) => {
        response.statusCode = status;
        response.end();
      });
      ended.push(receiver.close);
      const bridge = bridgeOn(telegram);
      await bridge.register?.(new URL(receiver.url), signal);
      telegram.post({ room: groupId, author: '5550001', text: 'x' });
      await expect.poll(() => telegram.webhookLog.length).toBeGreaterThan(0);
      expect(bad(await examine(bridge, { publicUrl: new URL(receiver.url) }))).toMatchObject([
        { check: 'webhook-errors', status: 'warn', fix: expect.stringContaining(fix) },
      ]);
    });

    test('that much waits', async () => {
      const telegram = await telegramWith();
      const bridge = bridgeOn(telegram);
      await bridge.register?.(publicUrl, signal);
      for (let n = 0; n < 120; n += 1) telegram.post({ room: groupId, author: '5550001', text: `${n}` });
      expect(bad(await examine(bridge)).map(({ check }) => check)).toContain('webhook-waiting');
    });
  });

  test('a webhook in the way of polling', async () => {
    const telegram = await telegramWith();
    await bridgeOn(telegram).register?.(publicUrl, signal);
    const bridge = bridgeOn(telegram, { mode: 'polling' });
    expect(bad(await examine(bridge))).toMatchObject([{ check: 'polling', status: 'warn' }]);
    await setUp(bridge);
    expect(bad(await examine(bridge))).toEqual([]);
  });
});

describe('doctor finds in a chat', () => {
  const inChat = async (telegram: TelegramSimulator, ...ids: readonly string[]) =>
    bad(await examine(bridgeOn(telegram, { mode: 'polling' }), { conversations: conversations(...ids) })).filter(({ check }) =>
      check.startsWith('chat'),
    );

  test('that there is none of this id', async () => {
    expect(await inChat(await telegramWith(), '-5')).toMatchObject([
      { check: 'chat -5', status: 'fail', detail: expect.stringContaining('bridges.yaml') },
    ]);
  });

  test('that the bot was removed', async () => {
    const telegram = await telegramWith();
    telegram.setBotStatus(groupId, 'kicked');
    expect(await inChat(telegram, groupId)).toMatchObject([{ status: 'fail', detail: expect.stringContaining('Add it again') }]);
  });

  test('that the bot is no administrator, which reactions need', async () => {
    const telegram = await telegramWith();
    telegram.setBotStatus(groupId, 'member');
    expect(await inChat(telegram, groupId)).toMatchObject([{ status: 'warn', detail: expect.stringContaining('reactions') }]);
  });

  test('that with privacy mode on a mere member sees nothing', async () => {
    const telegram = await telegramWith({ bot: { id: 7000001, privacyMode: true } });
    telegram.setBotStatus(groupId, 'member');
    expect(await inChat(telegram, groupId)).toContainEqual(
      expect.objectContaining({ status: 'fail', detail: expect.stringContaining('privacy mode') }),
    );
  });

  test('that a member can do nothing in a channel', async () => {
    const telegram = await telegramWith();
    telegram.setBotStatus(channelId, 'member');
    expect(await inChat(telegram, channelId)).toMatchObject([{ status: 'fail', fix: expect.stringContaining('administrator') }]);
  });

  test.each([
    [groupId, 'can_delete_messages', 'warn', 'delete'],
    [channelId, 'can_post_messages', 'fail', 'post'],
    [channelId, 'can_edit_messages', 'fail', 'edit'],
  ])('%s that the right %s is missing', async (chat, right, status, word) => {
    const telegram = await telegramWith();
    telegram.withholdRight(chat, right);
    expect(await inChat(telegram, chat)).toMatchObject([{ status, detail: expect.stringContaining(word) }]);
  });

  test('that it has no topics', async () => {
    expect(await inChat(await telegramWith(), `${groupId}/7`, `${groupId}/8`)).toMatchObject([
      { status: 'fail', fix: expect.stringContaining('topic: 7, 8') },
    ]);
  });

  test('what the simulator does not have: members without rights, files and reactions that are off', async () => {
    const chat = { id: -1, type: 'supergroup', title: 'T', available_reactions: [] };
    const answers = (permissions: object, member: object) => ({
      getMe: { id: 1, username: 'b', can_read_all_group_messages: true },
      getWebhookInfo: { url: '', pending_update_count: 0 },
      getChat: { ...chat, permissions },
      getChatMember: member,
    });
    const examined = async (results: Readonly<Record<string, object>>) => {
      const server = await rawServer((request, response) => {
        response.end(JSON.stringify({ ok: true, result: results[request.url?.split('/').at(-1) ?? ''] }));
      });
      ended.push(server.close);
      const findings = await examine(bridgeOn(server, { mode: 'polling' }), { conversations: conversations('-1') });
      return bad(findings).map(({ status, detail }) => `${status} ${detail}`);
    };
    const off = 'warn “T”: reactions are switched off, so none can be shown.';
    const reactions = 'warn “T”: reactions of people are told to administrators only, and the bot is none.';
    expect(await examined(answers({}, { status: 'restricted', can_send_messages: false }))).toEqual([
      'fail “T”: the bot may not write here.',
      reactions,
      off,
    ]);
    expect(await examined(answers({ can_send_messages: false }, { status: 'member' }))).toEqual([
      'fail “T”: members may not write here, and the bot is one.',
      reactions,
      off,
    ]);
    expect(await examined(answers({ can_send_photos: false }, { status: 'member' }))).toEqual([
      reactions,
      'warn “T”: members may not send all kinds of files here.',
      off,
    ]);
  });
});

describe('setup', () => {
  test('registers the webhook and says what only a person can do', async () => {
    const telegram = await telegramWith({ bot: { id: 7000001, privacyMode: true } });
    telegram.setBotStatus(groupId, 'member');
    const steps = await setUp(bridgeOn(telegram, { autoWebhook: false }), { conversations: conversations(groupId, channelId) });
    expect(steps.map(({ status }) => status)).toEqual(['done', 'done', 'todo', 'todo', 'todo', 'done']);
    expect(telegram.calls.find(({ path }) => path === '/setWebhook')?.body).toMatchObject({
      url: 'http://127.0.0.1:1/telegram',
      secret_token: secret,
      allowed_updates: expect.stringContaining('message_reaction'),
    });
    expect(steps.map(({ say }) => say).join('\n')).toContain('/setprivacy');
  });

  test('without PUBLIC_URL says what to set', async () => {
    const bridge = bridgeOn(await telegramWith());
    const { publicUrl: _, ...blind } = look();
    expect(await collect(bridge.setup?.(blind))).toContainEqual({ status: 'todo', say: expect.stringContaining('PUBLIC_URL') });
  });

  test('tells what Telegram refused', async () => {
    const bridge = bridgeOn(await telegramWith());
    expect(await setUp(bridge, { publicUrl: new URL('http://bridge.example.org') })).toContainEqual({
      status: 'failed',
      say: expect.stringContaining('HTTPS'),
    });
    expect(await setUp(bridgeOn(await telegramWith(), { botToken: '1:wrong' }))).toMatchObject([{ status: 'failed' }]);
  });

  test('for polling, clears the way', async () => {
    const telegram = await telegramWith();
    await bridgeOn(telegram).register?.(publicUrl, signal);
    const bridge = bridgeOn(telegram, { mode: 'polling' });
    expect((await setUp(bridge))[1]).toMatchObject({ status: 'done', say: expect.stringContaining('removed') });
    expect((await setUp(bridge))[1]).toMatchObject({ status: 'done', say: expect.stringContaining('nothing to register') });
  });
});
