import { platformId, userId } from '@bridge/core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isOurUid, puppetUid } from './puppet.ts';

const uidOf = (origin: string, author: string) => puppetUid(platformId(origin), userId(author));

test('ids that CometChat takes are left readable', () => {
  expect(uidOf('telegram', '5550001')).toBe('bridge_telegram_5550001');
  expect(uidOf('discord', '1424612739296530453')).toBe('bridge_discord_1424612739296530453');
  expect(uidOf('telegram', '-1001234567890')).toBe('bridge_telegram_-1001234567890');
});

test('all others are hashed: lower case, allowed characters, at most 100, and each its own', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.string({ minLength: 1, maxLength: 300 }), { maxLength: 20 }), (ids) => {
      const uids = ids.map((id) => uidOf('telegram', id));
      expect(new Set(uids).size).toBe(ids.length);
      for (const uid of uids) expect(uid).toMatch(/^bridge_telegram_[a-z0-9_-]{1,84}$/);
    }),
  );
  expect(uidOf('telegram', 'Ana')).not.toBe(uidOf('telegram', 'ana'));
});

test('every puppet is ours, and so is the bridge’s user; people are not', () => {
  expect(isOurUid(uidOf('discord', 'Ünï'), 'bot')).toBe(true);
  expect(isOurUid('bot', 'bot')).toBe(true);
  for (const uid of ['bridge', 'bridget', 'app_system', '', undefined]) expect(isOurUid(uid, 'bot')).toBe(false);
});
