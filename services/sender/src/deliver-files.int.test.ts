import {
  type BridgeEvent,
  type Command,
  DeliveryError,
  MediaError,
  type MediaProblem,
  type MediaStream,
  conversationId,
  everyKind,
  messageId,
  plainText,
  platformId,
} from '@bridge/core';
import { type PigeonOptions, createPigeon, fullCapabilities, setStage } from '@bridge/runtime/testing';
import { describe, expect, test } from 'vitest';
import { createDeliver } from './deliver.ts';
import { attemptOf, deliveryOf, settle } from './fixtures/attempts.ts';

const stage = setStage();
const image = (name: string, more: object = {}) => ({ kind: 'image', name, handle: `handle of ${name}`, mime: 'image/png', ...more });
const withFiles = (text: string, ...attachments: object[]) => ({
  content: { text, attachments, metadata: {}, body: text === '' ? [] : [{ type: 'paragraph', children: [{ type: 'text', text }] }] },
});
const png = Buffer.concat([Buffer.from('89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c489', 'hex'), Buffer.alloc(300)]);

interface World {
  readonly raven?: PigeonOptions;
  openMedia?(handle: string): Promise<MediaStream>;
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

/** Sends between a pigeon that has files and a raven whose sender really reads them. */
async function sending({ raven: options = {}, openMedia }: World = {}) {
  const got: string[] = [];
  const raven = createPigeon({
    id: 'raven',
    maxLength: 200,
    async deliver(command, signal) {
      got.push(await told(command, signal));
      return { message: messageId(`r${got.length}`) };
    },
    ...options,
  });
  const pigeon = createPigeon({ openMedia: (handle) => (openMedia ?? (async () => ({ body: once(png), mime: 'text/plain' })))(handle) });
  const opened = await stage.open({ platforms: [pigeon, raven], publicUrl: new URL('https://bridge.example/') });
  return { ...opened, raven, got, deliver: createDeliver(opened.context, raven.platform.id) };
}

async function told(command: Command, signal: AbortSignal): Promise<string> {
  if (command.type === 'react') return `${command.on ? 'react' : 'unreact'} ${command.message} ${command.emoji}`;
  if (command.type === 'delete') return `delete ${command.message}`;
  if (command.type === 'edit') return `edit ${command.message} ${command.shows} ${plainText(command.body)}`;
  const files: string[] = [];
  for (const file of command.files) {
    const stream = await file.open(signal);
    let size = 0;
    for await (const chunk of stream.body) size += chunk.length;
    files.push(`${file.kind} ${file.name} ${stream.mime} ${size}`);
  }
  const at = command.replyTo === undefined ? '' : ` re ${command.replyTo}`;
  return `send${at} ${[plainText(command.body), ...files].filter((part) => part !== '').join(' + ')}`;
}

describe('a file', () => {
  test('is opened at its source, with the type that its bytes have, and goes with the text', async () => {
    const { deliver, got, context, redis: _redis, ...world } = await sending();
    const outcome = await deliver(attemptOf(deliveryOf(withFiles('look', image('cat.png')))));
    expect([outcome.kind, got]).toEqual(['settled', [`send look + image cat.png image/png ${png.length}`]]);
    await settle({ context, redis: _redis, ...world }, outcome);
    const target = { platform: world.raven.platform.id, conversation: deliveryOf().conversation };
    const source = { platform: deliveryOf().event.source, conversation: deliveryOf().event.channel.id, message: messageId('m1') };
    expect(await context.copies.copiesOf(source, target)).toEqual([{ message: 'r1', shows: 'caption' }]);
  });

  test.each<[MediaProblem, string]>([
    ['gone', 'no longer there'],
    ['too-large', 'too large to be carried'],
    ['refused', 'not to be fetched from where it is'],
  ])('that is %s is told in words, in the same attempt, and what was sent before is not sent again', async (problem, words) => {
    const { deliver, got } = await sending({
      raven: { maxLength: 500, capabilities: { files: { ...fullCapabilities.files, maxPerMessage: 1 } } },
      openMedia: async (handle) => {
        if (handle.includes('bad')) throw new MediaError('The source says no.', problem);
        return { body: once(png) };
      },
    });
    const attempt = attemptOf(deliveryOf(withFiles('look', image('one.png'), image('bad.png'), image('two.png'))));
    const outcome = await deliver(attempt);
    expect(outcome.kind).toBe('settled');
    expect(got).toEqual([
      `send look + image one.png image/png ${png.length}`,
      `send image two.png image/png ${png.length}`,
      expect.stringMatching(new RegExp(`^send 🖼 Image: bad\\.png \\(https://bridge\\.example/media/[\\w.-]+\\) \\(${words}\\)$`)),
    ]);
    expect(attempt.saved.at(-1)).toContain(words);
  });

  test('that is larger than the target takes, though its source did not say so, is told in words', async () => {
    const { deliver, got } = await sending({ openMedia: async () => ({ body: once(new Uint8Array(1_000_001)) }) });
    await deliver(attemptOf(deliveryOf(withFiles('look', image('cat.png')))));
    expect(got).toEqual([
      'send look',
      expect.stringMatching(/^send 🖼 Image: cat\.png \(https:\/\/bridge\.example\/media\/.*\) \(too large to be carried\)$/s),
    ]);
  });

  test('that may come later is waited for', async () => {
    const { deliver, got } = await sending({
      openMedia: async () => {
        throw new MediaError('The source is busy.', 'unavailable');
      },
    });
    const outcome = await deliver(attemptOf(deliveryOf(withFiles('look', image('cat.png')))));
    expect(outcome).toMatchObject({
      kind: 'failed',
      ambiguous: false,
      verdict: { action: 'retry' },
      detail: 'The source is busy. It is tried again.',
    });
    expect(got).toEqual([]);
  });
});

describe('a WebP sticker', () => {
  // A red pixel.
  const webp = Buffer.from('UklGRhwAAABXRUJQVlA4TA8AAAAvAAAAAAcQ/Y/+ByKi/wEA', 'base64');
  const sticker = { kind: 'sticker', name: 'sticker.webp', handle: 'h', mime: 'image/webp', bytes: webp.length, alt: '🐈' };
  const pngs = { capabilities: { files: { ...fullCapabilities.files, pngStickers: true } } };

  test('goes out as a PNG where stickers are PNG', async () => {
    const { deliver, got, metrics } = await sending({ raven: pngs, openMedia: async () => ({ body: once(webp) }) });
    expect((await deliver(attemptOf(deliveryOf(withFiles('', sticker))))).kind).toBe('settled');
    expect(got).toEqual([expect.stringMatching(/^send sticker sticker\.png image\/png \d+$/)]);
    expect(await metrics()).toContain('bridge_stickers_total{platform="pigeon",result="converted"} 1');
  });

  test('goes out as it is, name and all, where it is not what it claims to be', async () => {
    const { deliver, got, metrics, lines } = await sending({ raven: pngs, openMedia: async () => ({ body: once(webp.subarray(0, 30)) }) });
    expect((await deliver(attemptOf(deliveryOf(withFiles('', sticker))))).kind).toBe('settled');
    expect(got).toEqual(['send sticker sticker.webp image/webp 30']);
    expect(await metrics()).toContain('bridge_stickers_total{platform="pigeon",result="failed"} 1');
    expect(lines.map(({ msg }) => msg)).toContain('a sticker could not be made a PNG and goes as it is');
  });

  test('stays WebP where stickers are', async () => {
    const { deliver, got } = await sending({ openMedia: async () => ({ body: once(webp) }) });
    await deliver(attemptOf(deliveryOf(withFiles('', sticker))));
    expect(got).toEqual([`send sticker sticker.webp image/webp ${webp.length}`]);
  });

  test('that is gone is told in words', async () => {
    const { deliver, got } = await sending({
      raven: { maxLength: 500, ...pngs },
      openMedia: async () => {
        throw new MediaError('The source says no.', 'gone');
      },
    });
    await deliver(attemptOf(deliveryOf(withFiles('', sticker))));
    expect(got).toEqual([expect.stringMatching(/^send Sticker 🐈 \(https:\S+\) \(no longer there\)$/)]);
  });
});

describe('a target that takes larger files in some conversations', () => {
  const big = Buffer.concat([png, Buffer.alloc(1_500_000)]);
  const openMedia = async () => ({ body: once(big), bytes: big.length });
  const large = { maxBytes: everyKind(2_000_000) };
  const lookAt = image('big.png', { bytes: big.length });

  test('is asked there, and gets them', async () => {
    const asked: string[] = [];
    const fileLimits = async (conversation: string) => {
      asked.push(conversation);
      return large;
    };
    const { deliver, got } = await sending({ raven: { fileLimits }, openMedia });
    await deliver(attemptOf(deliveryOf(withFiles('look', lookAt))));
    await deliver(attemptOf(deliveryOf(withFiles('small', image('small.png', { bytes: 10 })))));
    expect(asked).toEqual(['tower']);
    expect(got[0]).toBe(`send look + image big.png image/png ${big.length}`);
  });

  test('and cannot tell just now is waited for, so that the plan stays the same', async () => {
    const fileLimits = async () => {
      throw new DeliveryError('Busy.', { kind: 'transient' });
    };
    const { deliver, got } = await sending({ raven: { fileLimits }, openMedia });
    const outcome = await deliver(attemptOf(deliveryOf(withFiles('look', lookAt))));
    expect(outcome).toMatchObject({ kind: 'failed', verdict: { action: 'retry' } });
    expect(got).toEqual([]);
  });

  test('says the limit that holds there in words', async () => {
    const { deliver, got } = await sending({ raven: { maxLength: 500, fileLimits: async () => large }, openMedia });
    await deliver(attemptOf(deliveryOf(withFiles('look', image('huge.png', { bytes: 3_000_000 })))));
    expect(got).toEqual([expect.stringContaining('(larger than the 2 MB that can be carried)')]);
  });
});

test('a reply points at the copy of what it answers', async () => {
  const { deliver, got, ...world } = await sending();
  await settle(world, await deliver(attemptOf(deliveryOf())));
  const answer = deliveryOf({
    message: 'm2',
    id: 'pigeon_m2',
    eventKey: 'k2',
    replyTo: { message: 'm1', author: 'Ana', excerpt: 'hello' },
  });
  await deliver(attemptOf(answer));
  const old = deliveryOf({ message: 'm3', id: 'pigeon_m3', eventKey: 'k3', replyTo: { message: 'm0', author: 'Bo', excerpt: 'long ago' } });
  await deliver(attemptOf(old));
  expect(got).toEqual(['send hello', 'send re r1 hello', 'send > Bo: long ago\nhello']);
});

test('reactions stay where the bridge has one for each emoji, as long as somebody has it', async () => {
  const { deliver, got, context, redis, ...world } = await sending({ raven: { id: 'raven', capabilities: { reactionsBy: 'emoji' } } });
  await settle({ context, redis, ...world }, await deliver(attemptOf(deliveryOf())));
  const message = { platform: deliveryOf().event.source, conversation: deliveryOf().event.channel.id, message: messageId('m1') };
  const loft = { platform: message.platform, conversation: message.conversation };
  const record = async (person: string, on: boolean, at = loft) => {
    const transaction = redis.multi();
    context.reactions.record(transaction, { message, ...at, person, emoji: '👍', on, at: 1 });
    await transaction.exec();
  };
  const react = async (type: BridgeEvent['type'], key: string) =>
    deliver(attemptOf(deliveryOf({ type, emoji: '👍', eventKey: key, ...withFiles('') })));
  await record('ana', true);
  await record('bo', true);
  await react('reaction.added', 'k2');
  await record('ana', false);
  await react('reaction.removed', 'k3');
  await record('bo', false);
  await react('reaction.removed', 'k4');
  expect(got.slice(1)).toEqual(['react r1 👍', 'react r1 👍', 'unreact r1 👍']);
  // Those of the target room's own people stand there already, and are not the bridge's; those of its platform elsewhere are.
  const raven = platformId('raven');
  for (const [room, key, told] of [
    ['tower', 'k5', 'unreact r1 👍'],
    ['attic', 'k6', 'react r1 👍'],
  ] as const) {
    await record('cy', true, { platform: raven, conversation: conversationId(room) });
    await react('reaction.removed', key);
    expect(got.at(-1)).toBe(told);
  }
});

test('where a second copy is not to be risked, a send in doubt becomes a dead letter, and an edit does not', async () => {
  const { deliver, got, raven } = await sending();
  Object.assign(raven.instance.sender, { retryAmbiguous: false });
  const outcome = await deliver(attemptOf(deliveryOf(), { attempt: 2, ambiguous: true }));
  expect(outcome).toMatchObject({ kind: 'failed', verdict: { action: 'dead-letter' } });
  expect(got).toEqual([]);
});

test('a sender for a platform that is not served here is a programmer’s error', async () => {
  const { context } = await sending();
  expect(() => createDeliver(context, platformId('dodo'))).toThrow('No platform dodo is configured here.');
});
