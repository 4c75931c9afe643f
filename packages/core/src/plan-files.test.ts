import { capabilitiesWith, eventArbitrary } from '@bridge/testing/arbitraries';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Capabilities } from './capabilities.ts';
import { messageId, userId } from './ids.ts';
import { type Attachment, type AttachmentKind, type BridgeEvent, everyKind } from './message.ts';
import { paragraphs, plainText } from './plain-text.ts';
import { type Copy, type PlanInput, plan } from './plan.ts';

const [sample] = fc.sample(eventArbitrary, { numRuns: 1, seed: 3 });
if (sample === undefined) throw new Error('fast-check gave no sample');
const { replyTo: _reply, ...bare } = sample;
const author = { id: userId('1'), name: 'ana', displayName: 'Ana', isBot: false };
const file = (kind: AttachmentKind, name: string, more: Partial<Attachment> = {}): Attachment => ({ kind, name, handle: name, ...more });
const content = (text: string, attachments: readonly Attachment[] = []) => ({
  text,
  attachments: [...attachments],
  metadata: {},
  body: paragraphs(text),
});
type Change = Partial<Pick<BridgeEvent, 'replyTo' | 'thread'>>;
const created = (text: string, attachments: readonly Attachment[] = [], change: Change = {}): BridgeEvent => ({
  ...bare,
  author,
  type: 'message.created',
  content: content(text, attachments),
  ...change,
});
const edited = (text: string, attachments: readonly Attachment[] = []): BridgeEvent => ({
  ...bare,
  author,
  type: 'message.edited',
  revision: '2',
  content: content(text, attachments),
});
const reacted = (emoji: string, on = true): BridgeEvent => ({
  ...bare,
  author,
  type: on ? 'reaction.added' : 'reaction.removed',
  emoji,
  content: content(''),
});
const copy = (name: string, shows: Copy['shows'] = 'text'): Copy => ({ message: messageId(name), shows });

const able = (files: Partial<Capabilities['files']> = {}, change: Partial<Capabilities> = {}): Capabilities => {
  const full = capabilitiesWith('full', change);
  return { ...full, text: { ...full.text, maxLength: 60 }, files: { ...full.files, captionMaxLength: 30, ...files } };
};

function told(event: BridgeEvent, change: Partial<PlanInput> = {}): string[] | string {
  const result = plan({
    event,
    capabilities: able(),
    measure: (body) => plainText(body).length,
    impersonates: true,
    replies: true,
    originName: 'CometChat',
    copies: [],
    ...change,
  });
  if ('nothing' in result) return result.nothing;
  return result.steps.map((step) => {
    if (step.type === 'delete') return `delete ${step.message}`;
    if (step.type === 'skip') return 'skip';
    if (step.type === 'react') return `${step.on ? 'react' : 'unreact'} ${step.message} ${step.emoji}`;
    if (step.type === 'edit') return `edit ${step.message} ${step.shows}: ${plainText(step.body)}`;
    const at = [...step.files.map(String), ...(step.replyTo ? [`re ${step.replyTo}`] : []), ...(step.thread ? [`in ${step.thread}`] : [])];
    return `send${at.length > 0 ? ` [${at.join(' ')}]` : ''}: ${plainText(step.body)}`;
  });
}

describe('files', () => {
  const cat = file('image', 'cat.png');
  const dog = file('image', 'dog.png');

  test('go with the text as their caption, all in one message where that is possible', () => {
    expect(told(created('look', [cat, dog]))).toEqual(['send [0 1]: look']);
    expect(told(created('', [cat]))).toEqual(['send [0]: ']);
  });

  test('have their author’s name beside them where the message does not show it', () => {
    const named = { impersonates: false };
    expect(told(created('look', [cat]), named)).toEqual(['send [0]: Ana (CometChat)\nlook']);
    expect(told(created('', [cat]), named)).toEqual(['send [0]: Ana (CometChat)']);
    expect(told(created('', [file('sticker', 's.webp')]), { ...named, capabilities: able({ captionless: ['sticker'] }) })).toEqual([
      'send: Ana (CometChat)',
      'send [0]: ',
    ]);
  });

  test('come behind a text that is too long for a caption', () => {
    expect(told(created('x'.repeat(40), [cat]))).toEqual([`send: ${'x'.repeat(40)}`, 'send [0]: ']);
    expect(told(created('x'.repeat(70), [cat]))).toEqual([`send: ${'x'.repeat(60)}`, `send: ${'x'.repeat(10)}`, 'send [0]: ']);
  });

  test('are as many messages as their kinds and number need', () => {
    const groups = { ...everyKind('file'), image: 'visual', video: 'visual', voice: '' };
    const all = [cat, file('video', 'v.mp4'), file('file', 'a.pdf'), file('voice', 'v.ogg'), file('voice', 'w.ogg'), dog];
    expect(told(created('', all), { capabilities: able({ groups }) })).toEqual([
      'send [0 1]: ',
      'send [2]: ',
      'send [3]: ',
      'send [4]: ',
      'send [5]: ',
    ]);
    expect(told(created('', [cat, cat, cat]), { capabilities: able({ maxPerMessage: 2 }) })).toEqual(['send [0 1]: ', 'send [2]: ']);
  });

  test('share a message only as far as it may grow, and one of unknown size may be large', () => {
    const capabilities = able({ maxBytesPerMessage: 1_500_000 });
    const sized = (bytes: number): Attachment => file('image', 'x.png', { bytes });
    expect(told(created('', [sized(900_000), sized(600_000), sized(1), sized(2)]), { capabilities })).toEqual([
      'send [0 1]: ',
      'send [2 3]: ',
    ]);
    expect(told(created('', [cat, sized(500_001), sized(1)]), { capabilities })).toEqual(['send [0]: ', 'send [1 2]: ']);
  });

  test('that are too large, or could not be had, are told in words with a link where there is one', () => {
    const large = file('image', 'large.png', { bytes: 2_000_000 });
    expect(told(created('look', [large, cat]))).toEqual([
      'send: look\n\n🖼 Image: large.png (2 MB) (larger than the 1 MB that',
      'send: can be carried)',
      'send [1]: ',
    ]);
    const gone = new Map([[0, 'no longer there']]);
    const linkOf = () => 'https://b.example/1';
    const line = 'send: 🖼 Image: cat.png (https://b.example/1) (no longer there)';
    expect(told(created('look', [cat]), { unavailable: gone, linkOf })).toEqual(['send: look', line]);
    expect(told(created('look', [cat, dog]), { unavailable: gone, linkOf })).toEqual(['send [1]: look', line]);
  });

  test('that turn out not to be had while others are sent already change no number of a step', () => {
    const capabilities = able({ maxPerMessage: 1 });
    expect(told(created('', [cat, dog, cat]), { capabilities })).toEqual(['send [0]: ', 'send [1]: ', 'send [2]: ']);
    expect(told(created('', [cat, dog, cat]), { capabilities, unavailable: new Map([[1, 'gone']]) })).toEqual([
      'send [0]: ',
      'skip',
      'send [2]: ',
      'send: 🖼 Image: dog.png (gone)',
    ]);
    const named = { capabilities, impersonates: false, unavailable: new Map([[0, 'gone']]) };
    expect(told(created('', [cat]), named)).toEqual(['skip', 'send: Ana (CometChat)\n🖼 Image: cat.png (gone)']);
  });

  test('of a target that shows them by a link are told in words without one, with how to have them', () => {
    const capabilities = able({ how: 'link' });
    const wide = { ...capabilities, text: { ...capabilities.text, maxLength: 500 } };
    expect(told(created('', [cat]), { capabilities: wide })).toEqual([
      'send: 🖼 Image: cat.png (the bridge has no public address to show files from: PUBLIC_URL)',
    ]);
    expect(told(created('', [cat]), { capabilities: wide, linkOf: () => 'https://b.example/1' })).toEqual(['send [0]: ']);
  });

  test('every attachment goes out once: as a file or in words', () => {
    const kinds = fc.constantFrom<AttachmentKind>('image', 'video', 'voice', 'sticker', 'file');
    const attachments = fc.array(fc.record({ kind: kinds, bytes: fc.integer({ min: 0, max: 2_000_000 }) }), { maxLength: 8 });
    fc.assert(
      fc.property(attachments, fc.boolean(), fc.string({ maxLength: 100 }), (some, impersonates, text) => {
        const files = some.map(({ kind, bytes }, index) => file(kind, `f${index}.bin`, { bytes, alt: `a${index}` }));
        const groups = { ...everyKind('any'), voice: '' };
        const result = told(created(text, files), { impersonates, capabilities: able({ groups, captionless: ['sticker'] }) });
        const sent = Array.isArray(result) ? result : [];
        const out = sent.flatMap((step) => /\[([\d ]+)\]/.exec(step.split(':')[0] ?? '')?.[1]?.split(' ') ?? []).map(Number);
        expect(out).toEqual(files.flatMap(({ bytes = 0 }, index) => (bytes <= 1_000_000 ? [index] : [])));
      }),
    );
  });
});

describe('an edit of a message with files', () => {
  const cat = file('image', 'cat.png');
  test('changes the words beside them and leaves the files', () => {
    expect(told(edited('new', [cat]), { copies: [copy('a', 'caption')] })).toEqual(['edit a caption: new']);
    expect(told(edited('new', [cat]), { copies: [copy('a', 'text'), copy('b', 'file')] })).toEqual(['edit a text: new']);
  });
  test('that takes all words away leaves the files too', () => {
    expect(told(edited('', [cat]), { copies: [copy('a', 'caption')] })).toEqual(['edit a caption: ']);
  });
  test('gives files their first words', () => {
    expect(told(edited('new', [cat]), { copies: [copy('a', 'file'), copy('b', 'file')] })).toEqual(['edit a caption: new']);
  });
  test('continues behind a caption that is full', () => {
    expect(told(edited('x'.repeat(40), [cat]), { copies: [copy('a', 'caption')] })).toEqual([
      `edit a caption: ${'x'.repeat(30)}`,
      `send: ${'x'.repeat(10)}`,
    ]);
  });
});

describe('a reply', () => {
  const replyTo = { message: messageId('q'), author: 'Bo', excerpt: 'hello' };
  test('points at the message where the target can', () => {
    expect(told(created('yes', [], { replyTo }), { replyTo: messageId('copy') })).toEqual(['send [re copy]: yes']);
    expect(told(created('x'.repeat(100), [], { replyTo }), { replyTo: messageId('copy') })).toEqual([
      `send [re copy]: ${'x'.repeat(60)}`,
      `send: ${'x'.repeat(40)}`,
    ]);
  });
  test('to what was never carried, or where it cannot point, quotes it, with a link where there is one', () => {
    expect(told(created('yes', [], { replyTo }))).toEqual(['send: > Bo: hello\nyes']);
    const quoting = { replies: false, replyTo: messageId('copy'), linkTo: (message: string) => `https://d.example/${message}` };
    expect(told(created('yes', [], { replyTo }), quoting)).toEqual(['send: > ↪ (https://d.example/copy) Bo: hello\nyes']);
  });
});

describe('a message in a thread', () => {
  const thread = { thread: { root: messageId('root') } };
  const at = { thread: messageId('here') };
  test('goes into the thread, all parts of it', () => {
    expect(told(created('x'.repeat(100), [], thread), at)).toEqual([
      `send [in here]: ${'x'.repeat(60)}`,
      `send [in here]: ${'x'.repeat(40)}`,
    ]);
  });
  test('is a reply to where the thread began on a target that has only those', () => {
    const capabilities = able({}, { thread: 'partial' });
    expect(told(created('yes', [], thread), { ...at, capabilities })).toEqual(['send [re here]: yes']);
    expect(told(created('yes', [], thread), { ...at, capabilities, replyTo: messageId('other') })).toEqual(['send [re other]: yes']);
  });
});

describe('a reaction', () => {
  const on = { copies: [copy('a'), copy('b')] };
  test('is its person’s own where the target has people', () => {
    expect(told(reacted('👍'), on)).toEqual(['react a 👍']);
    expect(told(reacted('👍', false), on)).toEqual(['unreact a 👍']);
    expect(told(reacted('👍'))).toBe('original-not-copied');
  });
  test('stays where the bridge has one for each emoji, as long as somebody has it', () => {
    const capabilities = able({}, { reactionsBy: 'emoji' });
    expect(told(reacted('👍', false), { ...on, capabilities, reactions: ['👍', '🎉'] })).toEqual(['react a 👍']);
    expect(told(reacted('👍', false), { ...on, capabilities, reactions: ['🎉'] })).toEqual(['unreact a 👍']);
  });
  test('is the foremost of all where the bridge has only one', () => {
    const capabilities = able({}, { reactionsBy: 'message', reactionEmoji: new Set(['👍', '🎉']) });
    const with_ = (...reactions: string[]) => ({ ...on, capabilities, reactions });
    expect(told(reacted('👍'), with_('👍'))).toEqual(['react a 👍']);
    expect(told(reacted('🎉'), with_('👍', '🎉'))).toEqual(['react a 🎉']);
    expect(told(reacted('🎉'), with_('👍', '👍', '🎉'))).toEqual(['react a 👍']);
    expect(told(reacted('🎉', false), with_('👍'))).toEqual(['react a 👍']);
    expect(told(reacted('👍', false), with_())).toEqual(['unreact a 👍']);
  });
  test('that the target does not have is told in words, as a reply', () => {
    const capabilities = able({}, { reactionEmoji: new Set(['👍']) });
    expect(told(reacted('🦄'), { ...on, capabilities })).toEqual(['send [re a]: reacted 🦄']);
    expect(told(reacted(':party_blob:'), on)).toEqual(['send [re a]: reacted :party_blob:']);
  });
});
