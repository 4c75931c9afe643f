import { expect, test } from 'vitest';
import { fingerprint } from './index.ts';

test('says the same of what people would call the same text, and something else of another', () => {
  const one = fingerprint('Café at  8?');
  expect(one).toMatch(/^[\w-]{11}$/);
  for (const same of ['café at 8?', ' CAFE\u0301 AT\n8? ', 'Ｃafé at 8?']) expect(fingerprint(same)).toBe(one);
  for (const other of ['cafe at 8?', 'café at 8', 'café at 8??']) expect(fingerprint(other)).not.toBe(one);
});

test.each(['', '   ', 'ok', ' a '])('has nothing to say of %j, which too many messages are', (text) => {
  expect(fingerprint(text)).toBeUndefined();
});
