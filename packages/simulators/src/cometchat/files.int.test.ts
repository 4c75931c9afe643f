import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { startCometChatBench, type CometChatBench } from '../testing/cometchat-client.ts';
import { eventually } from '../testing/eventually.ts';
import type { SimFile } from '../types.ts';

let bench: CometChatBench;
afterEach(() => bench.cometchat.close());

const bytes = Buffer.from('0123456789');
const sha256 = createHash('sha256').update(bytes).digest('hex');
const file = (kind: string, name: string, mime: string): SimFile => ({ kind, name, mime, bytes });
const post = (files: readonly SimFile[], more: object = {}) =>
  bench.cometchat.post({ room: 'lobby', author: 'ana', text: 'look', files, ...more });

/** The address of a message's first file as the API gives it now. */
async function urlOf(id: string): Promise<string> {
  const { data } = await bench.call(`GET /messages/${id}`);
  const content: { readonly attachments?: readonly { readonly url: string }[] } = Object(data?.['data']);
  return content.attachments?.[0]?.url ?? '';
}

describe('files that people send', () => {
  it('are kept, served and told with what they are', async () => {
    bench = await startCometChatBench();
    const message = post([file('image', 'a b.png', 'image/png'), file('animation', 'c.gif', 'image/gif')]);
    expect(message.source).toMatchObject({
      type: 'image',
      data: { text: 'look', attachments: [{ name: 'a b.png', extension: 'png', size: 10 }, {}] },
    });
    expect(message.files).toMatchObject([
      { kind: 'image', name: 'a b.png', mime: 'image/png', size: 10, sha256 },
      { kind: 'image', name: 'c.gif' },
    ]);
    const answer = await fetch(message.files?.[0]?.url ?? '');
    expect([answer.status, answer.headers.get('content-type'), await answer.text()]).toEqual([200, 'image/png', '0123456789']);
  });

  it('of several types are files, and apart where they are no album', async () => {
    bench = await startCometChatBench();
    expect(post([file('image', 'a.png', 'image/png'), file('voice', 'b.ogg', 'audio/ogg')]).source).toMatchObject({ type: 'file' });
    post([file('video', 'a.mp4', 'video/mp4'), file('round-video', 'b.mp4', 'video/mp4')], { album: false });
    expect(bench.cometchat.messages('lobby').map(({ text, files }) => [text, files?.length])).toEqual([
      ['look', 2],
      ['look', 1],
      ['', 1],
    ]);
  });

  it('that are stickers are custom messages', async () => {
    bench = await startCometChatBench();
    const message = post([file('sticker', 'wave', 'image/webp')], { text: '' });
    expect(message).toMatchObject({
      source: { category: 'custom', type: 'extension_sticker' },
      files: [{ kind: 'sticker', name: 'wave', sha256 }],
    });
  });
});

describe('access', () => {
  it('pre-signed: a signature that expires, another in each answer', async () => {
    bench = await startCometChatBench({ mediaTtlMs: 60_000 });
    const { id } = post([file('file', 'a.pdf', 'application/pdf')]);
    const url = await urlOf(id);
    expect(url).toMatch(/\?Expires=\d+&Signature=[\w-]+&Key-Pair-Id=/);
    expect((await fetch(url)).status).toBe(200);
    expect((await fetch(url.split('?')[0] ?? '')).status).toBe(403);
    expect((await fetch(url.replace(/Expires=\d+/, `Expires=${Date.now() + 1e9}`))).status).toBe(403);
  });

  it('pre-signed: over after a while', async () => {
    bench = await startCometChatBench({ mediaTtlMs: -1 });
    const { id } = post([file('file', 'a.pdf', 'application/pdf')]);
    expect((await fetch(await urlOf(id))).status).toBe(403);
  });

  it('by token: refused without, and the key buys one', async () => {
    bench = await startCometChatBench({ mediaAccess: 'token' });
    const { id } = post([file('file', 'a.pdf', 'application/pdf')]);
    const url = await urlOf(id);
    expect((await fetch(url)).status).toBe(401);
    const ask = async (apikey: string) => fetch(`${url}?redirect=0`, { headers: { apikey, appid: 'app1' } });
    expect((await ask('wrong')).status).toBe(401);
    const { data }: { data: { url: string } } = JSON.parse(await (await ask('a'.repeat(40))).text());
    expect(await (await fetch(data.url)).text()).toBe('0123456789');
  });

  it('in part, and not beyond the end', async () => {
    bench = await startCometChatBench({ mediaAccess: 'public' });
    const { id } = post([file('file', 'a.pdf', 'application/pdf')]);
    const part = await fetch(await urlOf(id), { headers: { range: 'bytes=2-4' } });
    expect([part.status, part.headers.get('content-range'), await part.text()]).toEqual([206, 'bytes 2-4/10', '234']);
    expect((await fetch(await urlOf(id), { headers: { range: 'bytes=8-' } })).status).toBe(206);
    expect((await fetch(await urlOf(id), { headers: { range: 'bytes=10-' } })).status).toBe(416);
  });

  it('with faults like any other call', async () => {
    bench = await startCometChatBench({ mediaAccess: 'public' });
    const url = await urlOf(post([file('file', 'a.pdf', 'application/pdf')]).id);
    bench.cometchat.faults.add({ fault: { kind: 'status', status: 503 }, match: /\/media\//, times: 1 });
    expect((await fetch(url)).status).toBe(503);
    bench.cometchat.faults.add({ fault: { kind: 'reset' }, match: /\/media\//, times: 1 });
    await expect(fetch(url)).rejects.toThrow();
    expect((await fetch(url)).status).toBe(200);
  });
});

describe('links that come through the API', () => {
  const send = (attachments: readonly object[]) =>
    bench.call('POST /messages', { body: { receiver: 'lobby', receiverType: 'group', type: 'image', data: { attachments } }, as: 'ana' });
  const attachment = (url: string) => ({ url, name: 'a.png', mimeType: 'image/png', extension: 'png' });

  it('are loaded as an app would that shows them; what cannot be had is without a digest', async () => {
    bench = await startCometChatBench();
    const server = createServer((request, response) => {
      response.statusCode = request.url === '/a' ? 200 : 404;
      response.end(bytes);
    });
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const base = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`;
    await send([attachment(`${base}/a`), attachment(`${base}/b`), attachment('https://bridge.example.org/c')]);
    const seen = () => bench.cometchat.messages('lobby')[0]?.files?.map((one) => [one.size, one.sha256]);
    await eventually(seen).toEqual([
      [10, sha256],
      [0, ''],
      [0, ''],
    ]);
    server.closeAllConnections();
    await new Promise((resolve) => void server.close(resolve));
  });

  it('are refused by the documented rules', async () => {
    bench = await startCometChatBench();
    expect((await send([])).error?.code).toBe('ERR_EMPTY_MESSAGE_FILE');
    expect((await send([{ url: 'https://a.example' }])).error?.code).toBe('ERR_INVALID_MEDIA_MESSAGE');
    expect((await send(Array.from({ length: 11 }, () => attachment('https://a.example')))).error?.code).toBe('ERR_INVALID_MEDIA_MESSAGE');
  });
});

describe('edits through the API', () => {
  it.each([
    [false, 1],
    [true, 0],
  ])('with editReplaces %s', async (editReplaces, left) => {
    bench = await startCometChatBench({ editReplaces });
    const { data } = await bench.call('POST /messages', {
      body: {
        receiver: 'lobby',
        receiverType: 'group',
        category: 'custom',
        type: 'x',
        data: { text: 'one', customData: { a: 1 }, metadata: { b: 2 } },
      },
      as: 'ana',
    });
    await bench.call(`PUT /messages/${String(data?.['id'])}`, { body: { data: { text: 'two', customData: { a: 1 } } }, as: 'ana' });
    const [message] = bench.cometchat.messages('lobby');
    expect(message?.text).toBe('two');
    const source: { readonly data?: object } = Object(message?.source);
    expect(Object.keys(source.data ?? {}).filter((name) => name === 'metadata')).toHaveLength(left);
  });
});

describe('reactions through the API', () => {
  it('are members’ only', async () => {
    bench = await startCometChatBench();
    const { id } = bench.cometchat.post({ room: 'lobby', author: 'ana', text: 'hi' });
    expect((await bench.call(`POST /messages/${id}/reactions/%F0%9F%91%8D`, { as: 'cleo' })).error?.code).toBe('ERR_GROUP_NOT_JOINED');
    const direct = bench.cometchat.post({ room: 'bo', author: 'ana', text: 'hi' }).id;
    expect((await bench.call(`POST /messages/${direct}/reactions/x`, { as: 'cleo' })).error?.code).toBe('ERR_MESSAGE_NO_ACCESS');
    expect((await bench.call(`POST /messages/${direct}/reactions/x`, { as: 'bo' })).status).toBe(200);
  });
});

it('replies quote, threads have parents, and both are told', async () => {
  bench = await startCometChatBench();
  const { cometchat } = bench;
  const { id } = cometchat.post({ room: 'lobby', author: 'ana', text: 'root' });
  const reply = cometchat.post({ room: 'lobby', author: 'bo', text: 'reply', replyTo: id });
  const inThread = cometchat.post({ room: 'lobby', author: 'bo', text: 'in thread', thread: id });
  const deeper = cometchat.post({ room: 'lobby', author: 'ana', text: 'deeper', thread: inThread.id, replyTo: reply.id });
  expect([reply.replyTo, reply.thread, inThread.thread, deeper.thread, deeper.replyTo]).toEqual([id, undefined, id, id, reply.id]);
  const { data } = await bench.call(`GET /messages/${deeper.id}`);
  expect(data).toMatchObject({ parentId: id, quotedMessageId: reply.id, quotedMessage: { id: reply.id, data: { text: 'reply' } } });
  expect(JSON.stringify(data?.['quotedMessage'])).not.toContain('"quotedMessage"');
});
