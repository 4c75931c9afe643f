import { describe, expect, it } from 'vitest';
import { parseHtml } from './parse-html.ts';
import { parseMarkdown } from './parse-markdown.ts';
import { formatText } from './text.ts';

const bold = (offset: number, length: number) => ({ type: 'bold', offset, length });

describe('text', () => {
  it('is trimmed, and entities move along', () => {
    expect(formatText('  hi there \n', [bold(2, 2), bold(5, 7)])).toEqual({ text: 'hi there', entities: [bold(0, 2), bold(3, 5)] });
  });

  it('keeps leading space that an entity begins in', () => {
    expect(formatText('  hi', [bold(1, 3)])).toEqual({ text: ' hi', entities: [bold(0, 3)] });
  });

  it('has control characters replaced and carriage returns taken out, in UTF-16 units', () => {
    expect(formatText('a\tb\r\n😀c', [bold(5, 3)])).toEqual({ text: 'a b\n😀c', entities: [bold(4, 3)] });
    expect(formatText('a\u202eb')).toEqual({ text: 'ab', entities: [] });
  });

  it.each([
    ['', 'Bad Request: text must be non-empty'],
    [' \n ', 'Bad Request: text must be non-empty'],
    ['x'.repeat(4097), 'Bad Request: message is too long'],
    ['😀'.repeat(2049), 'Bad Request: message is too long'],
    ['ü'.repeat(16_385), 'Bad Request: text is too long'],
  ])('refuses text by its length (%#)', (text, error) => {
    expect(() => formatText(text)).toThrow(error);
  });

  it('takes 4096 units, counted after trimming', () => {
    expect(formatText(`  ${'x'.repeat(4096)}  `).text).toHaveLength(4096);
    expect(formatText('😀'.repeat(2048)).text).toHaveLength(4096);
  });

  it.each([
    [bold(-1, 2), 'Bad Request: receive an entity with incorrect offset -1'],
    [bold(0, -2), 'Bad Request: receive an entity with incorrect length -2'],
    [bold(9, 1), 'Bad Request: entity begins after the end of the text at UTF-16 offset 9'],
    [bold(0, 9), 'Bad Request: entity beginning at UTF-16 offset 0 ends after the end of the text at UTF-16 offset 9'],
    [bold(2, 1), 'Bad Request: entity begins in a middle of a UTF-16 symbol'],
    [bold(0, 2), 'Bad Request: entity beginning at UTF-16 offset 0 ends in a middle of a UTF-16 symbol'],
  ])('refuses an entity out of place (%#)', (entity, error) => {
    expect(() => formatText('a😀b', [entity])).toThrow(error);
  });

  it('drops empty entities, merges styles that touch, and keeps none inside code', () => {
    expect(formatText('abcdef', [bold(0, 0), bold(0, 2), bold(2, 2)]).entities).toEqual([bold(0, 4)]);
    const code = { type: 'code', offset: 0, length: 4 };
    expect(formatText('abcdef', [code, bold(1, 2)]).entities).toEqual([code]);
  });

  it('ignores entities beyond a hundred', () => {
    const many = Array.from({ length: 120 }, (_, n) => bold(n * 2, 1));
    expect(formatText('x '.repeat(120), many).entities).toHaveLength(100);
  });

  it('finds links, mentions, hashtags, commands and addresses by itself', () => {
    const { text, entities } = formatText('see https://a.com/x, @ana_b #tag /start ana@b.org');
    expect(entities.map((entity) => [entity.type, text.slice(entity.offset, entity.offset + entity.length)])).toEqual([
      ['url', 'https://a.com/x'],
      ['mention', '@ana_b'],
      ['hashtag', '#tag'],
      ['bot_command', '/start'],
      ['email', 'ana@b.org'],
    ]);
    expect(formatText('https://a.com', [{ type: 'code', offset: 0, length: 13 }]).entities).toHaveLength(1);
  });
});

describe('parse_mode HTML', () => {
  it('reads the documented tags', () => {
    const { text, entities } = parseHtml(
      '<b>a <i>b</i></b> <a href="http://x.org/?a=1&amp;b">c</a><pre><code class="language-js">d</code></pre> &lt;&#33;&nbsp;',
    );
    expect(text).toBe('a b cd <!&nbsp;');
    expect(entities).toContainEqual({ type: 'bold', offset: 0, length: 3 });
    expect(entities).toContainEqual({ type: 'italic', offset: 2, length: 1 });
    expect(entities).toContainEqual({ type: 'text_link', offset: 4, length: 1, url: 'http://x.org/?a=1&b' });
    expect(entities).toContainEqual({ type: 'pre', offset: 5, length: 1, language: 'js' });
  });

  it('drops links that Telegram refuses', () => {
    expect(parseHtml('<a href="javascript:alert(1)">x</a>')).toEqual({ text: 'x', entities: [] });
  });

  it.each([
    ['<br>', `Bad Request: can't parse entities: Unsupported start tag "br" at byte offset 0`],
    ['ü <p>', `Bad Request: can't parse entities: Unsupported start tag "p" at byte offset 3`],
    ['a < b', `Bad Request: can't parse entities: Unclosed start tag at byte offset 2`],
    ['<b>x', `Bad Request: can't parse entities: Can't find end tag corresponding to start tag "b"`],
    ['x</b>', `Bad Request: can't parse entities: Unexpected end tag at byte offset 1`],
    ['<b>x</i>', `Bad Request: can't parse entities: Unmatched end tag at byte offset 4, expected "</b>", found "</i>"`],
    ['<span>x</span>', `Bad Request: can't parse entities: Tag "span" must have class "tg-spoiler" at byte offset 0`],
  ])('refuses %s', (html, error) => {
    expect(() => parseHtml(html)).toThrow(error);
  });
});

describe('parse_mode MarkdownV2', () => {
  it('reads the documented markup', () => {
    const { text, entities } = parseMarkdown('*a _b_* __c__ ~d~ ||e|| `f\\`` [g](http://x.org/\\))\n```js\nh```\n>q\\.\nz', 2);
    expect(text).toBe('a b c d e f` g\nh\nq.\nz');
    expect(entities.map((entity) => [entity.type, text.slice(entity.offset, entity.offset + entity.length)])).toEqual([
      ['italic', 'b'],
      ['bold', 'a b'],
      ['underline', 'c'],
      ['strikethrough', 'd'],
      ['spoiler', 'e'],
      ['code', 'f`'],
      ['text_link', 'g'],
      ['pre', 'h'],
      ['blockquote', 'q.'],
    ]);
  });

  it.each(['.', '!', '-', '(', ')', '#', '+', '=', '|', '{', '}', 'a>'])('refuses an unescaped %s', (text) => {
    expect(() => parseMarkdown(text, 2)).toThrow("is reserved and must be escaped with the preceding '\\'");
  });

  it.each([
    ['*a', "Can't find end of Bold entity at byte offset 0"],
    ['ü `a', "Can't find end of Code entity at byte offset 3"],
    ['[a](b', "Can't find end of a URL at byte offset 3"],
  ])('refuses %s', (text, error) => {
    expect(() => parseMarkdown(text, 2)).toThrow(error);
  });

  it('is lenient in the legacy version', () => {
    expect(parseMarkdown('*a* b.c!', 1)).toEqual({ text: 'a b.c!', entities: [bold(0, 1)] });
  });
});
