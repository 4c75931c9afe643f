import { bodyArbitrary, textArbitrary } from '@bridge/testing/arbitraries';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isInvisible } from './graphemes.ts';
import { isBlank, paragraphs, plainText } from './plain-text.ts';

test('plain text comes back from a body exactly', () => {
  const source = fc.oneof(
    textArbitrary,
    fc.array(fc.constantFrom('a', '\n', '\n\n', ' '), { maxLength: 12 }).map((parts) => parts.join('')),
  );
  fc.assert(
    fc.property(source, (text) => {
      expect(plainText(paragraphs(text))).toBe(isInvisible(text) ? '' : text.replaceAll('\r\n', '\n'));
    }),
  );
});

test('no paragraph of plain text is empty', () => {
  fc.assert(
    fc.property(textArbitrary, (text) => {
      for (const block of paragraphs(text)) expect(plainText([block])).not.toBe('');
    }),
  );
});

test('a body without a visible character reads as markers at most', () => {
  fc.assert(
    fc.property(bodyArbitrary, (body) => {
      if (isBlank(body)) expect(isInvisible(plainText(body).replaceAll(/^[ >\-\d.]*/gm, ''))).toBe(true);
      else expect(isInvisible(plainText(body))).toBe(false);
    }),
  );
});

test('a quote reads as the lines of its content, each with a mark', () => {
  fc.assert(
    fc.property(bodyArbitrary, (body) => {
      const quoted = plainText([{ type: 'quote', children: body }]);
      expect(quoted).toBe(
        plainText(body)
          .split('\n')
          .map((line) => `> ${line}`)
          .join('\n'),
      );
    }),
  );
});
