import { bodyArbitrary, textArbitrary } from '@bridge/testing/arbitraries';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isBlank, paragraphs, plainText } from './plain-text.ts';
import type { Block, Body, Inline } from './rich-text.ts';
import { splitBody } from './split.ts';

const measure = (part: Body): number => plainText(part).length;
const within = (limit: number) => ({ fits: (part: Body) => measure(part) <= limit });

/** The leaves of a body in order, each with what encloses it, so that a lost or changed style shows. */
function leaves(body: Body): string[] {
  const inline = (node: Inline, path: string): string[] => {
    if (node.type === 'text' || node.type === 'code') return [...node.text].map((char) => `${path}/${node.type}:${char}`);
    if (!('children' in node)) return [`${path}/${JSON.stringify(node)}`];
    const style = node.type === 'link' ? `link(${node.href})` : node.type;
    if (node.type === 'link' && node.children.length === 0) return [`${path}/${style}`];
    return node.children.flatMap((child) => inline(child, `${path}/${style}`));
  };
  const block = (node: Block, path: string): string[] => {
    switch (node.type) {
      case 'code-block':
        return [...node.text].map((char) => `${path}/code-block(${node.language ?? ''}):${char}`);
      case 'quote':
        return node.children.flatMap((child) => block(child, `${path}/quote`));
      case 'list':
        return node.items.flatMap((item, index) =>
          item.flatMap((child) => block(child, `${path}/list(${node.ordered ? node.start + index : '-'})`)),
        );
      default:
        return node.children.flatMap((child) => inline(child, `${path}/${node.type}`));
    }
  };
  return body.flatMap((node) => block(node, ''));
}
const isSolid = (leaf: string): boolean => !/:[\s\u2800\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}]$/v.test(leaf);
const isNotSpace = (leaf: string): boolean => !/:\s$/u.test(leaf);

/** Markup that repeats in every part, such as the marker of a deep quote, must leave room: else the cut is in plain text. */
const roomy = fc.integer({ min: 400, max: 900 });
const wide: fc.Arbitrary<Body> = fc.array(bodyArbitrary, { minLength: 4, maxLength: 10 }).map((bodies) => bodies.flat());

test('every part fits, none is blank', () => {
  fc.assert(
    fc.property(wide, fc.integer({ min: 8, max: 600 }), (body, limit) => {
      for (const part of splitBody(body, within(limit))) {
        expect(isBlank(part)).toBe(false);
        expect(measure(part)).toBeLessThanOrEqual(limit);
      }
    }),
    { numRuns: 150 },
  );
});

test('text, styles, quotes, list numbers and links are the same on both sides of a cut', () => {
  fc.assert(
    fc.property(wide, roomy, (body, limit) => {
      const parts = splitBody(body, within(limit));
      expect(parts.flatMap(leaves).filter(isSolid)).toEqual(leaves(body).filter(isSolid));
    }),
    { numRuns: 150 },
  );
});

test('only white space is lost, and only at cuts', () => {
  fc.assert(
    fc.property(wide, roomy, (body, limit) => {
      for (const part of splitBody(body, within(limit))) {
        // A part is a run of the body's own leaves without any gap inside.
        const all = leaves(body).join('\n');
        expect(all).toContain(leaves(part).join('\n'));
      }
    }),
    { numRuns: 100 },
  );
});

test('plain text keeps every character that is not white space, in order, at any limit', () => {
  fc.assert(
    fc.property(fc.array(textArbitrary, { minLength: 1, maxLength: 8 }), fc.integer({ min: 12, max: 300 }), (texts, limit) => {
      const body = paragraphs(texts.join('\n\n'));
      const parts = splitBody(body, within(limit));
      expect(parts.flatMap(leaves).filter(isNotSpace).filter(isSolid)).toEqual(leaves(body).filter(isNotSpace).filter(isSolid));
    }),
  );
});

test('no limit, however small, makes half a character, an endless loop or a lost letter', () => {
  fc.assert(
    fc.property(bodyArbitrary, fc.integer({ min: -1, max: 5 }), (body, limit) => {
      const parts = splitBody(body, within(limit));
      const letters = plainText(parts.flat()).replace(/[^\p{L}]/gu, '');
      for (const part of parts) {
        expect(plainText(part).isWellFormed()).toBe(true);
        if (measure(part) > Math.max(limit, 2)) expect([...plainText(part)]).toHaveLength(1);
      }
      let at = 0;
      for (const letter of plainText(body).replace(/[^\p{L}]/gu, '')) {
        at = letters.indexOf(letter, at) + 1;
        expect(at).toBeGreaterThan(0);
      }
    }),
  );
});

test('what fits whole is left as it is', () => {
  fc.assert(
    fc.property(bodyArbitrary, (body) => {
      expect(splitBody(body, { fits: () => true })).toEqual(isBlank(body) ? [] : [body]);
    }),
  );
});

test('a measure that grows when a part gets shorter still ends, with parts that fit', () => {
  fc.assert(
    fc.property(bodyArbitrary, fc.integer({ min: 20, max: 200 }), (body, limit) => {
      // Like a platform that adds a closing mark unless the text ends in a full stop.
      const odd = (part: Body): number => measure(part) + (plainText(part).endsWith('.') ? 0 : 7);
      for (const part of splitBody(body, { fits: (part) => odd(part) <= limit })) expect(odd(part)).toBeLessThanOrEqual(limit);
    }),
  );
});
