import { conversationId } from '@bridge/core';
import { describe, expect, test } from 'vitest';
import { exhaustedBy, limitsOf } from './limits.ts';

const keys = (conversation: string) => limitsOf(conversationId(conversation)).map(({ key }) => key);

test('topics share the limits of their chat, and a private chat has none of a group', () => {
  expect(keys('-1001234567890')).toEqual(['bot', 'chat:-1001234567890', 'group:-1001234567890']);
  expect(keys('-1001234567890/7')).toEqual(keys('-1001234567890'));
  expect(keys('5550001')).toEqual(['bot', 'chat:5550001']);
});

describe('a window of time never holds more than Telegram documents', () => {
  test.each([
    ['bot', 1_000, 30],
    ['group:-1', 60_000, 20],
  ])('%s: %i ms, %i messages', (key, windowMs, most) => {
    const limit = limitsOf(conversationId('-1')).find((one) => one.key === key);
    expect(limit && limit.burst + (windowMs / limit.perMs) * limit.count).toBe(most);
  });

  test('a chat: one a second in the long run', () => {
    const limit = limitsOf(conversationId('5'))[1];
    expect(limit).toEqual({ key: 'chat:5', count: 1, perMs: 1_000, burst: 3 });
  });
});

describe('an album', () => {
  test('of one part is a message like any other', () => {
    expect(exhaustedBy(1, conversationId('-1'))).toBeUndefined();
  });
  test('uses up what its further parts are worth', () => {
    expect(exhaustedBy(3, conversationId('5'))).toEqual({ key: 'chat:5', forMs: 2_000 });
    expect(exhaustedBy(5, conversationId('-1/7'))).toEqual({ key: 'group:-1', forMs: 15_000 });
  });
});
