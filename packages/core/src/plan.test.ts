import { capabilitiesWith, eventArbitrary } from '@bridge/testing/arbitraries';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Capabilities, Support } from './capabilities.ts';
import { messageId, userId } from './ids.ts';
import type { BridgeEvent } from './message.ts';
import { isBlank, paragraphs, plainText } from './plain-text.ts';
import { plan } from './plan.ts';
import type { Copy, PlanInput, PlannedStep } from './plan.ts';

const [sample] = fc.sample(eventArbitrary, { numRuns: 1, seed: 3 });
if (sample === undefined) throw new Error('fast-check gave no sample');
const { replyTo: _, ...bare } = sample;
const author = { id: userId('1'), name: 'ana', displayName: 'Ana', isBot: false };
const content = (text: string) => ({ text, attachments: [], metadata: {}, body: paragraphs(text) });
const created = (text: string): BridgeEvent => ({ ...bare, author, type: 'message.created', content: content(text) });
const edited = (text: string): BridgeEvent => ({ ...bare, author, type: 'message.edited', revision: '2', content: content(text) });
const deleted: BridgeEvent = { ...bare, author, type: 'message.deleted', content: content('') };
const reaction: BridgeEvent = {
  ...bare,
  author,
  type: 'reaction.added',
  emoji: '👍',
  content: content(''),
  replyTo: { message: bare.message, excerpt: 'hello' },
};

const short = (change: Partial<Capabilities> = {}, maxLength = 60): Capabilities => {
  const capabilities = capabilitiesWith('full', { reactions: 'text', ...change });
  return { ...capabilities, text: { ...capabilities.text, maxLength } };
};
const measure = (body: Parameters<typeof plainText>[0]): number => plainText(body).length;
const input = (event: BridgeEvent, change: Partial<PlanInput> = {}): PlanInput => ({
  event,
  capabilities: short(),
  measure,
  impersonates: false,
  replies: false,
  originName: 'CometChat',
  copies: [],
  ...change,
});
const copies = (...names: string[]) => names.map((name): Copy => ({ message: messageId(name), shows: 'text' }));

const anchors = ({ files, replyTo, thread }: Extract<PlannedStep, { type: 'send' }>): string =>
  `${files.length > 0 ? ` [${files.join()}]` : ''}${replyTo === undefined ? '' : ` ↪${replyTo}`}${thread === undefined ? '' : ` #${thread}`}`;

/** A plan as lines: what is done to which message, and what it reads. */
function told(change: PlanInput): string[] | string {
  const result = plan(change);
  if ('nothing' in result) return result.nothing;
  return result.steps.map((step) => {
    if (step.type === 'delete') return `delete ${step.message}`;
    if (step.type === 'skip') return 'skip';
    if (step.type === 'react') return `${step.on ? 'react' : 'unreact'} ${step.message} ${step.emoji}`;
    expect(step.label).toBe('Ana (CometChat)');
    const about = step.type === 'edit' ? ` ${step.message}${step.shows === 'caption' ? ' caption' : ''}` : anchors(step);
    return `${step.type}${about}: ${plainText(step.body)}`;
  });
}
const long = `${'one '.repeat(12).trim()}\n\n${'two '.repeat(12).trim()}\n\n${'six '.repeat(12).trim()}`;
const parts = long.split('\n\n');

describe('a new message', () => {
  test('is one send, under its author’s label', () => {
    expect(told(input(created('hello')))).toEqual(['send: Ana (CometChat)\nhello']);
    expect(plan(input(created('hello')))).toEqual({
      steps: [
        {
          type: 'send',
          label: 'Ana (CometChat)',
          files: [],
          body: [
            {
              type: 'paragraph',
              children: [
                { type: 'bold', children: [{ type: 'text', text: 'Ana (CometChat)' }] },
                { type: 'text', text: '\n' },
                { type: 'text', text: 'hello' },
              ],
            },
          ],
        },
      ],
    });
  });

  test('has no label in its text where the message shows the author’s name', () => {
    expect(told(input(created('hello'), { impersonates: true }))).toEqual(['send: hello']);
  });

  test('is as many sends as it needs, the label in the first alone and counted', () => {
    expect(told(input(created(long), { impersonates: true }))).toEqual(parts.map((part) => `send: ${part}`));
    const labelled = told(input(created('x'.repeat(100))));
    expect(labelled).toEqual([`send: Ana (CometChat)\n${'x'.repeat(44)}`, `send: ${'x'.repeat(56)}`]);
  });

  test('without anything to see is nothing', () => {
    expect(told(input(created(' \u200b\n')))).toBe('empty');
  });

  test('loses the bold of its label where the target has no bold', () => {
    expect(JSON.stringify(plan(input(created('hello'), { capabilities: capabilitiesWith('text') })))).not.toContain('bold');
  });
});

describe('an edit', () => {
  test('of a message that has no copy here is nothing', () => {
    expect(told(input(edited('hello')))).toBe('original-not-copied');
  });

  test('changes the copies, adds what is missing, and takes away what is left over', () => {
    expect(told(input(edited('hello'), { copies: copies('a') }))).toEqual(['edit a: Ana (CometChat)\nhello']);
    expect(told(input(edited(long), { copies: copies('a', 'b'), impersonates: true }))).toEqual([
      `edit a: ${parts[0]}`,
      `edit b: ${parts[1]}`,
      `send: ${parts[2]}`,
    ]);
    expect(told(input(edited('hello'), { copies: copies('a', 'b', 'c') }))).toEqual([
      'edit a: Ana (CometChat)\nhello',
      'delete b',
      'delete c',
    ]);
  });

  test('blanks what is left over where the target cannot delete', () => {
    expect(told(input(edited('hello'), { copies: copies('a', 'b'), capabilities: short({ delete: 'none' }) }))).toEqual([
      'edit a: Ana (CometChat)\nhello',
      'edit b: (removed)',
    ]);
  });

  test('to nothing at all leaves the copies alone', () => {
    expect(told(input(edited(''), { copies: copies('a') }))).toBe('empty');
  });

  test('is told in words, or not, where the target cannot edit', () => {
    expect(told(input(edited('hello'), { copies: copies('a'), capabilities: short({ edit: 'text' }) }))).toEqual([
      'send: Ana (CometChat)\nedited a message:\n\nhello',
    ]);
    expect(told(input(edited('hello'), { copies: copies('a'), capabilities: short({ edit: 'none' }) }))).toBe('edits-not-supported');
  });
});

describe('a delete', () => {
  test.each<[Support, string[], string[] | string]>([
    ['full', [], 'original-not-copied'],
    ['text', [], 'original-not-copied'],
    ['full', ['a', 'b'], ['delete a', 'delete b']],
    ['partial', ['a'], ['delete a']],
    ['text', ['a', 'b'], ['send: Ana (CometChat)\ndeleted a message']],
    ['none', ['a'], 'deletes-not-supported'],
  ])('with support %s and copies %j', (support, names, expected) => {
    expect(told(input(deleted, { copies: copies(...names), capabilities: short({ delete: support }) }))).toEqual(expected);
  });
});

describe('a reaction', () => {
  test('is told in words', () => {
    expect(told(input(reaction))).toEqual(['send: Ana (CometChat)\nreacted 👍 to “hello”']);
    expect(told(input({ ...reaction, type: 'reaction.removed' }, { copies: copies('a') }))).toEqual([
      'send: Ana (CometChat)\nremoved the reaction 👍 from “hello”',
    ]);
  });

  test('is nothing where nothing is to be told', () => {
    expect(told(input(reaction, { capabilities: short({ reactions: 'none' }) }))).toBe('reactions-not-supported');
  });
});

test('for any event and target: every step fits, shows something, and touches each copy at most once', () => {
  const supports = fc.constantFrom<Support>('full', 'partial', 'text', 'none');
  const inputs = fc.record({
    event: eventArbitrary,
    support: supports,
    edit: supports,
    drop: supports,
    maxLength: fc.integer({ min: 100, max: 600 }),
    impersonates: fc.boolean(),
    count: fc.nat(4),
  });
  fc.assert(
    fc.property(inputs, ({ event, support, edit, drop, maxLength, impersonates, count }) => {
      const capabilities = short({ ...capabilitiesWith(support), edit, delete: drop }, maxLength);
      const ids = copies(...['a', 'b', 'c', 'd'].slice(0, count));
      const result = plan(input(event, { capabilities, impersonates, copies: ids }));
      if ('nothing' in result) return;
      expect(result.steps.length).toBeGreaterThan(0);
      const touched = result.steps.flatMap((step) => ('message' in step ? [step.message] : []));
      expect(new Set(touched).size).toBe(touched.length);
      for (const step of result.steps) {
        if (!('body' in step)) continue;
        expect(isBlank(step.body) && step.type === 'send' && step.files.length === 0).toBe(false);
        expect(measure(step.body)).toBeLessThanOrEqual(maxLength);
      }
      const first = result.steps[0];
      if (first !== undefined && 'body' in first && !impersonates)
        expect(plainText(first.body).startsWith(first.label.slice(0, 20))).toBe(true);
      expect(plan(input(structuredClone(event), { capabilities, impersonates, copies: ids }))).toEqual(result);
    }),
  );
});
