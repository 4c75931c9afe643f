import { type InboundEnvelope, type Parsed, conversationId, eventSchema, isJson, platformId } from '@bridge/core';
import { pigeonEvent } from '@bridge/runtime/testing';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { gather, usualPatience } from './gather.ts';

interface Part {
  readonly id: string;
  readonly album?: string | undefined;
  readonly text?: string;
  /** Milliseconds since it was accepted. */
  readonly age?: number;
  readonly replyTo?: string;
  readonly raw?: Parsed;
}

// Or a pause between an album and the look at it would make it older.
beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'] }));
afterEach(() => void vi.useRealTimers());

const content = (id: string, text = '') => ({
  text,
  attachments: [{ kind: 'image', name: `${id}.jpg`, handle: id }],
  metadata: {},
  body: text === '' ? [] : [{ type: 'paragraph', children: [{ type: 'text', text }] }],
});
const eventOf = ({ id, album, text, replyTo }: Part) =>
  pigeonEvent({
    id: `pigeon_${id}`,
    message: id,
    eventKey: id,
    content: content(id, text),
    ...(album === undefined ? {} : { album }),
    ...(replyTo === undefined ? {} : { replyTo: { message: replyTo } }),
  });

function envelopeOf(part: Part): InboundEnvelope {
  const raw: unknown = JSON.parse(JSON.stringify(eventOf(part)));
  if (!isJson(raw)) throw new Error('an event is JSON');
  return {
    v: 1,
    platform: platformId('pigeon'),
    conversation: conversationId('loft'),
    eventKey: part.id,
    receivedAt: Date.now() - (part.age ?? 0),
    raw,
  };
}

async function gathered(parts: readonly Part[], waits = 0) {
  const [first, ...others] = parts;
  if (first === undefined) throw new Error('nothing to gather');
  const event = eventOf(first);
  if (event.type !== 'message.created') throw new Error('not a message');
  const asked: number[] = [];
  const result = await gather({
    envelope: envelopeOf(first),
    event,
    around: {
      waits,
      albums: usualPatience,
      following: async (count) => {
        asked.push(count);
        return others.slice(0, count).map(envelopeOf);
      },
    },
    parse: ({ eventKey, raw }) => others.find(({ id }) => id === eventKey)?.raw ?? { kind: 'events', events: [eventSchema.parse(raw)] },
  });
  if ('waitMs' in result) return { waitMs: result.waitMs };
  const { event: whole, parts: taken } = result;
  return {
    message: whole.message,
    parts: whole.parts ?? [],
    taken: taken.map(({ envelope }) => envelope.eventKey),
    text: whole.content.text,
    files: whole.content.attachments.map(({ handle }) => handle),
    replyTo: whole.replyTo?.message,
    album: whole.album,
    asked,
  };
}

const old = 60_000;
const part = (id: string, more: Partial<Part> = {}): Part => ({ id, album: 'x', age: old, ...more });

describe('an album', () => {
  test('becomes one message with all files in order and the words of whichever part has them', async () => {
    expect(await gathered([part('1'), part('2', { text: 'at the sea', replyTo: 'r' }), part('3')])).toEqual({
      message: '1',
      parts: ['2', '3'],
      taken: ['2', '3'],
      text: 'at the sea',
      files: ['1', '2', '3'],
      replyTo: 'r',
      album: undefined,
      asked: [9],
    });
  });

  test('keeps the words of every part that has some', async () => {
    expect(await gathered([part('1', { text: 'one' }), part('2'), part('3', { text: 'three' })])).toMatchObject({ text: 'one\n\nthree' });
  });

  test.each<[string, readonly Part[], readonly string[]]>([
    ['another album', [part('1'), part('2'), part('3', { album: 'y' }), part('4')], ['2']],
    ['a message of its own', [part('1'), part('2'), part('3', { album: undefined }), part('4')], ['2']],
    [
      'an edit of it',
      [
        part('1'),
        part('2'),
        part('3', { raw: { kind: 'events', events: [{ ...eventOf(part('3')), type: 'message.edited', revision: '1' }] } }),
      ],
      ['2'],
    ],
    ['what is nothing to carry', [part('1'), part('2', { raw: { kind: 'dropped', reason: 'x' } }), part('3')], []],
    ['what cannot be read', [part('1'), part('2', { raw: { kind: 'events', events: [] } })], []],
    ['the tenth part', Array.from({ length: 12 }, (_, n) => part(String(n + 1))), ['2', '3', '4', '5', '6', '7', '8', '9', '10']],
  ])('ends before %s', async (_what, parts, taken) => {
    // Also when it is quite new: something else stands behind it.
    for (const age of [old, 0]) expect(await gathered(parts.map((one) => ({ ...one, age })))).toMatchObject({ taken });
  });

  test('of one part is a message like any other', async () => {
    const alone = await gathered([part('1', { text: 'one' })]);
    expect(alone).toMatchObject({ message: '1', parts: [], taken: [], text: 'one', files: ['1'] });
    expect(alone.album).toBeUndefined();
  });

  test('that has just begun waits for more, but not for long', async () => {
    expect(await gathered([part('1', { age: 0 })])).toEqual({ waitMs: 700 });
    expect(await gathered([part('1', { age: 100 }), part('2', { age: 50 })])).toEqual({ waitMs: 650 });
    expect(await gathered([part('1', { age: 400 }), part('2', { age: 0 })])).toEqual({ waitMs: 550 });
    expect(await gathered([part('1', { age: 1_000 }), part('2', { age: 0 })])).toMatchObject({ taken: ['2'] });
    expect(await gathered([part('1', { age: 900 }), part('2', { age: 800 })])).toMatchObject({ taken: ['2'] });
  });

  test('is not waited for again and again where clocks differ', async () => {
    expect(await gathered([part('1', { age: -60_000 })], 1)).toEqual({ waitMs: 700 });
    expect(await gathered([part('1', { age: -60_000 })], 2)).toMatchObject({ message: '1' });
  });
});

test('a message that is no album asks for nothing', async () => {
  expect(await gathered([part('1', { album: undefined }), part('2')])).toMatchObject({ message: '1', taken: [], asked: [] });
});
