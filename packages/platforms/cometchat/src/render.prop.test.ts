import { plainText } from '@bridge/core';
import { bodyArbitrary, expectLinear, repeated, textArbitrary } from '@bridge/testing';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseText } from './mentions.ts';
import { measure, render } from './render.ts';

test('whatever comes from elsewhere, nothing that is sent mentions anybody', () => {
  const tokens = fc.constantFrom('<@uid:a>', '<', '@uid:b>', '<@all:all>', '<@', 'uid:c>', '<<@uid:d>>');
  const hostile = fc.array(fc.oneof(tokens, textArbitrary), { maxLength: 6 });
  fc.assert(
    fc.property(hostile, bodyArbitrary, (pieces, body) => {
      const children = pieces.map((text) => ({ type: 'text' as const, text }));
      const text = render([{ type: 'paragraph', children }, ...body]);
      expect(text).not.toMatch(/<@\w+:/);
      const read = parseText(text.replaceAll('@{', ''));
      expect(JSON.stringify(read)).not.toContain('"mention"');
    }),
  );
});

test('but for that, the text is the plain text', () => {
  fc.assert(
    fc.property(bodyArbitrary, (body) => {
      expect(render(body).replaceAll('<\u200B@', '<@')).toBe(plainText(body).replaceAll('<\u200B@', '<@').toWellFormed());
    }),
  );
});

test('plain text that is read comes back as it was', () => {
  fc.assert(
    fc.property(textArbitrary, (text) => {
      expect(render(parseText(text))).toBe(text);
    }),
  );
});

test('measure is what the text adds to the JSON, in bytes', () => {
  fc.assert(
    fc.property(bodyArbitrary, (body) => {
      const json = (text: string) => Buffer.byteLength(JSON.stringify({ data: { text } }), 'utf8');
      expect(measure(body)).toBe(json(render(body)) - json(''));
    }),
  );
});

test('many mentions are read and rendered in a time linear in their number', () => {
  expectLinear((size) => render(parseText(repeated('hi <@uid:cometchat-uid-2> <@uid: @{a|b} ', size))));
});
