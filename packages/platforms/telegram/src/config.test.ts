import { refuseUrls } from '@bridge/core';
import { expect, test } from 'vitest';
import { botIdOf, containerOf, conversationOf, member, settings, targetOf } from './config.ts';
import { memoryLog, valuesFor } from './fixtures/bridge.ts';
import { platform } from './index.ts';

test('a member is a chat or one of its topics, and the way back is the same', () => {
  expect(conversationOf({ chat: '-4969601855' })).toBe('-4969601855');
  expect(conversationOf({ chat: '-1001234567890', topic: 7 })).toBe('-1001234567890/7');
  expect(targetOf(conversationOf({ chat: '-4969601855' }))).toEqual({ chat_id: -4969601855 });
  expect(targetOf(conversationOf({ chat: '-1001234567890', topic: 7 }))).toEqual({ chat_id: -1001234567890, message_thread_id: 7 });
});

test('topics are parts of their chat', () => {
  expect(containerOf(conversationOf({ chat: '-1001234567890', topic: 7 }))).toBe('-1001234567890');
  expect(containerOf(conversationOf({ chat: '-1001234567890' }))).toBe('-1001234567890');
});

test.each([
  { chat: -4969601855 },
  { chat: '' },
  { chat: 'news' },
  { chat: '@no' },
  { chat: '@newschannel' },
  { chat: '-1', topic: 0 },
  { chat: '-1', topic: 1.5 },
  { topic: 7 },
])('refused as a member: %j', (value) => {
  expect(member.safeParse(value).success).toBe(false);
});

test('the secret has the characters that Telegram takes, and its length', () => {
  const { schema } = settings.webhookSecret;
  for (const good of ['a', 'A-z_0', 'x'.repeat(256), undefined]) expect(schema.safeParse(good).success).toBe(true);
  for (const bad of ['', 'x'.repeat(257), 'with space', 'ünïcode', 'a.b']) expect(schema.safeParse(bad).success).toBe(false);
});

test('a token is a token, and the bot’s id is its first part', () => {
  const { schema } = settings.botToken;
  expect(schema.safeParse('123456789:AAF-x_y').success).toBe(true);
  for (const bad of ['', 'AAF', '123:', ':AAF', '123: AAF', '123:AAF\n']) expect(schema.safeParse(bad).success).toBe(false);
  expect(botIdOf('123456789:AAF-x_y')).toBe(123456789);
});

test('true and false are what an .env file says', () => {
  expect(settings.autoWebhook.schema.parse('false')).toBe(false);
  expect(settings.autoWebhook.schema.parse(settings.autoWebhook.default)).toBe(true);
});

test.each([
  ['retry', true],
  ['dead-letter', false],
] as const)('%s is what the core is told about a send in doubt', async (onAmbiguous, retryAmbiguous) => {
  const { sender } = platform.create(valuesFor({ url: 'http://127.0.0.1:9' }, { onAmbiguous }), {
    log: memoryLog(),
    requireAuth: true,
    openUrl: refuseUrls,
  });
  expect(sender.retryAmbiguous).toBe(retryAmbiguous);
  await sender.close();
});
