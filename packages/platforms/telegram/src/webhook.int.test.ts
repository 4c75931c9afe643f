import { createServer, type Server } from 'node:http';
import type { BridgeEvent, PlatformInstance } from '@bridge/core';
import { refuseUrls } from '@bridge/core';
import type { TelegramSimulator } from '@bridge/simulators';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { forumId, groupId, memoryLog, startTelegram, token, valuesFor } from './fixtures/bridge.ts';
import { platform } from './index.ts';
import { webhookUrl } from './register.ts';

const secret = 'webhook-secret_1';
const never = new AbortController().signal;
const log = memoryLog();
let telegram: TelegramSimulator;
let instance: PlatformInstance;
let server: Server;
let publicUrl: URL;
let events: BridgeEvent[];
let own: number;

beforeEach(async () => {
  events = [];
  own = 0;
  telegram = await startTelegram({ timeScale: 0.01 });
  instance = platform.create(valuesFor(telegram, { webhookSecret: secret }), { log, requireAuth: true, openUrl: refuseUrls });
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => void chunks.push(chunk));
    request.on('end', () => {
      response.statusCode = take(request.headers, Buffer.concat(chunks));
      response.end();
    });
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  publicUrl = new URL(`http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`);
});
afterEach(async () => {
  expect(telegram.violations).toEqual([]);
  expect(log.lines.join('\n')).not.toContain(token.slice(8));
  expect(log.lines.join('\n')).not.toContain(secret);
  await instance.sender.close();
  await telegram.close();
  server.closeAllConnections();
  await new Promise((resolve) => void server.close(resolve));
});

/** What ingress and router do with a call. */
function take(headers: object, body: Buffer): number {
  const named = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
  const verified = instance.webhook?.verify({ headers: named, body });
  if (!verified?.ok) return 401;
  const received = instance.webhook?.receive(JSON.parse(body.toString('utf8')));
  for (const raw of received?.ok ? received.events : []) {
    const parsed = instance.parse(raw);
    if (parsed.kind === 'events') events.push(...parsed.events);
    if (parsed.kind === 'own') own += 1;
  }
  return 200;
}
const register = () => instance.register?.(publicUrl, never);

describe('registering', () => {
  test('sets address, secret and updates, and messages come in', async () => {
    await register();
    const message = telegram.post({ room: groupId, author: '5550001', text: 'hello' });
    await expect.poll(() => events.length).toBe(1);
    expect(events[0]).toMatchObject({
      type: 'message.created',
      message: message.id,
      author: { displayName: 'Ana Sousa', name: 'ana_s' },
      channel: { id: groupId, name: 'Community' },
      content: { text: 'hello' },
    });
  });

  test('at every start again, since the secret cannot be read back', async () => {
    await register();
    await register();
    expect(telegram.calls.filter(({ path }) => path === '/setWebhook').map(({ body }) => body)).toMatchObject([
      { secret_token: secret },
      { secret_token: secret },
    ]);
    expect(log.lines.filter((line) => line.startsWith('telegram.webhook.registered')).at(-1)).toContain('"changed":false');
  });

  test('not when it is left to the operator', async () => {
    const manual = platform.create(valuesFor(telegram, { webhookSecret: secret, autoWebhook: false }), {
      log,
      requireAuth: true,
      openUrl: refuseUrls,
    });
    await manual.register?.(publicUrl, never);
    expect(telegram.calls).toEqual([]);
    await manual.sender.close();
  });

  test('never in polling mode, where there is no webhook either', async () => {
    const polling = platform.create(valuesFor(telegram, { mode: 'polling' }), { log, requireAuth: true, openUrl: refuseUrls });
    expect(polling.webhook).toBeUndefined();
    expect(polling.register).toBeUndefined();
    expect(polling.stream).toBeDefined();
    await polling.sender.close();
  });

  test('an address that Telegram refuses is told with its answer', async () => {
    await expect(instance.register?.(new URL('http://bridge.example.org'), never)).rejects.toThrow(/HTTPS/);
  });

  test('a path in PUBLIC_URL is kept', () => {
    expect(webhookUrl(new URL('https://example.org'))).toBe('https://example.org/telegram');
    expect(webhookUrl(new URL('https://example.org/bridge/'))).toBe('https://example.org/bridge/telegram');
  });
});

describe('what people do', () => {
  beforeEach(register);

  test('formatting, edits and replies', async () => {
    const first = telegram.post({ room: groupId, author: '5550001', text: 'one two', entities: [{ type: 'bold', offset: 4, length: 3 }] });
    telegram.edit({ room: groupId, message: first.id, text: 'three' });
    telegram.post({ room: groupId, author: '5550002', text: 'yes', replyTo: first.id });
    await expect.poll(() => events.length).toBe(3);
    expect(events).toMatchObject([
      { type: 'message.created', content: { body: [{ children: [{ text: 'one ' }, { type: 'bold' }] }] } },
      { type: 'message.edited', message: first.id, content: { text: 'three' } },
      { type: 'message.created', author: { displayName: 'Bo' }, replyTo: { message: first.id, author: 'Ana Sousa', excerpt: 'three' } },
    ]);
  });

  test('a message in a topic comes from the topic, and is a reply to nothing', async () => {
    telegram.post({ room: forumId, author: '5550001', text: 'idea', topic: 7 });
    telegram.post({ room: forumId, author: '5550001', text: 'general' });
    await expect.poll(() => events.length).toBe(2);
    expect(events.map(({ channel }) => channel.id)).toEqual([`${forumId}/7`, forumId]);
    expect(events.map(({ replyTo }) => replyTo)).toEqual([undefined, undefined]);
  });

  test('reactions', async () => {
    const { id: message } = telegram.post({ room: forumId, author: '5550001', text: 'general' });
    telegram.react({ room: forumId, message, author: '5550002', emoji: ['👍'] });
    telegram.react({ room: forumId, message, author: '5550002', emoji: [] });
    await expect.poll(() => events.map(({ type }) => type)).toEqual(['message.created', 'reaction.added', 'reaction.removed']);
  });

  test('a call with another secret is refused, and Telegram keeps the update', async () => {
    await fetch(`${publicUrl.href}telegram`, { method: 'POST', body: '{}', headers: { 'x-telegram-bot-api-secret-token': 'guess' } }).then(
      ({ status }) => expect(status).toBe(401),
    );
    expect(events).toEqual([]);
    expect(own).toBe(0);
  });
});
