import type { Body, Inline } from '@bridge/core';
import { bodyArbitrary, textArbitrary } from '@bridge/testing';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { foundByTdlib, hasTdlib, type TdText, throughTdlib } from './fixtures/tdlib.ts';
import { type Rendered, render, type SentEntity } from './render.ts';

const tdTypes: Readonly<Record<SentEntity['type'], string>> = {
  bold: 'textEntityTypeBold',
  italic: 'textEntityTypeItalic',
  underline: 'textEntityTypeUnderline',
  strikethrough: 'textEntityTypeStrikethrough',
  spoiler: 'textEntityTypeSpoiler',
  code: 'textEntityTypeCode',
  pre: 'textEntityTypePre',
  blockquote: 'textEntityTypeBlockQuote',
  text_link: 'textEntityTypeTextUrl',
  text_mention: 'textEntityTypeMentionName',
  mention: 'textEntityTypeMention',
  date_time: 'textEntityTypeDateTime',
};

function asTd({ text, entities }: Rendered): TdText {
  return {
    text,
    entities: entities.map(({ type, offset, length, url, language, user, unix_time }) => {
      const named = type === 'pre' && language !== undefined ? { _: 'textEntityTypePreCode', language } : { _: tdTypes[type] };
      return {
        offset,
        length,
        type: {
          ...named,
          ...(url === undefined ? {} : { url }),
          ...(user ? { user_id: user.id } : {}),
          ...(unix_time === undefined ? {} : { unix_time }),
        },
      };
    }),
  };
}

/** What covers each code unit, whatever pieces it is cut into. */
function covers({ text, entities }: TdText): readonly string[] {
  const at = Array.from(text.split(''), () => new Set<string>());
  for (const { offset, length, type } of entities) for (const set of at.slice(offset, offset + length)) set.add(type._);
  return at.map((set, index) => `${text[index] ?? ''} ${[...set].toSorted().join(' ')}`);
}

/** Without what TDLib would read as its Markdown, and without the white space that it trims. */
const tame = (text: string): string =>
  text
    .replaceAll(/[^\p{L}\p{N} ]/gu, 'x')
    .replace(/^ +| +$/g, '')
    .replaceAll(/ +/g, ' ') || 'x';
const wordArbitrary = textArbitrary.map(tame);
const leaf = wordArbitrary.map((text): Inline => ({ type: 'text', text }));
const inlineArbitrary = fc.letrec<{ readonly inline: Inline }>((tie) => ({
  inline: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    leaf,
    wordArbitrary.map((text): Inline => ({ type: 'code', text })),
    fc.record({
      type: fc.constantFrom('bold', 'italic', 'underline', 'strike', 'spoiler'),
      children: fc.array(tie('inline'), { minLength: 1, maxLength: 3 }),
    }),
    fc.record({
      type: fc.constant('link'),
      href: fc.constant('https://example.org/'),
      children: fc.array(tie('inline'), { minLength: 1, maxLength: 2 }),
    }),
  ),
})).inline;
const paragraphArbitrary = fc.record({
  type: fc.constant('paragraph'),
  children: fc.array(inlineArbitrary, { minLength: 1, maxLength: 3 }),
});
const tameBody: fc.Arbitrary<Body> = fc.array(
  fc.oneof(
    paragraphArbitrary,
    fc.record({ type: fc.constant('quote'), children: fc.array(paragraphArbitrary, { minLength: 1, maxLength: 2 }) }),
    wordArbitrary.map((text) => ({ type: 'code-block' as const, text, language: 'ts' })),
    wordArbitrary.map((text) => ({ type: 'code-block' as const, text })),
  ),
  { minLength: 1, maxLength: 4 },
);

// TDLib is packaged for Linux on x64 alone in what is installed here; everywhere else these are left out.
describe.skipIf(!hasTdlib)('by Telegram’s own library', () => {
  test('what is rendered is never refused, whatever the body', () => {
    fc.assert(
      fc.property(bodyArbitrary, (body) => {
        const rendered = render(body);
        // Empty messages are not sent.
        fc.pre(/[\p{L}\p{N}]/u.test(rendered.text));
        expect(() => throughTdlib(asTd(rendered))).not.toThrow();
      }),
      { numRuns: 500 },
    );
  });

  test('every word is shown with the very formatting that was meant', () => {
    fc.assert(
      fc.property(tameBody, (body) => {
        const sent = asTd(render(body));
        const shown = throughTdlib(sent);
        expect(shown.text).toBe(sent.text);
        expect(covers(shown)).toEqual(covers(sent));
      }),
      { numRuns: 500 },
    );
  });

  test('nobody is mentioned whom the author did not mention here', () => {
    const label = fc.stringMatching(/^[A-Za-z]\w{2,31}$/);
    const kind = fc.constantFrom('user' as const, 'role' as const, 'everyone' as const);
    fc.assert(
      fc.property(label, kind, (name, of) => {
        const { text } = render([{ type: 'paragraph', children: [{ type: 'mention', kind: of, id: '123', label: name }] }]);
        expect(foundByTdlib(text).entities).toEqual([]);
      }),
    );
  });

  test('but one of Telegram’s own people is', () => {
    const { text } = render([{ type: 'paragraph', children: [{ type: 'mention', kind: 'user', id: '@ana_s', label: 'ana_s' }] }]);
    expect(foundByTdlib(text).entities).toMatchObject([{ offset: 0, length: 6, type: { _: 'textEntityTypeMention' } }]);
  });

  test('and what is wrong would be noticed', () => {
    const beyond = { text: 'ab', entities: [{ offset: 0, length: 3, type: { _: 'textEntityTypeBold' } }] };
    const within = { text: '👍', entities: [{ offset: 1, length: 1, type: { _: 'textEntityTypeBold' } }] };
    expect(() => throughTdlib(beyond)).toThrow('after the end of the text');
    expect(() => throughTdlib(within)).toThrow('middle of a UTF-16 symbol');
  });
});
