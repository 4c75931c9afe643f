import { bodySchema, plainText } from '@bridge/core';
import type { Block, Body, Inline } from '@bridge/core';
import { bodyArbitrary, textArbitrary } from '@bridge/testing';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseMarkdown } from './markdown.ts';
import { marked } from './marks.ts';
import { measure } from './outgoing.ts';
import { renderBody } from './render.ts';

const pieces = [
  '*',
  '**',
  '***',
  '_',
  '__',
  '~~',
  '||',
  '`',
  '``',
  '```',
  '[',
  ']',
  '](https://a.test)',
  '(',
  ')',
  '<',
  '>',
  '> ',
  '>>> ',
  '# ',
  '- ',
  '1. ',
  '-# ',
  '\n',
  '\n\n',
  '\\',
  '@everyone',
  '<@1>',
  '<@&2>',
  '<#3>',
  '<:e:4>',
  '<t:5>',
  'https://b.test/x_y*z',
  ' ',
  'a',
  'word',
  '\u200b',
  '  ',
  '4.',
  '#',
  '-',
];
const markdown = fc.oneof(
  fc.array(fc.constantFrom(...pieces), { maxLength: 30 }).map((parts) => parts.join('')),
  textArbitrary,
);

describe('parse', () => {
  test('never throws, and gives a body of the contract', () => {
    fc.assert(
      fc.property(markdown, (source) => void bodySchema.parse(parseMarkdown(source))),
      { numRuns: 1_000 },
    );
  });

  test('loses no letter', () => {
    const letters = (text: string): string => (text.match(/[A-Z]/g) ?? []).join('');
    // Capitals occur in no markup (but in how a timestamp reads, and as the language of code), so all of them have to come out, in order.
    const source = fc
      .array(
        fc.oneof(fc.constantFrom(...pieces.filter((piece) => piece !== '<t:5>' && piece !== '```')), fc.constantFrom('A', 'B', 'Cd', 'XY')),
        { maxLength: 40 },
      )
      .map((parts) => parts.join(''));
    fc.assert(
      fc.property(source, (text) => void expect(letters(plainText(parseMarkdown(text)))).toBe(letters(text))),
      { numRuns: 1_000 },
    );
  });
});

function* inlinesOf(nodes: readonly Inline[]): Generator<Inline> {
  for (const node of nodes) {
    yield node;
    if ('children' in node) yield* inlinesOf(node.children);
  }
}
function* allInlines(blocks: readonly Block[]): Generator<Inline> {
  for (const block of blocks) {
    if (block.type === 'quote') yield* allInlines(block.children);
    else if (block.type === 'list') for (const item of block.items) yield* allInlines(item);
    else if (block.type !== 'code-block') yield* inlinesOf(block.children);
  }
}

describe('render', () => {
  test('of plain text is read back as that text and nothing else', () => {
    const visible = textArbitrary.map((text) => text.replaceAll('\r', '')).filter((text) => text.trim() !== '');
    fc.assert(
      fc.property(
        fc.oneof(
          visible,
          markdown.filter((text) => text.trim() !== ''),
        ),
        (text) => {
          const body = parseMarkdown(renderBody([{ type: 'paragraph', children: [{ type: 'text', text }] }]));
          expect(body.map(({ type }) => type)).toEqual(['paragraph']);
          for (const node of allInlines(body)) expect(['text', 'link']).toContain(node.type);
          expect(plainText(body)).toBe(trimmed(text));
        },
      ),
      { numRuns: 1_000 },
    );
  });

  test('never makes a mention, whatever the body', () => {
    fc.assert(
      fc.property(bodyArbitrary, (body) => {
        for (const node of allInlines(parseMarkdown(renderBody(body)))) expect(['mention', 'custom-emoji']).not.toContain(node.type);
      }),
      { numRuns: 1_000 },
    );
  });

  // Found by the property below.
  test.each([
    '[*\u200bhttps://b.test/x_y*z',
    '4._\u200bhttps://b.test/x_y*z__  \\)<@1>4.',
    '- >()<:e:4>\n\n   >>> ',
    '*](https://a.test)**[**',
    '`\n\n](https://a.test)`https://b.test/x_y*z',
    '[*\u200bhttps://b.test/x_y*z](https://a.test)',
    '_*_\u200b*>*',
    '__*\u200b__~~*~~',
    '*__a\u200b__-*',
    '*||<#3>\u200b||a*',
    '_1. _ *)*',
    '1. ***\n  ** *',
    '1. *\n  ** ***',
    '> ||  ||',
    '> ~~ ~~',
  ])('is stable for %j', (source) => {
    const once = renderBody(parseMarkdown(source));
    expect(renderBody(parseMarkdown(once))).toBe(once);
  });

  test('is stable: what was rendered, parsed and rendered again is the same', () => {
    fc.assert(
      fc.property(markdown, (source) => {
        const once = renderBody(parseMarkdown(source));
        expect(renderBody(parseMarkdown(once))).toBe(once);
      }),
      { numRuns: 1_000 },
    );
  });

  test('measures what it sends', () => {
    const sent = (body: Body): number => (renderBody(body) === '' ? 0 : marked(renderBody(body), 'x'.repeat(24)).length);
    fc.assert(fc.property(bodyArbitrary, (body) => void expect(measure(body)).toBe(sent(body))));
  });
});

/** Blank lines around the whole and white space at its end are not text. */
const trimmed = (text: string): string => text.replace(/^(?:\s*\n)+/, '').trimEnd();
