import type { DeliveryId } from '@bridge/core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseMarkdown } from './markdown.ts';
import { markIn, markLength, markOf, marked, withoutMarks } from './marks.ts';

const mark = (delivery: string, step = 0): string => markOf({ delivery: delivery as DeliveryId, step });

test('a mark is the same for the same step only', () => {
  expect(mark('a')).toBe(mark('a'));
  expect(new Set([mark('a'), mark('b'), mark('a', 1), mark('a1', 0)]).size).toBe(4);
});

test('it is read again, and taken off wherever it was copied to', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.string(), (text, delivery) => {
      const sent = marked(text, mark(delivery));
      expect(sent.length - text.length).toBe(markLength);
      expect(markIn(sent)).toBe(mark(delivery));
      expect(withoutMarks(sent)).toBe(text);
      expect(withoutMarks(`> ${sent}\nyes`)).toBe(`> ${text}\nyes`);
    }),
  );
});

test.each(['', 'hello', 'a \u2060\u2061', undefined])('there is none in %j', (text) => void expect(markIn(text)).toBeUndefined());

test('a link before it stays what it is', () => {
  const href = 'https://example.org/x';
  expect(parseMarkdown(marked(href, mark('a')))[0]).toMatchObject({ children: [{ type: 'link', href }, { type: 'text' }] });
});
