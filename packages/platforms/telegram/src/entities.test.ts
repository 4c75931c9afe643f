import type { Body, Inline } from '@bridge/core';
import { expectLinear, repeated } from '@bridge/testing';
import { describe, expect, test } from 'vitest';
import { parseText } from './entities.ts';
import type { Entity } from './payload.ts';

const none = { url: undefined, user: undefined, language: undefined, custom_emoji_id: undefined, unix_time: undefined };
const entity = (type: string, offset: number, length: number, more: Partial<Entity> = {}): Entity => ({
  type,
  offset,
  length,
  ...none,
  ...more,
});
const nobody = { is_bot: false, last_name: undefined, username: undefined };
const plain = (text: string): Inline => ({ type: 'text', text });
const styled = (type: 'bold' | 'italic' | 'underline' | 'strike' | 'spoiler', ...children: Inline[]): Inline => ({ type, children });
const paragraph = (...children: Inline[]): Body => [{ type: 'paragraph', children }];

describe('inline entities', () => {
  test.each([
    ['bold', 'bold'],
    ['italic', 'italic'],
    ['underline', 'underline'],
    ['strikethrough', 'strike'],
    ['spoiler', 'spoiler'],
  ] as const)('%s is a style', (type, style) => {
    expect(parseText('a b c', [entity(type, 2, 1)])).toEqual(paragraph(plain('a '), styled(style, plain('b')), plain(' c')));
  });

  test('offsets count UTF-16 code units', () => {
    expect(parseText('👩‍👩‍👧‍👦 ok', [entity('bold', 12, 2)])).toEqual(paragraph(plain('👩‍👩‍👧‍👦 '), styled('bold', plain('ok'))));
  });

  test('nested ones nest, the longer outside', () => {
    const body = parseText('abcdef', [entity('italic', 2, 2), entity('bold', 0, 6)]);
    expect(body).toEqual(paragraph(styled('bold', plain('ab'), styled('italic', plain('cd')), plain('ef'))));
  });

  test('crossing ones are split at the border', () => {
    const body = parseText('abcdef', [entity('bold', 0, 4), entity('italic', 2, 4)]);
    expect(body).toEqual(paragraph(styled('bold', plain('ab'), styled('italic', plain('cd'))), styled('italic', plain('ef'))));
  });

  test('touching and overlapping ones of a style become one', () => {
    expect(parseText('abcdef', [entity('bold', 0, 2), entity('bold', 2, 2), entity('bold', 3, 3)])).toEqual(
      paragraph(styled('bold', plain('abcdef'))),
    );
  });

  test('text_link and url with a scheme are links; a bare host stays text', () => {
    const text = 'here https://example.org/a_b example.org';
    const body = parseText(text, [entity('text_link', 0, 4, { url: 'https://x.org/' }), entity('url', 5, 23), entity('url', 29, 11)]);
    expect(body).toEqual(
      paragraph(
        { type: 'link', href: 'https://x.org/', children: [plain('here')] },
        plain(' '),
        { type: 'link', href: 'https://example.org/a_b', children: [plain('https://example.org/a_b')] },
        plain(' example.org'),
      ),
    );
  });

  test('of two links over the same text the first has it', () => {
    const body = parseText('abcd', [
      entity('text_link', 0, 3, { url: 'https://x.org/' }),
      entity('text_link', 1, 3, { url: 'https://y.org/' }),
    ]);
    expect(body).toEqual(
      paragraph(
        { type: 'link', href: 'https://x.org/', children: [plain('abc')] },
        { type: 'link', href: 'https://y.org/', children: [plain('d')] },
      ),
    );
  });

  test('mentions by name and by id', () => {
    const body = parseText('@ana_s and Bo Li', [
      entity('mention', 0, 6),
      entity('text_mention', 11, 5, { user: { ...nobody, id: 5, first_name: 'Bo' } }),
    ]);
    expect(body).toEqual(
      paragraph({ type: 'mention', kind: 'user', id: '@ana_s', label: 'ana_s' }, plain(' and '), {
        type: 'mention',
        kind: 'user',
        id: 'user:5',
        label: 'Bo Li',
      }),
    );
  });

  test('a style that ends inside a mention takes in all of it', () => {
    const mention: Inline = { type: 'mention', kind: 'user', id: '@ana_s', label: 'ana_s' };
    expect(parseText('hi @ana_s', [entity('bold', 0, 5), entity('mention', 3, 6)])).toEqual(
      paragraph(styled('bold', plain('hi '), mention)),
    );
  });

  test('a custom emoji is the ordinary one below it; hashtags, commands and unknown kinds are text', () => {
    const text = '👍 #tag /start x@y.org';
    const entities = [
      entity('custom_emoji', 0, 2, { custom_emoji_id: '5' }),
      entity('hashtag', 3, 4),
      entity('bot_command', 8, 6),
      entity('new_kind', 0, 22),
    ];
    expect(parseText(text, entities)).toEqual(paragraph(plain(text)));
  });

  test('a date is a timestamp, and text where it has no time', () => {
    expect(parseText('noon', [entity('date_time', 0, 4, { unix_time: 1 })])).toEqual(paragraph({ type: 'timestamp', unix: 1 }));
    expect(parseText('noon', [entity('date_time', 0, 4)])).toEqual(paragraph(plain('noon')));
  });
});

describe('blocks', () => {
  test('a code block between paragraphs; the line breaks beside it belong to nobody', () => {
    expect(parseText('see\nlet x\nok', [entity('pre', 4, 5, { language: 'js' })])).toEqual([
      { type: 'paragraph', children: [plain('see')] },
      { type: 'code-block', text: 'let x', language: 'js' },
      { type: 'paragraph', children: [plain('ok')] },
    ]);
  });

  test('further blank lines stay with the paragraph', () => {
    expect(parseText('a\n\nb\nc', [entity('pre', 3, 1)])).toEqual([
      { type: 'paragraph', children: [plain('a\n')] },
      { type: 'code-block', text: 'b' },
      { type: 'paragraph', children: [plain('c')] },
    ]);
  });

  test('styles within a quotation, a code block within a quotation, no quotation within one', () => {
    const entities = [entity('expandable_blockquote', 0, 7), entity('blockquote', 0, 3), entity('bold', 0, 3), entity('pre', 4, 3)];
    expect(parseText('abc\nxyz', entities)).toEqual([
      {
        type: 'quote',
        children: [
          { type: 'paragraph', children: [styled('bold', plain('abc'))] },
          { type: 'code-block', text: 'xyz' },
        ],
      },
    ]);
  });

  test('a style over several blocks is in each paragraph', () => {
    expect(parseText('a\nb\nc', [entity('bold', 0, 5), entity('pre', 2, 1)])).toEqual([
      { type: 'paragraph', children: [styled('bold', plain('a'))] },
      { type: 'code-block', text: 'b' },
      { type: 'paragraph', children: [styled('bold', plain('c'))] },
    ]);
  });
});

describe('hostile input', () => {
  test('entities beyond the text are cut, or ignored', () => {
    expect(parseText('abc', [entity('bold', 1, 1_000_000), entity('italic', 3, 5), entity('code', 99, 1)])).toEqual(
      paragraph(plain('a'), styled('bold', plain('bc'))),
    );
  });

  test('no text is no body', () => {
    expect(parseText('', [entity('bold', 0, 5)])).toEqual([]);
  });

  test('thousands of crossing entities take a time linear in their number', () => {
    const kinds = ['bold', 'italic', 'underline', 'strikethrough', 'spoiler', 'code', 'text_link', 'blockquote', 'pre'];
    expectLinear((size) => {
      const entities = Array.from({ length: size / 50 }, (_, index) =>
        entity(kinds[index % kinds.length] ?? '', index * 7, 50_000, { url: `https://x.org/${index}` }),
      );
      return parseText(repeated('word ', size), entities);
    });
  });
});
