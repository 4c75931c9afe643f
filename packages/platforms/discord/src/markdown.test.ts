import { plainText, type Body, type Inline } from '@bridge/core';
import { describe, expect, test } from 'vitest';
import { parseMarkdown } from './markdown.ts';

const text = (value: string): Inline => ({ type: 'text', text: value });
const paragraph = (...children: readonly Inline[]): Body => [{ type: 'paragraph', children }];
const styled = (type: 'bold' | 'italic' | 'underline' | 'strike' | 'spoiler', ...children: readonly Inline[]): Inline => ({
  type,
  children,
});

describe('inline Markdown', () => {
  test.each<[string, readonly Inline[]]>([
    ['plain', [text('plain')]],
    ['**b**', [styled('bold', text('b'))]],
    ['*i*', [styled('italic', text('i'))]],
    ['_i_', [styled('italic', text('i'))]],
    ['__u__', [styled('underline', text('u'))]],
    ['~~s~~', [styled('strike', text('s'))]],
    ['||secret||', [styled('spoiler', text('secret'))]],
    ['***bi***', [styled('bold', styled('italic', text('bi')))]],
    ['___ui___', [styled('underline', styled('italic', text('ui')))]],
    ['**a *b* c**', [styled('bold', text('a '), styled('italic', text('b')), text(' c'))]],
    ['*a **b** c*', [styled('italic', text('a '), styled('bold', text('b')), text(' c'))]],
    ['*a***b**', [styled('italic', text('a')), styled('bold', text('b'))]],
    ['`c`', [{ type: 'code', text: 'c' }]],
    ['`**c**`', [{ type: 'code', text: '**c**' }]],
    ['``a`b``', [{ type: 'code', text: 'a`b' }]],
    ['`` `a` ``', [{ type: 'code', text: '`a`' }]],
    ['\\*not\\*', [text('*not*')]],
    ['\\a \\\\', [text('\\a \\')]],
    ['4 * 5 * 6', [text('4 * 5 * 6')]],
    ['snake_case_name', [text('snake_case_name')]],
    ['**open', [text('**open')]],
    ['**a *b** c*', [styled('bold', text('a *b')), text(' c*')]],
    ['****', [text('****')]],
    ['||||', [text('||||')]],
    ['a\nb', [text('a\nb')]],
  ])('%s', (source, expected) => {
    expect(parseMarkdown(source)).toEqual(paragraph(...expected));
  });
});

describe('links', () => {
  const link = (href: string, label = href): Inline => ({ type: 'link', href, children: [text(label)] });
  const labelled = (...children: readonly Inline[]): Inline => ({ type: 'link', href: 'https://y.test', children });
  test.each<[string, readonly Inline[]]>([
    ['[a](https://x.test/z)', [link('https://x.test/z', 'a')]],
    ['[a](<https://x.test/z>)', [link('https://x.test/z', 'a')]],
    ['[a](https://x.test/z "title")', [link('https://x.test/z', 'a')]],
    ['[a](https://x.test/wiki_(b))', [link('https://x.test/wiki_(b)', 'a')]],
    ['[a](javascript:alert)', [text('[a](javascript:alert)')]],
    ['[](https://x.test)', [text('[]('), link('https://x.test'), text(')')]],
    ['[[a](https://x.test)', [text('['), link('https://x.test', 'a')]],
    ['<https://x.test>', [link('https://x.test')]],
    ['[see https://x.test/a', [text('['), text('see '), link('https://x.test/a')]],
    ['[a **https://x.test/** b](https://y.test)', [labelled(text('a '), styled('bold', text('https://x.test/')), text(' b'))]],
    ['[a <https://x.test/> b](https://y.test)', [link('https://y.test', 'a https://x.test/ b')]],
    ['see https://x.test/a_b_c.', [text('see '), link('https://x.test/a_b_c'), text('.')]],
    ['(https://x.test/a)', [text('('), link('https://x.test/a'), text(')')]],
    ['**https://x.test/**', [styled('bold', link('https://x.test/'))]],
    ['https://', [text('https://')]],
  ])('%s', (source, expected) => {
    expect(parseMarkdown(source)).toEqual(paragraph(...expected));
  });
});

describe('what stands in angle brackets', () => {
  const labels = { user: (id: string) => (id === '1' ? 'Ana' : undefined), role: () => 'Mods', channel: () => 'general' };
  test.each<[string, Inline]>([
    ['<@1>', { type: 'mention', kind: 'user', id: '1', label: 'Ana' }],
    ['<@!1>', { type: 'mention', kind: 'user', id: '1', label: 'Ana' }],
    ['<@2>', { type: 'mention', kind: 'user', id: '2', label: 'user' }],
    ['<@&3>', { type: 'mention', kind: 'role', id: '3', label: 'Mods' }],
    ['<#4>', { type: 'mention', kind: 'channel', id: '4', label: 'general' }],
    ['<:blob:5>', { type: 'custom-emoji', id: '5', name: 'blob' }],
    ['<a:blob:5>', { type: 'custom-emoji', id: '5', name: 'blob' }],
    ['<t:1700000000:R>', { type: 'timestamp', unix: 1_700_000_000 }],
    ['</help me:7>', text('/help me')],
    ['<id:customize>', text('#customize')],
    ['<t:9999999999999>', text('<t:9999999999999>')],
    ['<@x>', text('<@x>')],
    ['@everyone', { type: 'mention', kind: 'everyone', id: 'everyone', label: 'everyone' }],
    ['@here', { type: 'mention', kind: 'everyone', id: 'here', label: 'here' }],
    ['@everyones', text('@everyones')],
  ])('%s', (source, expected) => {
    expect(parseMarkdown(source, labels)).toEqual(paragraph(expected));
  });
});

describe('blocks', () => {
  test.each<[string, string, Body]>([
    ['quote', '> a\n> b\nc', [{ type: 'quote', children: paragraph(text('a\nb')) }, ...paragraph(text('c'))]],
    ['quote to the end', 'x\n>>> a\nb', [...paragraph(text('x')), { type: 'quote', children: paragraph(text('a\nb')) }]],
    ['no quote within a quote', '> > a', [{ type: 'quote', children: paragraph(text('> a')) }]],
    ['no quote without a space', '>a', paragraph(text('>a'))],
    ['a quote of nothing', '> \n> ', paragraph(text('> \n>'))],
    [
      'heading',
      '# A\n## B\n### C\n#### D',
      [
        { type: 'heading', level: 1, children: [text('A')] },
        { type: 'heading', level: 2, children: [text('B')] },
        { type: 'heading', level: 3, children: [text('C')] },
        ...paragraph(text('#### D')),
      ],
    ],
    ['subtext', '-# small', paragraph(text('small'))],
    ['code block', '```js\nlet a = "*";\n```', [{ type: 'code-block', language: 'js', text: 'let a = "*";' }]],
    ['code block without a language', '```\njs\n```', [{ type: 'code-block', text: 'js' }]],
    ['code block within a line', 'a ```b``` c', [...paragraph(text('a')), { type: 'code-block', text: 'b' }, ...paragraph(text(' c'))]],
    ['code block that does not end', '```a', paragraph(text('```a'))],
    ['code block in a quote', '> ```\n> a\n> ```', [{ type: 'quote', children: [{ type: 'code-block', text: 'a' }] }]],
    ['quote mark in code', '```\n> a\n```', [{ type: 'code-block', text: '> a' }]],
    [
      'list',
      '- a\n- b\n  - c',
      [
        {
          type: 'list',
          ordered: false,
          start: 1,
          items: [
            paragraph(text('a')),
            [...paragraph(text('b')), { type: 'list', ordered: false, start: 1, items: [paragraph(text('c'))] }],
          ],
        },
      ],
    ],
    ['ordered list', '3. a\n4. b', [{ type: 'list', ordered: true, start: 3, items: [paragraph(text('a')), paragraph(text('b'))] }]],
    [
      'two kinds of list',
      '- a\n1. b',
      [
        { type: 'list', ordered: false, start: 1, items: [paragraph(text('a'))] },
        { type: 'list', ordered: true, start: 1, items: [paragraph(text('b'))] },
      ],
    ],
    [
      'text goes on in a list',
      '- a\n  b\nc',
      [{ type: 'list', ordered: false, start: 1, items: [paragraph(text('a\nb'))] }, ...paragraph(text('c'))],
    ],
  ])('%s', (_name, source, expected) => {
    expect(parseMarkdown(source)).toEqual(expected);
  });

  test('blank lines stay, but not around the whole', () => {
    expect(plainText(parseMarkdown('\n\na\n\nb\n\n'))).toBe('a\n\nb');
  });
});

test('4,000 asterisks are harmless', () => {
  expect(plainText(parseMarkdown('*'.repeat(4_000)))).toBe('*'.repeat(4_000));
});
