import { textArbitrary } from '@bridge/testing/arbitraries';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { afterCodePoint, cleanLine, clip, clipWithEllipsis, isInvisible, oneLine, snapToCodePoint } from './graphemes.ts';

const family = '👩‍👩‍👧‍👦';
const count = (text: string): number => [...new Intl.Segmenter().segment(text)].length;

test('clip counts characters as people see them', () => {
  expect(clip(`${family}ab`, 2)).toBe(`${family}a`);
  expect(clip('abc', 3)).toBe('abc');
  expect(clip('abc', 0)).toBe('');
  expect(clipWithEllipsis('abcdef', 3)).toBe('ab…');
  expect(clipWithEllipsis('abc', 3)).toBe('abc');
  expect(clipWithEllipsis('ab cdef', 4)).toBe('ab…');
});

test('clip bounds what is piled on one character, and never halves a pair', () => {
  expect(clip(`x${'\u0301'.repeat(1000)}`, 2).length).toBeLessThanOrEqual(32);
  expect(clip(`${'\u0301'.repeat(15)}😀`, 1).isWellFormed()).toBe(true);
});

test('clip gives a beginning of at most so many characters', () => {
  fc.assert(
    fc.property(textArbitrary, fc.integer({ min: 1, max: 20 }), (text, max) => {
      expect(text.startsWith(clip(text, max))).toBe(true);
      expect(count(clip(text, max))).toBe(Math.min(max, count(text)));
      expect(count(clipWithEllipsis(text, max))).toBeLessThanOrEqual(max);
      expect(clipWithEllipsis(text, max).endsWith('…') || clipWithEllipsis(text, max) === text).toBe(true);
    }),
  );
});

test('positions move to the borders of code points', () => {
  expect([0, 1, 2, 3].map((position) => snapToCodePoint('a😀b', position))).toEqual([0, 1, 1, 3]);
  expect([0, 1, 3].map((position) => afterCodePoint('a😀b', position))).toEqual([1, 3, 4]);
});

test('what nobody sees is invisible, an emoji is not', () => {
  for (const text of ['', ' \n\t', '\u200b\u200d\u2060', '\u3164', '\u2800', '\ufe0f', '\u202e']) expect(isInvisible(text)).toBe(true);
  for (const text of ['a', '.', '❤️', '\ufffd', '0']) expect(isInvisible(text)).toBe(false);
});

test('a file name is made one line that means what it looks like', () => {
  expect(cleanLine('exe\u202Egnp.exe', 120)).toBe('exegnp.exe');
  expect(cleanLine('a\nb\u0007.txt', 120)).toBe('a b.txt');
  expect(cleanLine('\u200b', 120)).toBe('');
});

test('a line of text keeps the joiners of emoji and scripts', () => {
  expect(oneLine(` ${family}\n\nمی\u200cخواهم `)).toBe(`${family} می\u200cخواهم`);
  expect(oneLine('a\u0000b\u202ec')).toBe('abc');
});
