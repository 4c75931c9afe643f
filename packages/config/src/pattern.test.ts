import { expect, test } from 'vitest';
import { patternFault, patternOf } from './pattern.ts';

test('a pattern finds what it says, anywhere in a text', () => {
  const spam = patternOf('(?i)buy\\s+now');
  expect([spam('please BUY  now!'), spam('buy later')]).toEqual([true, false]);
});

test('what RE2 does not have is said', () => {
  expect(patternFault('(?=x)')).toBeTypeOf('string');
  expect(patternFault('(')).toBeTypeOf('string');
  expect(patternFault('a|b')).toBeUndefined();
});

test('no pattern takes more than a time linear in the text', () => {
  // JavaScript's own engine would need 2^50000 steps for this.
  expect(patternOf('^(a+)+$')(`${'a'.repeat(50_000)}!`)).toBe(false);
});
