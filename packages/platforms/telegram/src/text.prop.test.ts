import { bodyArbitrary, expectLinear, repeated, textArbitrary } from '@bridge/testing';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseText } from './entities.ts';
import { type Entity, entitySchema } from './payload.ts';
import { type Rendered, render, type SentEntity } from './render.ts';

const received = (entities: readonly SentEntity[]): Entity[] => entities.map((entity) => entitySchema.parse(entity));

/** Properly nested entities as Telegram sends them: each inside the last one that is still open, none empty. */
const nested: fc.Arbitrary<{ readonly text: string; readonly entities: readonly SentEntity[] }> = fc
  .array(
    fc.record({
      text: fc.stringMatching(/^[a-zé👍 ]{1,8}$/u),
      styles: fc.subarray(['bold', 'italic', 'underline', 'strikethrough', 'spoiler'] as const),
    }),
    {
      minLength: 1,
      maxLength: 8,
    },
  )
  .map((pieces) => {
    const text = pieces.map((piece) => piece.text).join('|');
    const entities: SentEntity[] = [];
    let offset = 0;
    for (const piece of pieces) {
      for (const type of piece.styles) entities.push({ type, offset, length: piece.text.length });
      offset += piece.text.length + 1;
    }
    return { text, entities };
  });

const byPlace = (entities: readonly SentEntity[]) => entities.map((entity) => JSON.stringify(entity)).toSorted();

test('what Telegram sends comes back as it was', () => {
  fc.assert(
    fc.property(nested, ({ text, entities }) => {
      const again = render(parseText(text, received(entities)));
      expect(again.text).toBe(text);
      expect(byPlace(again.entities)).toEqual(byPlace(entities));
    }),
  );
});

test('plain text of any kind comes back as it was, but for the sign that keeps @everyone from being a name', () => {
  fc.assert(
    fc.property(textArbitrary, (text) => {
      const { text: shown, entities } = render(parseText(text));
      expect([shown.replaceAll(/@\u2060(?=(?:everyone|here)\b)/gi, '@'), entities]).toEqual([
        text.replaceAll(/@\u2060(?=(?:everyone|here)\b)/gi, '@'),
        [],
      ]);
    }),
  );
});

test('any body, once rendered, is read and rendered to the same but for blank lines between blocks, and then to the very same', () => {
  const again = ({ text, entities }: Rendered) => render(parseText(text, received(entities)));
  const shape = ({ text, entities }: Rendered) => [text.replaceAll(/\n+/g, '\n'), entities.map(({ type, url }) => [type, url])];
  fc.assert(
    fc.property(bodyArbitrary, (body) => {
      const once = render(body);
      const twice = again(once);
      expect(shape(twice)).toEqual(shape(once));
      expect(again(twice)).toEqual(twice);
    }),
    { numRuns: 1_000 },
  );
});

test('every entity lies within the text, none is empty, and code is in no style', () => {
  fc.assert(
    fc.property(bodyArbitrary, (body) => {
      const { text, entities } = render(body);
      for (const { offset, length } of entities) expect(offset >= 0 && length > 0 && offset + length <= text.length).toBe(true);
      const codes = entities.filter(({ type }) => type === 'code' || type === 'pre');
      const others = entities.filter(({ type }) => ['bold', 'italic', 'underline', 'strikethrough', 'spoiler', 'text_link'].includes(type));
      for (const code of codes) {
        expect(others.filter((other) => other.offset < code.offset + code.length && code.offset < other.offset + other.length)).toEqual([]);
      }
    }),
  );
});

test('any entities over any text are read, and no word is lost', () => {
  const anyEntity = fc.record({
    type: fc.constantFrom('bold', 'italic', 'code', 'pre', 'blockquote', 'text_link', 'mention', 'spoiler', 'url', 'nonsense'),
    offset: fc.nat(40),
    length: fc.integer({ min: 1, max: 40 }),
    url: fc.constant('https://example.org/'),
  });
  fc.assert(
    fc.property(fc.stringMatching(/^[a-z \n]{0,40}$/), fc.array(anyEntity, { maxLength: 8 }), (text, entities) => {
      const body = parseText(
        text,
        entities.map((entity) => entitySchema.parse(entity)),
      );
      // An address that cannot be a link here, such as one within code, is told in words.
      const letters = (value: string) => value.replaceAll('https://example.org/', '').replaceAll(/[^a-z]/g, '');
      // A mention of one letter has its sign taken for the name, and is not one; all else keeps its letters.
      expect(letters(render(body).text)).toBe(letters(text));
    }),
  );
});

test('a text with formatting is read and rendered in a time linear in its length', () => {
  expectLinear((size) => {
    const entities = Array.from({ length: size / 10_000 }, (_, index) =>
      entitySchema.parse({ type: index % 2 ? 'bold' : 'pre', offset: index * 9_000, length: 4_000 }),
    );
    return render(parseText(repeated('word\n', size), entities));
  });
});
