import { bodyArbitrary, capabilitiesWith, eventArbitrary, formattingOf } from '@bridge/testing/arbitraries';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Capabilities, Support } from './capabilities.ts';
import { degrade, type DegradeOptions, degradeFormatting, withLabel } from './degrade.ts';
import { messageId } from './ids.ts';
import type { Attachment, BridgeEvent } from './message.ts';
import { paragraphs, plainText } from './plain-text.ts';
import type { Block, Body, Inline } from './rich-text.ts';
import { attachmentLine, excerptOf, humanSize, quoteLine } from './words.ts';

const text = (value: string): Inline => ({ type: 'text', text: value });
const paragraph = (...children: Inline[]): Block => ({ type: 'paragraph', children });
const file = (change: Partial<Attachment>): Attachment => ({ kind: 'image', name: 'cat.png', handle: 'h', ...change });

describe('attachments in words', () => {
  test.each<[Partial<Attachment>, string]>([
    [{ bytes: 1_234_567 }, '🖼 Image: cat.png (1.2 MB)'],
    [{}, '🖼 Image: cat.png'],
    [{ alt: 'a cat\nasleep' }, '🖼 Image: cat.png – a cat asleep'],
    [{ kind: 'video', name: 'v.mp4' }, '🎬 Video: v.mp4'],
    [{ kind: 'animation', name: 'a.gif' }, '🎞 GIF: a.gif'],
    [{ kind: 'audio', name: 'song.mp3', bytes: 999 }, '🎵 Audio: song.mp3 (999 B)'],
    [{ kind: 'voice', name: 'file_12.oga', bytes: 23_000 }, '🎤 Voice message (23 kB)'],
    [{ kind: 'round-video', name: 'x' }, '📹 Video message'],
    [{ kind: 'file', name: '' }, '📎 File'],
    [{ kind: 'file', name: 'exe\u202Egnp.exe\n' }, '📎 File: exegnp.exe'],
    [{ kind: 'file', name: 'x'.repeat(500), bytes: Number.NaN }, `📎 File: ${'x'.repeat(120)}`],
    [{ kind: 'sticker', name: 's.webp', alt: '😀' }, 'Sticker 😀'],
    [{ kind: 'sticker', name: 'wave' }, 'Sticker wave'],
    [{ kind: 'sticker', name: '' }, 'Sticker'],
  ])('%j', (change, expected) => {
    expect(attachmentLine(file(change))).toBe(expected);
  });

  test.each([
    [0, '0 B'],
    [999, '999 B'],
    [1000, '1 kB'],
    [1_049, '1 kB'],
    [1_050, '1.1 kB'],
    [999_949, '999.9 kB'],
    [999_950, '1 MB'],
    [1_500_000_000, '1.5 GB'],
    [2e12, '2 TB'],
    [5e15, '5000 TB'],
  ])('%d bytes are %s', (bytes, expected) => {
    expect(humanSize(bytes)).toBe(expected);
  });
});

test.each([
  [{ author: 'Ana', excerpt: 'hello\nthere' }, 'Ana: hello there'],
  [{ author: 'An\u202Ea' }, 'In reply to Ana'],
  [{ excerpt: 'hello' }, 'hello'],
  [{}, 'In reply to an earlier message'],
])('a reply to %j reads %s', (quote, expected) => {
  expect(quoteLine({ ...quote, message: messageId('m') })).toBe(expected);
});

test('an excerpt is one line of at most 120 characters', () => {
  expect(excerptOf('x'.repeat(120))).toBe('x'.repeat(120));
  expect(excerptOf('x'.repeat(121))).toBe(`${'x'.repeat(119)}…`);
  expect([...new Intl.Segmenter().segment(excerptOf('👩‍👩‍👧‍👦'.repeat(200)))]).toHaveLength(120);
});

const [sample] = fc.sample(eventArbitrary, { numRuns: 1, seed: 3 });
if (sample === undefined) throw new Error('fast-check gave no sample');
const content = { text: 'hi', attachments: [file({}), file({ kind: 'sticker', alt: '😀' })], metadata: {}, body: paragraphs('hi') };
const message: BridgeEvent = {
  ...sample,
  type: 'message.created',
  content,
  replyTo: { message: sample.message, author: 'Bo', excerpt: 'hello' },
};

describe('an event on a target that can show', () => {
  const shownOn = (capabilities: Capabilities, options?: DegradeOptions): string => plainText(degrade(message, capabilities, options));

  test('nothing but text', () => {
    expect(shownOn(capabilitiesWith('text'))).toBe('> Bo: hello\nhi\n\n🖼 Image: cat.png\nSticker 😀');
  });

  test('everything by itself', () => {
    expect(shownOn(capabilitiesWith('full'))).toBe('hi');
  });

  test('everything, but not to this message', () => {
    expect(shownOn(capabilitiesWith('partial'), { quote: true, told: [] })).toBe('> Bo: hello\nhi');
    expect(shownOn(capabilitiesWith('text'), { quote: false, told: [] })).toBe('hi');
  });

  test('a link, with the message replied to and the files behind one', () => {
    const told = [{ attachment: file({}), link: 'https://b.example/media/1', note: 'too large' }];
    expect(shownOn(capabilitiesWith('full'), { quote: true, quoteLink: 'https://d.example/1', told })).toBe(
      '> ↪ (https://d.example/1) Bo: hello\nhi\n\n🖼 Image: cat.png (https://b.example/media/1) (too large)',
    );
  });

  test('nothing of it, because it is not to be told', () => {
    expect(shownOn(capabilitiesWith('none'))).toBe('hi');
  });

  test('images but no stickers', () => {
    const capabilities = capabilitiesWith('full', { attachments: { ...capabilitiesWith('full').attachments, sticker: 'text' } });
    expect(shownOn(capabilities)).toBe('hi\n\nSticker 😀');
  });

  test('a file without any text', () => {
    const event: BridgeEvent = { ...message, content: { ...content, text: '', body: [] } };
    expect(plainText(degrade(event, capabilitiesWith('text')))).toBe('> Bo: hello\n🖼 Image: cat.png\nSticker 😀');
  });
});

describe('reactions', () => {
  const { replyTo: _, ...bare } = sample;
  const none = { text: '', attachments: [], metadata: {}, body: [] };
  const added: BridgeEvent = { ...bare, type: 'reaction.added', emoji: '👍', content: none };
  const about = { message: sample.message, excerpt: 'hello\nthere' };
  const read = (event: BridgeEvent, support: Support = 'text'): string => plainText(degrade(event, capabilitiesWith(support)));

  test('are told, with what they are about where that is known', () => {
    expect(read(added)).toBe('reacted 👍');
    expect(read({ ...added, replyTo: about })).toBe('reacted 👍 to “hello there”');
    expect(read({ ...added, type: 'reaction.removed' })).toBe('removed the reaction 👍');
    expect(read({ ...added, type: 'reaction.removed', content: { ...none, text: 'hello' } })).toBe('removed the reaction 👍 from “hello”');
    expect(read({ ...added, emoji: '' })).toBe('reacted with an emoji');
  });

  test('are not told where the target shows them or nothing is to be told', () => {
    expect(read(added, 'full')).toBe('');
    expect(read(added, 'none')).toBe('');
  });

  test('deletes say nothing', () => {
    expect(read({ ...bare, type: 'message.deleted', content: none })).toBe('');
  });
});

describe('formatting', () => {
  test('a link keeps its address, a mention its name, code its text', () => {
    const body: Body = [
      paragraph(
        { type: 'link', href: 'https://a.example', children: [text('here')] },
        { type: 'code', text: 'x' },
        { type: 'mention', kind: 'user', id: '1', label: 'Ana' },
      ),
    ];
    expect(degradeFormatting(body, formattingOf('text'))).toEqual([paragraph(text('here (https://a.example)'), text('x'), text('@Ana'))]);
  });

  test('what a block holds keeps the styles that are shown', () => {
    const bold: Inline = { type: 'bold', children: [text('a\nb')] };
    const list: Body = [{ type: 'list', ordered: false, start: 1, items: [[paragraph(bold)]] }];
    const result = degradeFormatting(list, { ...formattingOf('full'), list: 'none' });
    expect(result).toEqual([paragraph(text('- '), { type: 'bold', children: [text('a\n  b')] })]);
  });

  test('for any target and body: reads the same, has nothing that is not shown, and is left alone the second time', () => {
    const names = Object.keys(formattingOf('full'));
    fc.assert(
      fc.property(bodyArbitrary, fc.array(fc.constantFrom(...names)), fc.constantFrom<Support>('text', 'none'), (body, off, support) => {
        const formatting = Object.assign(formattingOf('full'), Object.fromEntries(off.map((name) => [name, support])));
        const result = degradeFormatting(body, formatting);
        expect(plainText(result)).toBe(plainText(body));
        for (const name of off) expect(JSON.stringify(result)).not.toContain(`"type":"${name}"`);
        expect(degradeFormatting(result, formatting)).toEqual(result);
      }),
    );
  });

  test('where all is shown, a body is as it was', () => {
    fc.assert(fc.property(bodyArbitrary, (body) => void expect(degradeFormatting(body, formattingOf('full'))).toEqual(body)));
  });
});

describe('a label', () => {
  const label = { type: 'bold', children: [text('Ana (CometChat)')] } as const;
  test('goes on its own line of the first paragraph', () => {
    expect(withLabel(paragraphs('hello\n\nthere'), 'Ana (CometChat)')).toEqual([
      paragraph(label, text('\n'), text('hello')),
      paragraph(text('there')),
    ]);
  });

  test.each<[string, Body]>([
    ['code', [{ type: 'code-block', text: 'x' }]],
    ['a quote', [{ type: 'quote', children: [paragraph(text('x'))] }, paragraph(text('y'))]],
    ['nothing', []],
  ])('goes before %s as a paragraph', (_name, body) => {
    expect(withLabel(body, 'Ana (CometChat)')).toEqual([paragraph(label), ...body]);
  });
});

test('no event throws, and none loses its text, on any target', () => {
  fc.assert(
    fc.property(eventArbitrary, fc.constantFrom<Support>('full', 'partial', 'text', 'none'), fc.boolean(), (event, support, quote) => {
      const read = plainText(degrade(event, capabilitiesWith(support), { quote }));
      if (event.type === 'message.created') for (const line of plainText(event.content.body).split('\n')) expect(read).toContain(line);
    }),
  );
});
