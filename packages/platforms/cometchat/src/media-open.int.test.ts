import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import { type ByteRange, MediaError, type MediaStream, type PlatformInstance } from '@bridge/core';
import type { CometChatSimulator, CometChatSimulatorOptions, SimFile } from '@bridge/simulators';
import { afterEach, describe, expect, test } from 'vitest';
import { apiKey, guid, settingsOf, startCometChat } from './fixtures/bridge.ts';
import { openUrlFor } from './fixtures/open-url.ts';
import { platform } from './index.ts';

const never = new AbortController().signal;
const log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
let cometchat: CometChatSimulator;
let instance: PlatformInstance;
afterEach(async () => {
  await instance.sender.close();
  await cometchat.close();
});

async function start(options: Partial<CometChatSimulatorOptions> = {}, openUrl = openUrlFor()): Promise<void> {
  cometchat = await startCometChat(options);
  instance = platform.create(settingsOf(cometchat), { log, requireAuth: true, openUrl });
}

const content = randomBytes(100_000);
const file = (name: string, more: Partial<SimFile> = {}): SimFile => ({
  kind: 'file',
  name,
  mime: 'application/pdf',
  bytes: content,
  ...more,
});
const handle = (message: string, index = 0) => JSON.stringify({ message, index });
const post = (files: readonly SimFile[]) => cometchat.post({ room: guid, author: 'cometchat-uid-1', text: 'look', files }).id;

async function open(what: string, range?: ByteRange): Promise<MediaStream & { readonly all: Buffer }> {
  const stream = await instance.openMedia?.(what, { signal: never, ...(range === undefined ? {} : { range }) });
  if (stream === undefined) throw new Error('the platform opens no files');
  const pieces: Uint8Array[] = [];
  for await (const piece of stream.body) pieces.push(piece);
  return { ...stream, all: Buffer.concat(pieces) };
}

async function problemOf(promise: Promise<unknown>): Promise<string> {
  const error: unknown = await promise.catch((reason: unknown) => reason);
  if (!(error instanceof MediaError)) throw new Error(`expected a MediaError, got ${String(error)}`);
  expect(`${error.message} ${error.stack}`).not.toMatch(/Signature=|fat=|f00dfeed|127\.0\.0\.1/);
  return error.problem;
}

describe.each(['presigned', 'token', 'public'] as const)('with %s access', (mediaAccess) => {
  test('each file of a message is opened by its place in it, whole or in part, as often as wanted', async () => {
    await start({ mediaAccess });
    const other = randomBytes(10);
    const id = post([file('a.pdf'), file('b.pdf', { bytes: other })]);
    for (let count = 0; count < 2; count += 1) {
      const first = await open(handle(id));
      expect([first.bytes, first.mime, first.all.equals(content)]).toEqual([content.length, 'application/pdf', true]);
    }
    expect((await open(handle(id, 1))).all).toEqual(other);
    const part = await open(handle(id), { first: 10, last: 19 });
    expect([part.part, part.all]).toEqual([{ from: 10, of: content.length }, content.subarray(10, 20)]);
  });

  test('a sticker', async () => {
    await start({ mediaAccess });
    const id = post([file('wave.webp', { kind: 'sticker', mime: 'image/webp' })]);
    expect((await open(handle(id))).all.equals(content)).toBe(true);
  });

  test('what was deleted is gone, and so is what never was', async () => {
    await start({ mediaAccess });
    const id = post([file('a.pdf')]);
    cometchat.remove({ room: guid, message: id });
    for (const what of [handle(id), handle('999'), handle(post([file('b.pdf')]), 7), '{"message":""}', 'not json', '{"user":"nobody"}'])
      expect([what, await problemOf(open(what))]).toEqual([what, 'gone']);
  });
});

test('a URL that has expired is of no matter: it is asked for anew', async () => {
  await start();
  const id = post([file('a.pdf')]);
  expect((await open(handle(id))).all.equals(content)).toBe(true);
  const url = cometchat.messages(guid)[0]?.files?.[0]?.url ?? '';
  expect((await fetch(url)).status).toBe(200);
  cometchat.expireMedia();
  expect((await fetch(url)).status).toBe(403);
  expect((await open(handle(id))).all.equals(content)).toBe(true);
});

test('a URL that has expired even though it was asked for anew: it is gone', async () => {
  await start({ mediaTtlMs: -1 });
  expect(await problemOf(open(handle(post([file('a.pdf')]))))).toBe('gone');
});

test('the key is shown to the app’s own file host and to nobody else, wherever files point', async () => {
  const seen: (string | string[] | undefined)[] = [];
  const foreign = createServer((request, response) => {
    seen.push(request.headers['apikey'], request.headers['appid']);
    response.writeHead(401).end();
  });
  await new Promise<void>((resolve) => void foreign.listen(0, '127.0.0.1', resolve));
  const address = foreign.address();
  const host = `127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`;
  await start({ mediaAccess: 'token' }, openUrlFor({ allowed: [host] }));
  const call = { receiver: guid, receiverType: 'group', category: 'message', type: 'file' };
  const attachment = { url: `http://${host}/2345678/media/a.pdf`, name: 'a.pdf', mimeType: 'application/pdf', extension: 'pdf' };
  const answer = await fetch(`${cometchat.url}/messages`, {
    method: 'POST',
    headers: { apikey: apiKey, 'content-type': 'application/json' },
    body: JSON.stringify({ ...call, data: { attachments: [attachment] } }),
  });
  expect(answer.status).toBe(200);
  const [message] = cometchat.messages(guid);
  expect(await problemOf(open(handle(message?.id ?? '')))).toBe('gone');
  expect(seen.filter((value) => value !== undefined)).toEqual([]);
  expect(seen.length).toBeGreaterThan(0);
  foreign.closeAllConnections();
  await new Promise((resolve) => void foreign.close(resolve));
});

test('a file that points at a private address is refused', async () => {
  await start();
  await fetch(`${cometchat.url}/messages`, {
    method: 'POST',
    headers: { apikey: apiKey, 'content-type': 'application/json' },
    body: JSON.stringify({
      receiver: guid,
      receiverType: 'group',
      category: 'message',
      type: 'file',
      data: { attachments: [{ url: 'http://169.254.169.254/latest', name: 'a', mimeType: 'a/b', extension: 'a' }] },
    }),
  });
  expect(await problemOf(open(handle(cometchat.messages(guid)[0]?.id ?? '')))).toBe('refused');
});

test.each([
  ['the API fails', /^GET \/messages/, { kind: 'status', status: 500 } as const],
  ['the API is limited', /^GET \/messages/, { kind: 'rate-limit', retryAfterMs: 1_000 } as const],
  ['the API does not take the key', /^GET \/messages/, { kind: 'status', status: 401 } as const],
  ['the API is cut off', /^GET \/messages/, { kind: 'reset' } as const],
  ['the API answers with a page', /^GET \/messages/, { kind: 'status', status: 502, html: true } as const],
  ['the file host fails', /\/media\//, { kind: 'status', status: 503 } as const],
  ['the file host is cut off', /\/media\//, { kind: 'reset' } as const],
])('when %s it may work later', async (_what, match, fault) => {
  await start();
  const id = post([file('a.pdf')]);
  cometchat.faults.add({ fault, match });
  expect(await problemOf(open(handle(id)))).toBe('unavailable');
  cometchat.faults.clear();
  expect((await open(handle(id))).all.equals(content)).toBe(true);
});

test('when the file host hangs it may work later', async () => {
  const patience = new AbortController();
  await start({}, openUrlFor({ patience: patience.signal }));
  const id = post([file('a.pdf')]);
  cometchat.faults.add({ fault: { kind: 'hang' }, match: /\/media\// });
  const problem = problemOf(open(handle(id)));
  await expect.poll(() => cometchat.faults.hits.hang).toBe(1);
  patience.abort();
  expect(await problem).toBe('unavailable');
});

test('an author’s picture', async () => {
  await start({ people: [{ id: 'cometchat-uid-1', name: 'Andrew Joseph' }] });
  const picture = await open('{"user":"cometchat-uid-1","version":"1"}');
  expect(picture.mime).toBe('image/svg+xml');
  expect(picture.all.toString()).toContain('AJ');
});
