import { expect, test } from 'vitest';
import { isBlank, paragraphs, plainText } from './plain-text.ts';
import type { Block, Body, Inline } from './rich-text.ts';

const text = (value: string): Inline => ({ type: 'text', text: value });
const paragraph = (...children: Inline[]): Block => ({ type: 'paragraph', children });

test.each<[string, Inline, string]>([
  ['text', text('a\nb'), 'a\nb'],
  ['a style', { type: 'spoiler', children: [text('a'), { type: 'bold', children: [text('b')] }] }, 'ab'],
  ['code', { type: 'code', text: 'x=1' }, 'x=1'],
  ['a link', { type: 'link', href: 'https://a.example', children: [text('here')] }, 'here (https://a.example)'],
  [
    'a link that shows its address',
    { type: 'link', href: 'https://a.example', children: [text('https://a.example')] },
    'https://a.example',
  ],
  ['a link over nothing', { type: 'link', href: 'https://a.example', children: [] }, 'https://a.example'],
  ['a link to nowhere', { type: 'link', href: '', children: [text('here')] }, 'here'],
  ['a user', { type: 'mention', kind: 'user', id: '1', label: 'Ana' }, '@Ana'],
  ['a role', { type: 'mention', kind: 'role', id: '1', label: 'Staff' }, '@Staff'],
  ['a channel', { type: 'mention', kind: 'channel', id: '1', label: 'general' }, '#general'],
  ['everyone', { type: 'mention', kind: 'everyone', id: '', label: 'everyone' }, '@everyone'],
  ['a mention without a label', { type: 'mention', kind: 'user', id: '42', label: '' }, '@42'],
  ['a custom emoji', { type: 'custom-emoji', id: '1', name: 'party' }, ':party:'],
  ['a timestamp', { type: 'timestamp', unix: 1_760_000_000 }, '2025-10-09T08:53Z'],
  ['a timestamp out of range', { type: 'timestamp', unix: 1e20 }, '100000000000000000000'],
])('%s', (_name, inline, expected) => {
  expect(plainText([paragraph(inline)])).toBe(expected);
});

test.each<[string, Body, string]>([
  ['paragraphs, apart by a blank line', [paragraph(text('a')), paragraph(text('b'))], 'a\n\nb'],
  ['a heading and its text', [{ type: 'heading', level: 2, children: [text('T')] }, paragraph(text('a'))], 'T\na'],
  ['a quote', [{ type: 'quote', children: [paragraph(text('a\nb')), paragraph(text('c'))] }, paragraph(text('d'))], '> a\n> b\n> \n> c\nd'],
  ['a quote in a quote', [{ type: 'quote', children: [{ type: 'quote', children: [paragraph(text('a\nb'))] }] }], '> > a\n> > b'],
  [
    'line breaks inside a style in a quote',
    [{ type: 'quote', children: [paragraph({ type: 'bold', children: [text('a\nb')] })] }],
    '> a\n> b',
  ],
  ['code without its fence', [{ type: 'code-block', text: 'a\n  b', language: 'js' }], 'a\n  b'],
  ['a list', [{ type: 'list', ordered: false, start: 1, items: [[paragraph(text('a\nb'))], [paragraph(text('c'))]] }], '- a\n  b\n- c'],
  [
    'a numbered list',
    [{ type: 'list', ordered: true, start: 9, items: [[paragraph(text('a'))], [paragraph(text('b\nc'))]] }],
    '9. a\n10. b\n    c',
  ],
  [
    'a list in a list',
    [
      {
        type: 'list',
        ordered: false,
        start: 1,
        items: [[paragraph(text('a')), { type: 'list', ordered: false, start: 1, items: [[paragraph(text('b'))]] }]],
      },
    ],
    '- a\n  - b',
  ],
  ['nothing', [], ''],
])('%s', (_name, body, expected) => {
  expect(plainText(body)).toBe(expected);
});

test.each<[string, string, string[]]>([
  ['one line', 'hello', ['hello']],
  ['line breaks stay in their paragraph', 'a\nb', ['a\nb']],
  ['a blank line parts', 'a\n\nb', ['a', 'b']],
  ['several blank lines stay', 'a\n\n\n\nb', ['a\n\n', 'b']],
  ['blank lines at the ends', '\n\na\n\n', ['\n\na\n\n']],
  ['Windows line ends', 'a\r\nb', ['a\nb']],
  ['markup is text', '**a** <b>', ['**a** <b>']],
  ['empty', '', []],
  ['nothing visible', ' \n\u200b', []],
])('paragraphs: %s', (_name, source, expected) => {
  expect(paragraphs(source)).toEqual(expected.map((part) => paragraph(text(part))));
});

test.each<[string, Body, boolean]>([
  ['no block', [], true],
  ['white space and zero-width characters', [paragraph(text(' \u200b'), { type: 'bold', children: [text('\n')] })], true],
  ['blank code', [{ type: 'code-block', text: '\n' }], true],
  ['a quote of nothing', [{ type: 'quote', children: [paragraph()] }], true],
  ['a list of nothing', [{ type: 'list', ordered: true, start: 1, items: [[], [paragraph()]] }], true],
  ['a letter in a list', [{ type: 'list', ordered: true, start: 1, items: [[paragraph(text('a'))]] }], false],
  ['a link over nothing', [paragraph({ type: 'link', href: 'https://a.example', children: [] })], false],
  ['a mention', [paragraph({ type: 'mention', kind: 'user', id: '1', label: 'Ana' })], false],
  ['an emoji', [paragraph(text('❤️'))], false],
])('isBlank: %s', (_name, body, expected) => {
  expect(isBlank(body)).toBe(expected);
});

test('a million line breaks are taken apart in no time', () => {
  const source = `a${'\n'.repeat(1_000_000)}b`;
  const began = performance.now();
  expect(plainText(paragraphs(source))).toBe(source);
  expect(performance.now() - began).toBeLessThan(20_000);
});
