import { createHash } from 'node:crypto';
import { conversationId, DeliveryError, MediaError, messageId, type Sender } from '@bridge/core';
import type { TelegramSimulator } from '@bridge/simulators';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createClient } from './api.ts';
import { editOf, forumId, groupId, sendOf, startTelegram, token } from './fixtures/bridge.ts';
import { bytesOf, type FileSpec, testFile } from './fixtures/files.ts';
import { rawServer } from './fixtures/raw-server.ts';
import { createSender } from './send.ts';

const never = new AbortController().signal;
let telegram: TelegramSimulator;
let sender: Sender;
beforeEach(async () => {
  telegram = await startTelegram();
  sender = createSender(createClient({ token, apiRoot: telegram.url }));
});
afterEach(async () => {
  expect(telegram.violations).toEqual([]);
  await sender.close();
  await telegram.close();
});

const shown = (room = groupId) => telegram.messages(room).filter((message) => !message.deleted);
const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
const deliver = (text: string, ...files: readonly FileSpec[]) => sender.deliver(sendOf(text, { files: files.map(testFile) }), never);
const thrownBy = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  );

const png: FileSpec = { kind: 'image', name: 'cat.png', mime: 'image/png', bytes: bytesOf('png') };
const mp4: FileSpec = { kind: 'video', name: 'cat.mp4', mime: 'video/mp4', bytes: bytesOf('mp4') };
const pdf: FileSpec = { kind: 'file', name: 'plan.pdf', mime: 'application/pdf', bytes: bytesOf('pdf') };

describe('a file is shown as what it is', () => {
  test.each<[FileSpec, string]>([
    [png, 'photo'],
    [{ ...png, mime: 'image/jpeg', bytes: bytesOf('jpeg') }, 'photo'],
    [{ ...png, mime: 'image/gif', bytes: bytesOf('gif') }, 'animation'],
    [{ ...png, mime: 'image/svg+xml', bytes: bytesOf('pdf') }, 'document'],
    [{ ...png, bytes: bytesOf('png', 11_000_000) }, 'document'],
    [{ ...png, mime: 'application/octet-stream' }, 'photo'],
    [{ ...png, mime: '', name: 'cat.svg' }, 'document'],
    [mp4, 'video'],
    [{ ...mp4, mime: 'application/octet-stream', name: 'CAT.MOV' }, 'video'],
    [{ ...mp4, mime: 'video/webm', bytes: bytesOf('webm') }, 'document'],
    [{ ...mp4, kind: 'animation' }, 'animation'],
    [{ kind: 'audio', mime: 'audio/mpeg', bytes: bytesOf('mp3') }, 'audio'],
    [{ kind: 'audio', mime: 'audio/x-wav', bytes: bytesOf('pdf') }, 'document'],
    [{ kind: 'voice', mime: 'audio/ogg; codecs=opus', bytes: bytesOf('ogg') }, 'voice'],
    [{ ...mp4, kind: 'round-video' }, 'video_note'],
    [pdf, 'document'],
    [{ kind: 'sticker', name: 's.webp', mime: 'image/webp', alt: '🐈', bytes: bytesOf('webp') }, 'sticker'],
    [{ kind: 'sticker', name: 's.tgs', mime: 'application/x-tgsticker', bytes: bytesOf('gzip') }, 'sticker'],
    [{ kind: 'sticker', name: 's.webm', mime: 'video/webm', bytes: bytesOf('webm') }, 'sticker'],
    [{ kind: 'sticker', name: 's.png', mime: 'image/png', bytes: bytesOf('png') }, 'photo'],
    [{ kind: 'sticker', name: 's.json', mime: 'application/json', bytes: bytesOf('pdf') }, 'document'],
  ])('$0.kind $0.mime as $1', async (file, kind) => {
    const receipt = await deliver('', file);
    const [message, ...others] = shown();
    expect(others).toEqual([]);
    // Known beforehand, and not by being refused first.
    expect(telegram.calls).toHaveLength(1);
    expect(receipt).toEqual({ message: message?.id });
    expect(message?.files).toMatchObject([{ kind, size: file.bytes.length, sha256: sha256(file.bytes), name: file.name ?? 'f' }]);
  });

  test('a name in any script arrives', async () => {
    await deliver('', { ...pdf, name: 'Überblick "été" 計画.pdf' });
    // Quotation marks are written as forms have them.
    expect(shown()[0]?.files?.[0]?.name).toMatch(/^Überblick (%22|")été(%22|") 計画\.pdf$/);
  });

  test('an image that turns out to be none, or too large for a photo, arrives as a document', async () => {
    await deliver('look', { ...png, bytes: bytesOf('pdf') });
    await deliver('look', { ...png, bytes: bytesOf('png', 11_000_000), sized: false });
    expect(shown().map(({ text, files }) => [text, files?.[0]?.kind])).toEqual([
      ['look', 'document'],
      ['look', 'document'],
    ]);
  });

  test('to a topic', async () => {
    await sender.deliver(sendOf('', { conversation: conversationId(`${forumId}/7`), files: [testFile(png)] }), never);
    expect(shown(forumId).at(-1)).toMatchObject({ thread: '7', files: [{ kind: 'photo' }] });
  });
});

describe('what is said beside a file', () => {
  const bold = [{ type: 'paragraph' as const, children: [{ type: 'bold' as const, children: [{ type: 'text' as const, text: 'hi' }] }] }];

  test('is its caption, with its formatting as entities and never as markup', async () => {
    await sender.deliver(sendOf('', { body: bold, files: [testFile(png)] }), never);
    expect(shown()[0]).toMatchObject({ text: 'hi', source: { entities: [{ type: 'bold', offset: 0, length: 2 }] } });
    expect(telegram.calls[0]?.body).not.toHaveProperty('parse_mode');
  });

  test('is edited there, and the file stays', async () => {
    const { message } = await deliver('one', png);
    const change = editOf(message, 'two', 'caption');
    await sender.deliver(change, never);
    await sender.deliver(change, never);
    expect(shown()).toMatchObject([{ id: message, text: 'two', files: [{ kind: 'photo' }] }]);
    expect(telegram.calls.filter(({ path }) => path === '/sendPhoto')).toHaveLength(1);
  });

  test('can be taken away', async () => {
    const { message } = await deliver('one', png);
    await sender.deliver(editOf(message, '', 'caption'), never);
    expect(shown()).toMatchObject([{ text: '', files: [{ kind: 'photo' }] }]);
  });

  test('is found also where it is not known whether the message has a text or a caption', async () => {
    const photo = await deliver('one', png);
    const text = await deliver('one');
    await sender.deliver(editOf(photo.message, 'two'), never);
    await sender.deliver(editOf(text.message, 'two', 'caption'), never);
    expect(shown().map((message) => message.text)).toEqual(['two', 'two']);
  });
});

describe('an album', () => {
  test('of photos and videos is one message to people, its parts in order, its caption on the first', async () => {
    const receipt = await deliver('trip', png, mp4, { ...png, name: 'dog.png', bytes: bytesOf('png', 2_000) });
    const parts = shown();
    expect(parts.map(({ text, files }) => [text, files?.[0]?.kind, files?.[0]?.name])).toEqual([
      ['trip', 'photo', 'cat.png'],
      ['', 'video', 'cat.mp4'],
      ['', 'photo', 'dog.png'],
    ]);
    expect(new Set(parts.map(({ source }) => JSON.stringify(Object(source).mediaGroup))).size).toBe(1);
    expect(receipt).toMatchObject({ message: parts[0]?.id, also: [parts[1]?.id, parts[2]?.id] });
    expect(receipt.exhausted).toEqual({ key: `group:${groupId}`, forMs: 7_500 });
    expect(telegram.calls).toHaveLength(1);
  });

  test.each<[string, FileSpec, string]>([
    ['audio files', { kind: 'audio', mime: 'audio/mpeg', bytes: bytesOf('mp3') }, 'audio'],
    ['documents', pdf, 'document'],
  ])('of %s', async (_what, file, kind) => {
    await deliver('', file, file);
    expect(shown().map(({ files }) => files?.[0]?.kind)).toEqual([kind, kind]);
    expect(telegram.calls.map(({ path }) => path)).toEqual(['/sendMediaGroup']);
  });

  test('with one that Telegram cannot show beside the others goes as documents, all of it', async () => {
    await deliver('', png, { ...png, bytes: bytesOf('png', 11_000_000) });
    await deliver('', png, { ...mp4, mime: 'video/webm', bytes: bytesOf('webm') });
    await deliver('', png, { ...png, bytes: bytesOf('pdf') });
    expect(shown().map(({ files }) => files?.[0]?.kind)).toEqual(Array.from({ length: 6 }, () => 'document'));
  });
});

describe('a reply', () => {
  test('hangs on its message, text and file alike', async () => {
    const { message } = await deliver('one');
    await sender.deliver(sendOf('two', { replyTo: message }), never);
    await sender.deliver(sendOf('three', { replyTo: message, files: [testFile(png)] }), never);
    expect(shown().map(({ replyTo }) => replyTo)).toEqual([undefined, message, message]);
  });

  test('to a message that is gone arrives as a message', async () => {
    await sender.deliver(sendOf('two', { replyTo: messageId('999') }), never);
    expect(shown().map(({ text, replyTo }) => [text, replyTo])).toEqual([['two', undefined]]);
    expect(telegram.calls).toHaveLength(1);
  });
});

test('links open messages of supergroups; basic groups and private chats have none', () => {
  expect(sender.linkTo?.(conversationId(forumId), messageId('5'))).toBe('https://t.me/c/1234567890/5');
  expect(sender.linkTo?.(conversationId(`${forumId}/7`), messageId('5'))).toBe('https://t.me/c/1234567890/7/5');
  expect(sender.linkTo?.(conversationId(groupId), messageId('5'))).toBeUndefined();
  expect(sender.linkTo?.(conversationId('5550001'), messageId('5'))).toBeUndefined();
});

describe('a file that cannot be had', () => {
  const gone = new MediaError('The file is no longer there.', 'gone');

  test('is told before anything is sent', async () => {
    expect(await thrownBy(deliver('x', { ...png, refused: gone }))).toBe(gone);
    expect(telegram.calls).toEqual([]);
  });

  test.each([
    ['half-way through the only one', [{ ...png, bytes: bytesOf('png', 3_000_000), broken: gone }]],
    ['in the middle of an album', [png, { ...png, refused: gone }, png]],
    ['at the end of an album', [png, { ...png, bytes: bytesOf('png', 3_000_000), broken: gone }]],
  ])('%s: the request is broken off and nothing is posted', async (_what, files) => {
    const made = files.map(testFile);
    expect(await thrownBy(sender.deliver(sendOf('x', { files: made }), never))).toBe(gone);
    expect(shown()).toEqual([]);
    await expect.poll(() => made.map(({ reading }) => reading)).toEqual(made.map(() => 0));
    // The connection that was broken off is not used again.
    await deliver('after');
    expect(shown().map(({ text }) => text)).toEqual(['after']);
  });
});

describe('an upload that fails on the way', () => {
  const big: FileSpec = { ...mp4, bytes: bytesOf('mp4', 3_000_000) };
  const failureOf = async (promise: Promise<unknown>) => {
    const error = await thrownBy(promise);
    if (!(error instanceof DeliveryError)) throw new Error(`expected a DeliveryError, got ${String(error)}`);
    return error.failure;
  };

  test.each(['reset', 'accept-then-reset'] as const)('%s is ambiguous once all of it has left', async (kind) => {
    telegram.faults.add({ fault: { kind }, match: /sendVideo/ });
    expect(await failureOf(deliver('x', big))).toEqual({ kind: 'ambiguous' });
    expect(shown()).toHaveLength(kind === 'reset' ? 0 : 1);
  });

  test('a 429 and a 5xx are what they are for text', async () => {
    telegram.faults.add({ fault: { kind: 'rate-limit', retryAfterMs: 9_000 }, times: 1 });
    expect(await failureOf(deliver('x', big))).toEqual({ kind: 'rate-limited', retryAfterMs: 9_000, scope: 'conversation' });
    telegram.faults.add({ fault: { kind: 'status', status: 502, html: true }, times: 1 });
    expect(await failureOf(deliver('x', big))).toEqual({ kind: 'transient' });
  });

  test('that is too large for a proxy, or as a whole, is the file’s problem: it is told in words', async () => {
    telegram.faults.add({ fault: { kind: 'status', status: 413, html: true }, times: 1 });
    expect(await thrownBy(deliver('x', big))).toMatchObject({ name: 'MediaError', problem: 'too-large' });
    const large = { ...pdf, bytes: bytesOf('pdf', 20_000_000) };
    expect(await thrownBy(deliver('x', large, large, large))).toMatchObject({ name: 'MediaError', problem: 'too-large' });
    expect(shown()).toEqual([]);
  });

  test('stopping half-way sends nothing: it is taken up after the restart', async () => {
    const stop = new AbortController();
    const endless = {
      ...testFile(mp4),
      open: () =>
        Promise.resolve({
          body: (async function* () {
            yield bytesOf('mp4');
            stop.abort();
            // Gives way for ever, as a source that has stopped talking does.
            for (;;) yield await new Promise<Uint8Array>((resolve) => setTimeout(() => resolve(new Uint8Array(10)), 5));
          })(),
        }),
    };
    expect(await failureOf(sender.deliver(sendOf('x', { files: [endless] }), stop.signal))).toEqual({ kind: 'shutting-down' });
    expect(shown()).toEqual([]);
  });

  test('no file is left open when the connection cannot be made', async () => {
    const nowhere = createSender(createClient({ token, apiRoot: 'http://127.0.0.1:9' }));
    const file = testFile(big);
    expect(await failureOf(nowhere.deliver(sendOf('x', { files: [file] }), never))).toEqual({ kind: 'transient' });
    expect([file.opened, file.reading]).toEqual([1, 0]);
    await nowhere.close();
  });
});

test('a file is passed on piece by piece: most of it is still to be made when its beginning has left', async () => {
  const size = 40_000_000;
  let made = 0;
  const file = {
    ...testFile({ ...mp4, sized: false }),
    open: () =>
      Promise.resolve({
        body: (async function* () {
          yield bytesOf('mp4', 65_536);
          for (made = 65_536; made < size; made += 65_536) yield new Uint8Array(65_536);
        })(),
      }),
  };
  let heard = 0;
  let madeThen = 0;
  const server = await rawServer((request, response) => {
    request.on('data', (chunk: Buffer) => {
      heard += chunk.length;
      madeThen ||= made;
    });
    request.on('end', () => response.end('{"ok":true,"result":{"message_id":1,"chat":{"id":1}}}'));
  });
  const own = createSender(createClient({ token, apiRoot: server.url }));
  await own.deliver(sendOf('', { files: [file] }), never);
  expect(heard).toBeGreaterThan(size);
  expect(madeThen).toBeLessThan(size / 4);
  await own.close();
  await server.close();
});
