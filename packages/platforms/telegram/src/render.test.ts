import type { Block, Inline } from '@bridge/core';
import { describe, expect, test } from 'vitest';
import { render } from './render.ts';

const plain = (text: string): Inline => ({ type: 'text', text });
const paragraph = (...children: Inline[]): Block => ({ type: 'paragraph', children });
const mention = (kind: 'user' | 'role' | 'channel' | 'everyone', id: string, label: string): Inline => ({
  type: 'mention',
  kind,
  id,
  label,
});
const link = (href: string, ...children: Inline[]): Inline => ({ type: 'link', href, children });
const line = (...children: Inline[]) => render([paragraph(...children)]);

describe('inline', () => {
  test('styles become entities with UTF-16 offsets', () => {
    expect(line(plain('👍 '), { type: 'bold', children: [plain('a'), { type: 'strike', children: [plain('b')] }] })).toEqual({
      text: '👍 ab',
      entities: [
        { type: 'bold', offset: 3, length: 2 },
        { type: 'strikethrough', offset: 4, length: 1 },
      ],
    });
  });

  test('code is never part of a style, which Telegram does not have', () => {
    expect(line({ type: 'bold', children: [plain('a'), { type: 'code', text: 'b' }, plain('c')] }).entities).toEqual([
      { type: 'bold', offset: 0, length: 1 },
      { type: 'code', offset: 1, length: 1 },
      { type: 'bold', offset: 2, length: 1 },
    ]);
  });

  test('a link is an entity; a bare address is left to Telegram', () => {
    expect(line(link('https://x.org/', plain('here')))).toEqual({
      text: 'here',
      entities: [{ type: 'text_link', offset: 0, length: 4, url: 'https://x.org/' }],
    });
    expect(line(link('https://x.org/', plain('https://x.org/')))).toEqual({ text: 'https://x.org/', entities: [] });
    expect(line(link('https://x.org/'))).toEqual({ text: 'https://x.org/', entities: [] });
  });

  test.each(['javascript:alert(1)', 'http://', 'http://intranet/', 'ftp://x.org/', 'mailto:a@x.org'])(
    '%s is written out, since Telegram would refuse the message',
    (href) => {
      expect(line(link(href, plain('here')))).toEqual({ text: `here (${href})`, entities: [] });
    },
  );

  test('mentions of Telegram’s own are live', () => {
    expect(line(mention('user', '@ana_s', 'ana_s'))).toEqual({ text: '@ana_s', entities: [{ type: 'mention', offset: 0, length: 6 }] });
    expect(line(mention('user', 'user:5', 'Bo Li')).entities).toEqual([
      { type: 'text_mention', offset: 0, length: 5, user: { id: 5, is_bot: false, first_name: 'Bo Li' } },
    ]);
  });

  test('mentions from elsewhere notify nobody here', () => {
    expect(line(mention('user', '1424612739296530453', 'durov'))).toEqual({ text: '@\u2060durov', entities: [] });
    expect(line(mention('everyone', 'all', 'everyone')).text).not.toContain('@everyone');
    expect(line(mention('channel', '1', 'general')).text).toBe('#general');
    expect(line(mention('user', '2', 'Łukasz')).text).toBe('@Łukasz');
  });

  test('custom emoji and timestamps read as words', () => {
    expect(line({ type: 'custom-emoji', id: '1', name: 'party' }).text).toBe(':party:');
    expect(line({ type: 'timestamp', unix: 1_759_852_800 })).toEqual({
      text: '2025-10-07 16:00 UTC',
      entities: [{ type: 'date_time', offset: 0, length: 20, unix_time: 1_759_852_800 }],
    });
    expect(line({ type: 'timestamp', unix: 1e20 }).text).toBe('100000000000000000000');
  });

  test('markup of other notations is not touched, and lone surrogates do not make Telegram refuse the text', () => {
    expect(line(plain('<b>*x*</b> &amp; \ud800')).text).toBe('<b>*x*</b> &amp; \ufffd');
  });
});

describe('blocks', () => {
  test('blocks of a kind are a blank line apart, others a line break', () => {
    const code: Block = { type: 'code-block', text: 'x', language: 'js' };
    expect(render([paragraph(plain('a')), paragraph(plain('b')), code, { type: 'quote', children: [paragraph(plain('c'))] }])).toEqual({
      text: 'a\n\nb\nx\nc',
      entities: [
        { type: 'pre', offset: 5, length: 1, language: 'js' },
        { type: 'blockquote', offset: 7, length: 1 },
      ],
    });
  });

  test('a quotation within a quotation is plain, since Telegram refuses it', () => {
    const inner: Block = { type: 'quote', children: [paragraph(plain('b'))] };
    expect(render([{ type: 'quote', children: [paragraph(plain('a')), inner] }]).entities).toEqual([
      { type: 'blockquote', offset: 0, length: 3 },
    ]);
  });

  test('headings are bold, lists are lines, nested ones indented', () => {
    const inner: Block = { type: 'list', ordered: false, start: 1, items: [[paragraph(plain('c'))], [paragraph(plain('d\ne'))]] };
    const list: Block = { type: 'list', ordered: true, start: 3, items: [[paragraph(plain('a'))], [paragraph(plain('b')), inner]] };
    expect(render([{ type: 'heading', level: 1, children: [plain('T')] }, list])).toEqual({
      text: 'T\n3. a\n4. b\n  • c\n  • d\n    e',
      entities: [{ type: 'bold', offset: 0, length: 1 }],
    });
  });

  test('empty nodes make no entity', () => {
    expect(render([{ type: 'code-block', text: '' }, paragraph({ type: 'bold', children: [] })])).toEqual({ text: '\n', entities: [] });
  });
});
