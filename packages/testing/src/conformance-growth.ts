import { type Body, type Inline, type Parsed, type PlatformInstance, type RawEvent, type Received } from '@bridge/core';
import { describe, expect, test } from 'vitest';
import { expectLinear, hostileUnits, repeated } from './growth.ts';

interface Growing {
  readonly instance: PlatformInstance;
  receive(raw: unknown): Received;
  written(text: string): RawEvent['raw'];
}

const text = (words: string): Inline => ({ type: 'text', text: words });
const paragraph = (...children: readonly Inline[]): Body => [{ type: 'paragraph', children: [...children] }];
const many = <T>(size: number, each: number, make: (index: number) => T): T[] =>
  Array.from({ length: Math.ceil(size / each) }, (_, at) => make(at));

/** Bodies of about a megabyte, each with much of one thing. */
const bodies: readonly (readonly [what: string, body: (size: number) => Body])[] = [
  ['bold words', (size) => paragraph(...many(size, 10, () => ({ type: 'bold', children: [text('words and ')] }) as const))],
  [
    'links',
    (size) => paragraph(...many(size, 40, (at) => ({ type: 'link', href: `https://a.test/${at}`, children: [text('a link, ')] }) as const)),
  ],
  [
    'mentions',
    (size) => paragraph(...many(size, 20, (at) => ({ type: 'mention', kind: 'user', id: `u${at}`, label: `person ${at}` }) as const)),
  ],
  ['paragraphs', (size) => many(size, 10, () => ({ type: 'paragraph', children: [text('ten signs.')] }) as const)],
  [
    'list items',
    (size) => [
      { type: 'list', ordered: false, start: 1, items: many(size, 10, () => [{ type: 'paragraph', children: [text('an item')] }]) },
    ],
  ],
  ['quoted lines', (size) => [{ type: 'quote', children: paragraph(text(repeated('a line\n', size))) }]],
  ['code', (size) => [{ type: 'code-block', text: repeated('const a = `b`;\n', size), language: 'ts' }]],
];

/** To read and to write a megabyte takes a time that is linear in its length, whatever is in it. */
export function describeGrowth({ instance, receive, written }: Growing): void {
  const read = (words: string): readonly Parsed[] => {
    const received = receive(written(words));
    return received.ok ? received.events.map((event) => instance.parse(event)) : [];
  };

  test('what a person wrote can be put into a payload', () => {
    const [parsed] = read('some words');
    expect(parsed).toMatchObject({ kind: 'events', events: [{ type: 'message.created', content: { text: 'some words' } }] });
  });

  describe('a megabyte costs no more than its length', () => {
    test.each(hostileUnits)('to read, of %j', (unit) => {
      expectLinear((size) => read(repeated(unit, size)));
    });
    test.each(hostileUnits)('to write, of %j', (unit) => {
      expectLinear((size) => instance.sender.measure(paragraph(text(repeated(unit, size)))));
    });
    test.each(bodies)('to write, of %s', (_what, body) => {
      expectLinear((size) => instance.sender.measure(body(size)));
    });
  });
}
