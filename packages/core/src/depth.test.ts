import { bodyArbitrary } from '@bridge/testing/arbitraries';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isJson, limitDepth } from './depth.ts';
import { bodySchema } from './message.ts';
import { isBlank, plainText } from './plain-text.ts';
import type { Block, Body, Inline } from './rich-text.ts';

const leaf: Inline = { type: 'text', text: 'core' };
const repeat = <T>(times: number, start: T, wrap: (inner: T) => T): T => {
  let value = start;
  for (let level = 0; level < times; level += 1) value = wrap(value);
  return value;
};
const paragraph = (child: Inline): Block => ({ type: 'paragraph', children: [child] });
const quotes = (depth: number): Body => repeat<Body>(depth, [paragraph(leaf)], (children) => [{ type: 'quote', children }]);
const lists = (depth: number): Body =>
  repeat<Body>(depth, [paragraph(leaf)], (item) => [{ type: 'list', ordered: false, start: 1, items: [item] }]);
const bolds = (depth: number): Body => [paragraph(repeat<Inline>(depth, leaf, (child) => ({ type: 'bold', children: [child] })))];

describe.each([
  ['quotes', quotes],
  ['lists', lists],
  ['styles', bolds],
])('%s', (_name, nest) => {
  test('nested 5,000 and 200,000 deep are rejected by the schema, without a crash', () => {
    expect(bodySchema.safeParse(nest(5_000)).success).toBe(false);
    expect(bodySchema.safeParse(nest(200_000)).success).toBe(false);
  });

  test('nested deep read as their text, without a crash', () => {
    expect(plainText(nest(200_000))).toContain('core');
    expect(isBlank(nest(200_000))).toBe(false);
  });

  test('are accepted by the schema once limited, with the text kept', () => {
    for (const depth of [1, 97, 98, 99, 100, 101, 5_000]) {
      const limited = limitDepth(nest(depth));
      expect(bodySchema.parse(limited)).toEqual(limited);
      expect(JSON.stringify(limited)).toContain('core');
    }
  });
});

test('within the limit a body is the very same', () => {
  fc.assert(fc.property(bodyArbitrary, (body) => void expect(limitDepth(body)).toBe(body)));
});

test('what lies below the limit keeps its order, labels, addresses and line breaks', () => {
  const inlines: Inline[] = [
    { type: 'link', href: 'https://a.example', children: [{ type: 'text', text: 'here' }] },
    { type: 'mention', kind: 'channel', id: '1', label: 'general' },
    { type: 'custom-emoji', id: '1', name: 'party' },
    { type: 'code', text: 'x=1' },
    { type: 'timestamp', unix: 0 },
  ];
  const body: Body = [
    {
      type: 'quote',
      children: [
        { type: 'paragraph', children: inlines },
        { type: 'code-block', text: 'a\nb' },
      ],
    },
  ];
  expect(limitDepth(body, 2)).toEqual([
    paragraph({ type: 'text', text: 'here (https://a.example)#general:party:x=11970-01-01T00:00Z\na\nb' }),
  ]);
});

test('never loses a letter or digit at any limit', () => {
  const letters = (body: Body): string[] => [...plainText(body).replace(/[^\p{L}]/gu, '')].toSorted();
  fc.assert(
    fc.property(bodyArbitrary, fc.integer({ min: 0, max: 6 }), (body, max) => {
      const kept = letters(limitDepth(body, max));
      for (const letter of new Set(letters(body))) expect(kept).toContain(letter);
      expect(kept.length).toBeGreaterThanOrEqual(letters(body).length);
    }),
  );
});

describe('isJson', () => {
  test('says yes to what survives JSON, and only to that', () => {
    fc.assert(fc.property(fc.jsonValue(), (value) => void expect(isJson(JSON.parse(JSON.stringify(value)))).toBe(true)));
    for (const value of [undefined, Number.NaN, Infinity, 1n, Symbol('x'), () => 0, new Date(), new Map(), { a: undefined }, [undefined]]) {
      expect(isJson(value)).toBe(false);
    }
  });

  test('says no to what is too deep or goes round in circles', () => {
    expect(isJson(repeat<unknown>(300, 1, (inner) => [inner]))).toBe(true);
    expect(isJson(repeat<unknown>(300_000, 1, (inner) => [inner]))).toBe(false);
    const circle: { self?: unknown; other?: unknown } = {};
    circle.self = circle;
    circle.other = circle;
    expect(isJson(circle)).toBe(false);
  });
});
