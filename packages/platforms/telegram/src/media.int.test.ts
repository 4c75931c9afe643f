import { MediaError, type BridgeEvent, type MediaStream, type PlatformInstance } from '@bridge/core';
import type { Fault, SimFile, TelegramSimulator } from '@bridge/simulators';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { groupId, memoryLog, startTelegram, token, valuesFor } from './fixtures/bridge.ts';
import { bytesOf } from './fixtures/files.ts';
import { openUrlOf } from './fixtures/open-url.ts';
import { rawServer } from './fixtures/raw-server.ts';
import { platform } from './index.ts';
import { mostBytesFrom } from './media.ts';

const signal = new AbortController().signal;
let telegram: TelegramSimulator;
let openUrl: ReturnType<typeof openUrlOf>;
let instance: PlatformInstance;
beforeEach(async () => {
  telegram = await startTelegram({
    people: [
      { id: '5550001', name: 'Ana Sousa' },
      { id: '5550002', name: 'Bo', photo: false },
    ],
  });
  openUrl = openUrlOf();
  instance = platform.create(valuesFor(telegram), { log: memoryLog(), requireAuth: true, openUrl });
});
afterEach(async () => {
  expect(telegram.violations).toEqual([]);
  await instance.sender.close();
  await telegram.close();
});

const open = (handle: string, range?: { first: number; last?: number }): Promise<MediaStream> => {
  if (instance.openMedia === undefined) throw new Error('files can be opened');
  return instance.openMedia(handle, { signal, ...(range === undefined ? {} : { range }) });
};
async function read({ body }: MediaStream): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks);
}
async function problemOf(promise: Promise<unknown>): Promise<MediaError> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof MediaError)) throw new Error(`expected a MediaError, got ${String(error)}`);
  expect(`${error.message} ${error.stack}`).not.toContain(token.slice(8));
  return error;
}

/** The events that the bot gets of what people do, as polling gives them. */
async function events(): Promise<readonly BridgeEvent[]> {
  const answer = await fetch(`${telegram.url}/bot${token}/getUpdates`);
  const { result }: { result: readonly { update_id: number }[] } = JSON.parse(await answer.text());
  return result.flatMap((raw) => {
    const parsed = instance.parse({ eventKey: String(raw.update_id), conversation: platform.conversationOf({ chat: groupId }), raw });
    return parsed.kind === 'events' ? parsed.events : [];
  });
}
const cat: SimFile = { kind: 'image', name: 'cat.jpg', mime: 'image/jpeg', bytes: bytesOf('jpeg', 5_000) };

/** The handle of the one file that a person sends. */
async function handleOf(file: SimFile): Promise<string> {
  telegram.post({ room: groupId, author: '5550001', text: '', files: [file] });
  return (await events()).at(-1)?.content.attachments[0]?.handle ?? 'none';
}

describe('a file that somebody sent', () => {
  test.each<[string, string, string]>([
    ['image', 'photo.jpg', 'image/jpeg'],
    ['video', 'a.mp4', 'video/mp4'],
    ['animation', 'a.gif.mp4', 'video/mp4'],
    ['audio', 'a.mp3', 'audio/mpeg'],
    ['voice', 'voice.ogg', 'audio/ogg'],
    ['round-video', 'video-message.mp4', 'video/mp4'],
    ['sticker', 'sticker.webp', 'image/webp'],
    ['file', 'Über.pdf', 'application/pdf'],
  ])('%s can be opened by its handle, long after and more than once', async (kind, name, mime) => {
    const bytes = bytesOf(kind === 'sticker' ? 'webp' : 'mp4', 3_000);
    telegram.post({ room: groupId, author: '5550001', text: 'look', files: [{ kind, name, mime, bytes }], emoji: '🐈' });
    const [event] = await events();
    expect(event).toMatchObject({
      content: { text: 'look', attachments: [{ kind, name, mime, bytes: 3_000 }] },
    });
    const handle = event?.content.attachments[0]?.handle ?? 'none';
    expect(handle).not.toContain('/');
    for (const stream of [await open(handle), await open(handle)]) {
      expect(stream.bytes).toBe(3_000);
      expect((await read(stream)).equals(bytes)).toBe(true);
    }
    expect(openUrl.asked.map(({ trusted }) => trusted)).toEqual([true, true]);
  });

  test('is fetched in pieces where a player asks for them, with one question for the address', async () => {
    const handle = await handleOf(cat);
    const stream = await open(handle, { first: 1_000, last: 1_999 });
    expect(stream).toMatchObject({ bytes: 1_000, part: { from: 1_000, of: 5_000 } });
    expect((await read(stream)).equals(Buffer.from(cat.bytes.subarray(1_000, 2_000)))).toBe(true);
    expect((await read(await open(handle, { first: 4_990 }))).length).toBe(10);
    expect(telegram.calls.filter(({ path }) => path === '/getFile')).toHaveLength(1);
  });

  test('is asked for again when its address has expired', async () => {
    const handle = await handleOf(cat);
    await read(await open(handle));
    telegram.faults.add({ fault: { kind: 'status', status: 404 }, match: /GET \/file/, times: 1 });
    expect((await read(await open(handle))).length).toBe(5_000);
    expect(telegram.calls.filter(({ path }) => path === '/getFile')).toHaveLength(2);
  });

  test('of more than 20 MB is more than Telegram gives a bot, which is said', async () => {
    const handle = await handleOf({ ...cat, kind: 'file', bytes: new Uint8Array(21_000_000) });
    const error = await problemOf(open(handle));
    expect(error.problem).toBe('too-large');
    expect(error.message).toContain('20 MB');
    expect(openUrl.asked).toEqual([]);
  });

  test('that Telegram does not know any more is gone', async () => {
    expect((await problemOf(open(JSON.stringify({ file_id: 'long-ago' })))).problem).toBe('gone');
  });

  test.each(['', 'nonsense', '{}', '{"user":"1"}', '[]', 'null'])('no handle at all: %j', async (handle) => {
    expect((await problemOf(open(handle))).problem).toBe('gone');
  });

  test.each<[string, RegExp, Fault]>([
    ['no address is told', /getFile/, { kind: 'status', status: 500 }],
    ['the question is cut off', /getFile/, { kind: 'reset' }],
    ['Telegram asks to wait', /getFile/, { kind: 'rate-limit', retryAfterMs: 3_000 }],
    ['nothing is downloaded', /GET \/file/, { kind: 'status', status: 502, html: true }],
    ['the download is cut off', /GET \/file/, { kind: 'reset' }],
  ])('that cannot be had because %s is worth another try', async (_what, match, fault) => {
    const handle = await handleOf(cat);
    telegram.faults.add({ fault, match, times: 1 });
    expect((await problemOf(open(handle))).problem).toBe('unavailable');
    expect((await read(await open(handle))).length).toBe(5_000);
  });

  test('on a Bot API server that keeps files on its own disk is refused with the fix', async () => {
    const local = await rawServer((_request, response) => response.end('{"ok":true,"result":{"file_path":"/var/lib/telegram/1.jpg"}}'));
    const other = platform.create(valuesFor(local), { log: memoryLog(), requireAuth: true, openUrl });
    const error = await problemOf(other.openMedia?.('{"file_id":"x"}', { signal }) ?? Promise.resolve());
    expect([error.problem, error.message]).toEqual(['refused', expect.stringContaining('--local')]);
    await other.sender.close();
    await local.close();
  });
});

test('Telegram’s own server gives 20 MB at most, one of your own gives all', () => {
  expect([mostBytesFrom('https://api.telegram.org'), mostBytesFrom('http://127.0.0.1:8081')]).toEqual([20 << 20, Infinity]);
});

describe('a picture', () => {
  test('of a person is found by whose it is, and asked for once in a while', async () => {
    telegram.post({ room: groupId, author: '5550001', text: 'hi' });
    const handle = (await events())[0]?.author.avatarHandle ?? 'none';
    for (const stream of [await open(handle), await open(handle)]) {
      expect(stream.mime).toBe('image/png');
      expect((await read(stream)).subarray(1, 4).toString('latin1')).toBe('PNG');
    }
    expect(telegram.calls.map(({ path }) => path).filter((path) => path.startsWith('/get'))).toEqual([
      '/getUpdates',
      '/getUserProfilePhotos',
      '/getFile',
    ]);
  });

  test('of a person who has none, or of a chat without one, is not there', async () => {
    expect((await problemOf(open('{"user":5550002}'))).problem).toBe('gone');
    expect((await problemOf(open(`{"chat":${groupId}}`))).problem).toBe('gone');
    expect((await problemOf(open('{"chat":-1}'))).problem).toBe('gone');
  });

  test('of a chat is the chat’s own', async () => {
    const server = await rawServer((request, response) => {
      const method = request.url?.split('/').at(-1) ?? '';
      const result = { getChat: { photo: { big_file_id: 'big' } }, getFile: { file_path: 'p/1.jpg' } }[method];
      response.end(result === undefined ? 'bytes' : JSON.stringify({ ok: true, result }));
    });
    const other = platform.create(valuesFor(server), { log: memoryLog(), requireAuth: true, openUrl });
    const stream = await other.openMedia?.('{"chat":-5}', { signal });
    expect(stream && (await read(stream)).toString()).toBe('bytes');
    await other.sender.close();
    await server.close();
  });
});

describe('what people send is told part by part', () => {
  test('an album: each part an event of its own, tied together, with the caption where it was written', async () => {
    telegram.post({ room: groupId, author: '5550001', text: 'trip', files: [cat, { ...cat, kind: 'video', mime: 'video/mp4' }, cat] });
    const parts = await events();
    expect(parts.map(({ content }) => [content.text, content.attachments.map(({ kind }) => kind)])).toEqual([
      ['trip', ['image']],
      ['', ['video']],
      ['', ['image']],
    ]);
    const albums = new Set(parts.map((part) => (part.type === 'message.created' ? part.album : undefined)));
    expect([albums.size, albums.has(undefined)]).toEqual([1, false]);
  });

  test('files sent one by one are not tied', async () => {
    telegram.post({ room: groupId, author: '5550001', text: '', files: [cat, cat], album: false });
    expect((await events()).map((part) => ('album' in part ? part.album : 'none'))).toEqual(['none', 'none']);
  });

  test('an edited caption is an edit, with the same file', async () => {
    const { id } = telegram.post({ room: groupId, author: '5550001', text: 'one', files: [cat] });
    telegram.edit({ room: groupId, message: id, text: 'two' });
    expect(await events()).toMatchObject([
      { type: 'message.created', content: { text: 'one' } },
      { type: 'message.edited', message: id, content: { text: 'two', attachments: [{ kind: 'image' }] } },
    ]);
  });
});
