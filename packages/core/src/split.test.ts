import { expectLinear, repeated } from '@bridge/testing';
import { describe, expect, test } from 'vitest';
import { paragraphs, plainText } from './plain-text.ts';
import type { Block, Body, Inline } from './rich-text.ts';
import { splitBody } from './split.ts';

const within = (limit: number) => ({ fits: (part: Body) => plainText(part).length <= limit });
const texts = (body: Body, limit: number): string[] => splitBody(body, within(limit)).map(plainText);
const text = (value: string): Inline => ({ type: 'text', text: value });
const paragraph = (...children: Inline[]): Block => ({ type: 'paragraph', children });

describe('the best border', () => {
  test.each([
    ['blocks', 'one two three\n\nfour five six', 20, ['one two three', 'four five six']],
    ['a line break', 'one two three\nfour five six', 20, ['one two three', 'four five six']],
    ['a sentence', 'One two. Three four five', 18, ['One two.', 'Three four five']],
    ['white space', 'one two three four', 12, ['one two', 'three four']],
    ['a word border where no space is', '漢字。かな', 3, ['漢字。', 'かな']],
    ['a character as people see it', `${'e\u0301'.repeat(6)}`, 5, ['e\u0301e\u0301', 'e\u0301e\u0301', 'e\u0301e\u0301']],
    ['exactly at the limit', 'aaaa bbbb', 4, ['aaaa', 'bbbb']],
  ])('is %s', (_name, source, limit, expected) => {
    expect(texts(paragraphs(source), limit)).toEqual(expected);
  });

  test('is between blocks even early, when the next block fits whole', () => {
    const body: Body = [paragraph(text('Look:')), { type: 'code-block', text: 'a\nb\nc\nd\ne\nf\ng' }];
    expect(texts(body, 15)).toEqual(['Look:', 'a\nb\nc\nd\ne\nf\ng']);
  });

  test('does not leave a part nearly empty because of an early line break', () => {
    expect(texts(paragraphs('a\nbbbbb ccccc ddddd'), 14)).toEqual(['a\nbbbbb ccccc', 'ddddd']);
  });

  test('does not leave a label alone because an endless word follows it', () => {
    expect(texts(paragraphs(`Ana:\n${'x'.repeat(40)}`), 30)).toEqual([`Ana:\n${'x'.repeat(25)}`, 'x'.repeat(15)]);
    expect(texts([{ type: 'code-block', text: `a\n${'x'.repeat(40)}` }], 30)).toEqual([`a\n${'x'.repeat(28)}`, 'x'.repeat(12)]);
  });

  test('is early where that saves a word or a line of code that fits whole', () => {
    expect(texts(paragraphs(`Ana: ${'x'.repeat(28)} b`), 30)).toEqual(['Ana:', `${'x'.repeat(28)} b`]);
    expect(texts([{ type: 'code-block', text: `a\n${'x y '.repeat(7)}x\nb\nc` }], 30)).toEqual(['a', `${'x y '.repeat(7)}x`, 'b\nc']);
  });

  test('cuts 4000 characters without a border into exactly two parts of 2000', () => {
    expect(texts(paragraphs('x'.repeat(4000)), 2000).map(({ length }) => length)).toEqual([2000, 2000]);
  });

  test('a family emoji that alone does not fit is cut between code points', () => {
    const parts = texts(paragraphs('👩‍👩‍👧‍👦'), 5);
    expect(parts.every((part) => part.isWellFormed() && part.length <= 5)).toBe(true);
    // A joiner left alone between two cuts would be a message with nothing to see, which platforms refuse.
    expect(parts.join('').replaceAll('\u200d', '')).toBe('👩👩👧👦');
  });
});

describe('what is cut in two is closed and opened again', () => {
  test('styles and links', () => {
    const link: Inline = { type: 'link', href: 'https://a.example', children: [{ type: 'bold', children: [text('one two')] }] };
    const fits = (part: Body): boolean => plainText(part).replaceAll(' (https://a.example)', '').length <= 4;
    const half = (value: string): Body => [paragraph({ ...link, children: [{ type: 'bold', children: [text(value)] }] })];
    expect(splitBody([paragraph(link)], { fits })).toEqual([half('one'), half('two')]);
  });

  test('quotes within quotes', () => {
    const nested = (value: string): Body => [{ type: 'quote', children: [{ type: 'quote', children: [paragraph(text(value))] }] }];
    expect(splitBody(nested('one two'), within(8))).toEqual([nested('one'), nested('two')]);
  });

  test('lists, which go on with the right number', () => {
    const list: Body = [
      { type: 'list', ordered: true, start: 9, items: [[paragraph(text('one'))], [paragraph(text('two'))], [paragraph(text('three'))]] },
    ];
    expect(texts(list, 14)).toEqual(['9. one\n10. two', '11. three']);
  });

  test('code, with its language and the indentation of the next line', () => {
    const code: Body = [{ type: 'code-block', language: 'js', text: 'if (a) {\n  b();\n}' }];
    expect(splitBody(code, within(9))).toEqual([
      [{ type: 'code-block', language: 'js', text: 'if (a) {' }],
      [{ type: 'code-block', language: 'js', text: '  b();\n}' }],
    ]);
  });
});

describe('what cannot be cut', () => {
  test('a mention longer than a message becomes text', () => {
    const parts = splitBody([paragraph({ type: 'mention', kind: 'user', id: '1', label: 'a'.repeat(100) })], within(60));
    expect(parts.map(plainText).join('')).toBe(`@${'a'.repeat(100)}`);
  });

  test('an address that would fill every part is told once', () => {
    const href = `https://a.example/${'x'.repeat(80)}`;
    const parts = texts([paragraph({ type: 'link', href, children: [text('word '.repeat(40))] })], 110);
    expect(parts.length).toBeLessThan(5);
    expect(parts.join('').split('https://')).toHaveLength(2);
  });

  test('empty paragraphs between others stay, for they are blank lines', () => {
    const body: Body = [paragraph(text('a')), paragraph(), paragraph(text('b')), paragraph(text('c'.repeat(20)))];
    expect(splitBody(body, within(20))[0]).toEqual([paragraph(text('a')), paragraph(), paragraph(text('b'))]);
  });
});

test.each<[string, Body]>([
  ['no block', []],
  ['an empty paragraph', [paragraph()]],
  ['white space', paragraphs(' \n ')],
  ['zero-width characters', [paragraph(text('\u200b\u2060'))]],
  ['an empty list item', [{ type: 'list', ordered: false, start: 1, items: [[paragraph(text(''))]] }]],
])('%s has no parts', (_name, body) => {
  expect(splitBody(body, within(10))).toEqual([]);
  expect(splitBody(body, within(0))).toEqual([]);
});

const wrap = (depth: number, inner: Body): Body => {
  let body = inner;
  for (let level = 0; level < depth; level += 1) body = [{ type: 'quote', children: body }];
  return body;
};

describe('hostile bodies', () => {
  test('200,000 levels of nesting are cut without overflowing the stack', () => {
    const parts = texts(wrap(200_000, [paragraph(text('word '.repeat(600)))]), 2000);
    expect(parts.join(' ').match(/word/g)).toHaveLength(600);
  });

  test.each<[string, (size: number) => Body]>([
    ['one word', (size) => paragraphs('a'.repeat(size))],
    ['emoji', (size) => paragraphs(repeated('👩‍👩‍👧‍👦', size))],
    ['accents on one letter', (size) => paragraphs(`x${'\u0301'.repeat(size)}`)],
    ['white space', (size) => paragraphs(`x${' '.repeat(size)}y`)],
    ['line breaks', (size) => paragraphs(`x${'\n'.repeat(size)}y`)],
    ['sentences', (size) => paragraphs(repeated('Lorem ipsum. Dolor sit amet ', size))],
    ['a line of code', (size) => [{ type: 'code-block', text: 'x'.repeat(size) }]],
  ])('1 MB of %s is cut in a time linear in its length', (_name, make) => {
    expectLinear((size) => splitBody(make(size), within(2000)));
    const body = make(1_000_000);
    const parts = splitBody(body, within(2000));
    expect(parts.every((part) => plainText(part).length <= 2000)).toBe(true);
    expect(parts.map(plainText).join('').replace(/\s/g, '')).toBe(plainText(body).replace(/\s/g, ''));
  });
});
