import { describe, expect, it } from 'vitest';
import type { Span, SpanStyle } from '../protocol.ts';
import { entitiesOf, fromTyped, telegramSpans, toTyped } from './telegram.ts';

const entity = (type: string, offset: number, length: number, url?: string) => ({
  type,
  offset,
  length,
  ...(url === undefined ? {} : { url }),
});
const styled = (style: SpanStyle, ...inside: readonly Span[]) => ({ style, spans: inside });

describe('a Telegram message', () => {
  it('has no styles without entities', () => expect(telegramSpans('**plain**', [])).toEqual(['**plain**']));

  it('has the styles of its entities, in whatever order they come', () => {
    const text = 'Kai: yes, it is';
    expect(telegramSpans(text, [entity('italic', 10, 2), entity('bold', 0, 3)])).toEqual([
      styled('bold', 'Kai'),
      ': yes, ',
      styled('italic', 'it'),
      ' is',
    ]);
  });

  it('counts in UTF-16 units', () => {
    expect(telegramSpans('👩‍👩‍👧 hi', [entity('bold', 9, 2)])).toEqual(['👩‍👩‍👧 ', styled('bold', 'hi')]);
  });

  it('nests styles', () => {
    const nested = [entity('bold', 0, 9), entity('italic', 2, 5), entity('strikethrough', 4, 1)];
    expect(telegramSpans('ab cd ef!', nested)).toEqual([styled('bold', 'ab', styled('italic', ' c', styled('strike', 'd'), ' e'), 'f!')]);
    expect(telegramSpans('same', [entity('bold', 0, 4), entity('italic', 0, 4)])).toEqual([styled('bold', styled('italic', 'same'))]);
  });

  it('links what is a link', () => {
    expect(telegramSpans('example.com', [entity('url', 0, 11)])).toEqual([
      { style: 'link', spans: ['example.com'], href: 'https://example.com' },
    ]);
    expect(telegramSpans('here', [entity('text_link', 0, 4, 'http://example.com/a')])).toEqual([
      { style: 'link', spans: ['here'], href: 'http://example.com/a' },
    ]);
  });

  it('leaves a style that it does not know as text', () => {
    expect(telegramSpans('abc', [entity('sparkles', 0, 3)])).toEqual(['abc']);
  });

  it('survives entities that reach past the end', () => {
    expect(telegramSpans('abc', [entity('bold', 1, 99)])).toEqual(['a', styled('bold', 'bc')]);
  });
});

describe('what a person types on Telegram', () => {
  it.each<[string, string, readonly object[]]>([
    ['plain', 'plain', []],
    ['a **bold** word', 'a bold word', [entity('bold', 2, 4)]],
    ['__it__ ~~gone~~ ||shh||', 'it gone shh', [entity('italic', 0, 2), entity('strikethrough', 3, 4), entity('spoiler', 8, 3)]],
    ['**a __b__**', 'a b', [entity('bold', 0, 3), entity('italic', 2, 1)]],
    ['`**code**` ```block```', '**code** block', [entity('code', 0, 8), entity('pre', 9, 5)]],
    ['**```a```**', 'a', [entity('bold', 0, 1), entity('pre', 0, 1)]],
    ['2 ** 3 ** 4', '2 ** 3 ** 4', []],
    ['👍 **b**', '👍 b', [entity('bold', 3, 1)]],
  ])('%s', (typed, text, entities) => expect(fromTyped(typed)).toEqual({ text, entities }));

  it.each([
    'plain',
    'a **b __c__** d',
    '`x` ```y``` ~~z~~ ||w||',
    // Styles over the very same text, code among them.
    '**__a__**',
    '**```a```**',
    '**`a`**',
    '> <@1>__`**~~ https://x.y/z`__',
    '||```**__<@1>```||> ||',
    '||~~__**`a`**__~~||',
  ])('%s comes back as it was typed when it is to be edited', (typed) => {
    const { text, entities } = fromTyped(typed);
    expect(toTyped(telegramSpans(text, entities))).toBe(typed);
  });

  it('keeps the text of what nobody can type', () => {
    expect(toTyped([{ style: 'link', spans: ['here'], href: 'https://example.com' }, ' and ', styled('mention', '@kai')] as const)).toBe(
      'here and @kai',
    );
  });
});

describe('entitiesOf', () => {
  it('reads what is an entity, and nothing else', () => {
    const good = entity('bold', 0, 1);
    expect(entitiesOf({ entities: [good, null, 7, { type: 'bold' }, { type: 1, offset: 0, length: 1 }] })).toEqual([good]);
    for (const source of [undefined, null, 'text', {}, { entities: 'no' }]) expect(entitiesOf(source)).toEqual([]);
  });
});
