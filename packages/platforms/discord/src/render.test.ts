import type { Block, Body, Inline } from '@bridge/core';
import { expectLinear } from '@bridge/testing';
import { describe, expect, test } from 'vitest';
import { renderBody } from './render.ts';

const text = (value: string): Inline => ({ type: 'text', text: value });
const styled = (type: 'bold' | 'italic' | 'underline' | 'strike' | 'spoiler', ...children: readonly Inline[]): Inline => ({
  type,
  children,
});
const link = (href: string, label = href): Inline => ({ type: 'link', href, children: [text(label)] });
const paragraph = (...children: readonly Inline[]): Block => ({ type: 'paragraph', children });
const inline = (...children: readonly Inline[]): string => renderBody([paragraph(...children)]);

describe('text is shown as it was written', () => {
  test.each([
    ['*a* _b_ ~~c~~ ||d|| `e`', '\\*a\\* \\_b\\_ \\~\\~c\\~\\~ \\|\\|d\\|\\| \\`e\\`'],
    ['# a\n## b\n-# c', '\\# a\n\\## b\n\\-# c'],
    ['#tag', '#tag'],
    ['> a\n>>> b', '\\> a\n\\>>> b'],
    ['a > b', 'a > b'],
    ['- a\n1. b\n-5', '\\- a\n1\\. b\n-5'],
    ['<@1> <@&2> <#3> <:e:4> <t:5>', '\\<@1> \\<@&2> \\<#3> \\<:e:4> \\<t:5>'],
    ['@everyone and @here', '\\@everyone and \\@here'],
    ['ana@everyone.test', 'ana\\@everyone.test'],
    ['[a](https://evil.test)', '\\[a\\](https://evil.test)'],
    ['C:\\dir', 'C:\\\\dir'],
    ['see https://a.test/x_y?b=1&c', 'see https://a.test/x_y?b=1&c'],
    ['https://a.test/**x**', 'https\\://a.test/\\*\\*x\\*\\*'],
    ['https://a.test<@1>', 'https\\://a.test\\<@1>'],
  ])('%j', (source, expected) => void expect(inline(text(source))).toBe(expected));

  test('what two nodes make together is escaped too', () => void expect(inline(text('#'), text(' a'))).toBe('\\# a'));
  test('nor is what they do not make escaped', () => void expect(inline(text('4.'), styled('italic', text('\u200b')))).toBe('4.\u200b'));
});

describe('styles', () => {
  test.each<[string, readonly Inline[], string]>([
    [
      'each',
      [
        styled('bold', text('b')),
        text(' '),
        styled('italic', text('i')),
        text(' '),
        styled('underline', text('u')),
        text(' '),
        styled('strike', text('s')),
        text(' '),
        styled('spoiler', text('p')),
      ],
      '**b** *i* __u__ ~~s~~ ||p||',
    ],
    ['nested', [styled('bold', text('a '), styled('italic', text('b')))], '**a *b*\u200b**'],
    ['side by side', [styled('italic', text('a')), styled('bold', text('b'))], '*a*\u200b**b**'],
    ['twice the same', [styled('bold', styled('bold', text('a')))], '**a**'],
    ['white space at the border', [styled('italic', text(' a ')), text('b')], ' *a* b'],
    ['a call in two pieces', [styled('italic', text('@')), text('\u200b'), styled('italic', text('everyone'))], '*\\@everyone*'],
    ['white space of two kinds between', [styled('italic', text('a ')), text(' '), styled('italic', text('b'))], '*a*  *b*'],
    ['white space that is within', [styled('italic', text('a ')), styled('bold', styled('italic', text('b')))], '*a **b**\u200b*'],
    ['nothing in it', [styled('bold', text(' ')), text('a')], ' a'],
    ['over a URL', [styled('bold', link('https://a.test/'))], '**https://a.test/**'],
    ['over a URL that ends as the style does', [styled('strike', text('https://a.test/x~'))], '~~https\\://a.test/x\\~~~'],
  ])('%s', (_name, nodes, expected) => void expect(inline(...nodes)).toBe(expected.trimEnd()));
});

describe('links', () => {
  test('many beginnings of one are not each looked at to the end', () =>
    expectLinear((size) => inline(text(`${'http://'.repeat(size / 7)} x`), styled('bold', text('y'))), 200_000));

  test.each<[string, readonly Inline[], string]>([
    ['by themselves', [link('https://a.test/x')], 'https://a.test/x'],
    ['before text', [link('https://a.test/x'), text('y')], '<https://a.test/x>y'],
    [
      'before punctuation and what begins a style',
      [link('https://a.test/x'), text(')'), styled('bold', text('y'))],
      '<https://a.test/x>)**y**',
    ],
    ['told in a text with punctuation', [text('(https://a.test/x)'), link('https://b.test/')], '(<https://a.test/x>)https://b.test/'],
    [
      'longer than is looked for',
      [text(`https://a.test/${'x'.repeat(2_000)}@everyone`), styled('bold', text('y'))],
      `<https://a.test/${'x'.repeat(2_000)}@everyone>**y**`,
    ],
    ['before a full stop', [link('https://a.test/x'), text('. y')], 'https://a.test/x. y'],
    ['with a label', [link('https://a.test/x', 'here')], '[here](https://a.test/x)'],
    ['with a label full of markup', [link('https://a.test/x', '*a*](https://b.test)')], '\\*a\\*\\](https://b.test) (https://a.test/x)'],
    ['with parentheses', [link('https://a.test/(x)', 'here')], '[here](https://a.test/%28x%29)'],
    ['with a label that names another place', [link('https://evil.test', 'https://bank.test')], 'https://bank.test (https://evil.test)'],
    ['of another scheme', [link('javascript:alert(1)', 'here')], 'here (javascript:alert(1))'],
    ['of a mail', [link('mailto:a@b.test', 'a@b.test')], 'a@b.test (mailto:a@b.test)'],
  ])('%s', (_name, nodes, expected) => void expect(inline(...nodes)).toBe(expected));
});

describe('other nodes', () => {
  test.each<[string, Inline, string]>([
    ['code', { type: 'code', text: 'a*b' }, '`a*b`'],
    ['code with a backtick', { type: 'code', text: 'a`b' }, '``a`b``'],
    ['code that begins with one', { type: 'code', text: '`a' }, '`` `a``'],
    ['code that no backticks can hold', { type: 'code', text: 'a``b`' }, 'a\\`\\`b\\`'],
    ['user', { type: 'mention', kind: 'user', id: '1', label: 'Ana' }, '@Ana'],
    ['everyone', { type: 'mention', kind: 'everyone', id: 'all', label: 'everyone' }, '\\@everyone'],
    ['channel', { type: 'mention', kind: 'channel', id: '1', label: 'x_y' }, '#x\\_y'],
    ['emoji', { type: 'custom-emoji', id: '1', name: 'blob' }, ':blob:'],
    ['time', { type: 'timestamp', unix: 5.5 }, '<t:5>'],
  ])('%s', (_name, node, expected) => void expect(inline(node)).toBe(expected));
});

describe('blocks', () => {
  const one = [paragraph(text('a'))];
  test.each<[string, Body, string]>([
    ['paragraphs', [paragraph(text('a')), paragraph(text('b'))], 'a\n\nb'],
    ['an empty one', [paragraph(), ...one], 'a'],
    ['heading', [{ type: 'heading', level: 2, children: [text('a\nb')] }, ...one], '## a b\na'],
    ['quote', [{ type: 'quote', children: [paragraph(text('a\nb'))] }, ...one], '> a\n> b\na'],
    ['quote in a quote', [{ type: 'quote', children: [{ type: 'quote', children: one }] }], '> a'],
    [
      'two quotes',
      [
        { type: 'quote', children: one },
        { type: 'quote', children: one },
      ],
      '> a\n\n> a',
    ],
    ['a quote of nothing that shows', [{ type: 'quote', children: [paragraph(styled('bold', text(' ')))] }, ...one], 'a'],
    ['an indented line below a list', [{ type: 'list', ordered: false, start: 1, items: [one] }, paragraph(text('  a'))], '- a\n\n  a'],
    ['code', [{ type: 'code-block', text: 'a\n*b*', language: 'js' }], '```js\na\n*b*\n```'],
    ['code with its own fence', [{ type: 'code-block', text: '```' }], '```\n`\u200b``\n```'],
    ['code of an impossible language', [{ type: 'code-block', text: 'a', language: 'x y' }], '```\na\n```'],
    [
      'list',
      [{ type: 'list', ordered: false, start: 1, items: [one, [...one, { type: 'list', ordered: true, start: 4, items: [one, one] }]] }],
      '- a\n- a\n  4. a\n  5. a',
    ],
    [
      'an indented line in a list',
      [{ type: 'list', ordered: false, start: 1, items: [[paragraph(styled('bold', text('a\n')), text(' b'))]] }],
      '- **a**\n  b',
    ],
    [
      'code in a list',
      [{ type: 'list', ordered: false, start: 1, items: [[{ type: 'code-block', text: '@everyone\nx' }]] }],
      '- `@everyone`\n  `x`',
    ],
  ])('%s', (_name, body, expected) => void expect(renderBody(body)).toBe(expected));
});
