import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createMediaLinks } from './media-links.ts';

const key = randomBytes(32);
const day = 86_400_000;
const at = (now: number, ttlDays = 365) => createMediaLinks({ key, ttlSeconds: ttlDays * 86_400, now: () => now });
const cat = { platform: 'telegram', handle: 'file-1', name: 'cat.png', mime: 'image/png' };

test('a token gives back what it was made for, and only to those who have the key', () => {
  const token = at(0).token(cat);
  expect(at(0).read(token)).toEqual(cat);
  expect(createMediaLinks({ key: randomBytes(32), ttlSeconds: 1, now: () => 0 }).read(token)).toBe('invalid');
});

test('any change to a token, and anything else, is invalid', () => {
  const token = at(0).token(cat);
  fc.assert(
    fc.property(fc.nat(token.length - 1), fc.constantFrom(...'ABab09-_.'), (index, sign) => {
      fc.pre(token[index] !== sign);
      expect(at(0).read(`${token.slice(0, index)}${sign}${token.slice(index + 1)}`)).toBe('invalid');
    }),
  );
  fc.assert(fc.property(fc.string(), (text) => void expect(at(0).read(text)).toBe('invalid')));
  expect(at(0).read(`${token}.${token}`)).toBe('invalid');
  expect(at(0).read('x'.repeat(1_000_000))).toBe('invalid');
});

test('is the same for about a month, and expires after its time', () => {
  const token = at(0).token(cat);
  expect(at(20 * day).token(cat)).toBe(token);
  expect(at(40 * day).token(cat)).not.toBe(token);
  expect(at(365 * day).read(token)).toEqual(cat);
  expect(at(400 * day).read(token)).toBe('expired');
});

test('fits into a URL and needs no escaping', () => {
  expect(at(0).token({ ...cat, handle: 'h'.repeat(200) })).toMatch(/^[\w.-]{1,500}$/);
});
