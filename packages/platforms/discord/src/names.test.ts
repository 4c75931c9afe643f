import { textArbitrary } from '@bridge/testing';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { webhookName } from './names.ts';

test.each([
  ['Ana (CometChat)', 'Ana (CometChat)'],
  ['', 'Someone'],
  ['  a \n b ', 'a b'],
  ['```', "'''"],
])('%j is shown as %j', (label, name) => void expect(webhookName(label)).toBe(name));

test('the words that Discord refuses still read', () => {
  expect(webhookName('Ana (Discord)')).toBe('Ana (Dis\u0441ord)');
  expect(webhookName('CLYDE')).toBe('\u0421LYDE');
});

test('what is cut is the person, not the platform', () => {
  const name = webhookName(`${'👩‍👩‍👧‍👦'.repeat(30)} (Telegram)`);
  expect(name).toMatch(/^(?:👩‍👩‍👧‍👦)+… \(Telegram\)$/u);
});

test('any label becomes a legal name', () => {
  fc.assert(
    fc.property(
      fc.oneof(textArbitrary, fc.string({ unit: 'binary', maxLength: 200 }), fc.constantFrom('discord'.repeat(30), 'x'.repeat(500))),
      (label) => {
        const name = webhookName(label);
        expect(name.length).toBeGreaterThanOrEqual(1);
        expect(name.length).toBeLessThanOrEqual(80);
        expect(name).not.toMatch(/discord|clyde|```/i);
        expect(name.isWellFormed()).toBe(true);
      },
    ),
  );
});
