import {
  type Attachment,
  type ByteRange,
  type Capabilities,
  MediaError,
  type MediaStream,
  messageId,
  platformId,
  userId,
} from '@bridge/core';
import { createPigeon, fullCapabilities, setStage } from '@bridge/runtime/testing';
import { expect, test } from 'vitest';
import { serve } from './fixtures/served.ts';

const stage = setStage();
const publicUrl = new URL('https://bridge.example/base/');
const png = Buffer.concat([Buffer.from('89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c489', 'hex'), Buffer.alloc(5_000)]);

async function* pieces(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 1_000) yield bytes.subarray(at, at + 1_000);
}

interface Source {
  readonly bytes?: Uint8Array;
  readonly mime?: string;
  readonly fails?: MediaError;
  readonly ranges?: boolean;
}

async function serving({ bytes = png, mime, fails, ranges = true }: Source = {}) {
  const opened: { handle: string; range: ByteRange | undefined }[] = [];
  const pigeon = createPigeon({
    openMedia: async (handle, { range }): Promise<MediaStream> => {
      opened.push({ handle, range });
      if (fails !== undefined) throw fails;
      const part = range !== undefined && ranges ? bytes.subarray(range.first, (range.last ?? bytes.length - 1) + 1) : undefined;
      return {
        body: pieces(part ?? bytes),
        bytes: (part ?? bytes).length,
        ...(mime === undefined ? {} : { mime }),
        ...(part === undefined || range === undefined ? {} : { part: { from: range.first, of: bytes.length } }),
      };
    },
  });
  const served = await serve(stage, { platforms: [pigeon], publicUrl });
  const link = (name: string, type?: string, more: { readonly kind?: Attachment['kind']; readonly target?: Capabilities } = {}): string => {
    const { kind = 'file', target } = more;
    const file = { kind, handle: 'secret-free-handle', name, ...(type === undefined ? {} : { mime: type }) };
    const url = served.context.media.link(pigeon.platform.id, file, target);
    return `${served.url}/${(url ?? '').slice(publicUrl.href.length)}`;
  };
  return { ...served, opened, link };
}

test('a link is below PUBLIC_URL, and gives the file as its platform has it', async () => {
  const { context, link, opened } = await serving();
  expect(context.media.link(platformId('pigeon'), { kind: 'image', handle: 'h', name: 'cat.png' })).toMatch(
    /^https:\/\/bridge\.example\/base\/media\/[\w.-]+$/,
  );
  const answer = await fetch(link('../cat "1".png'));
  expect([answer.status, Buffer.from(await answer.arrayBuffer()).equals(png)]).toEqual([200, true]);
  expect(Object.fromEntries(answer.headers)).toMatchObject({
    'content-type': 'image/png',
    'content-length': String(png.length),
    'content-disposition': `inline; filename="_cat _1_.png"; filename*=UTF-8''_cat%20_1_.png`,
    'content-security-policy': "default-src 'none'; sandbox",
    'x-content-type-options': 'nosniff',
    'accept-ranges': 'bytes',
  });
  expect(opened).toEqual([{ handle: 'secret-free-handle', range: undefined }]);
});

test('a part of a file is fetched as a part', async () => {
  const { link, opened } = await serving();
  const answer = await fetch(link('v.mp4'), { headers: { range: 'bytes=100-199' } });
  expect([answer.status, answer.headers.get('content-range'), (await answer.arrayBuffer()).byteLength]).toEqual([
    206,
    `bytes 100-199/${png.length}`,
    100,
  ]);
  expect(opened[0]?.range).toEqual({ first: 100, last: 199 });
});

test('a platform that knows no parts gives the whole, and says so', async () => {
  const { link } = await serving({ ranges: false });
  const answer = await fetch(link('v.mp4'), { headers: { range: 'bytes=100-' } });
  expect([answer.status, answer.headers.get('content-range'), (await answer.arrayBuffer()).byteLength]).toEqual([200, null, png.length]);
});

test('what is no picture, film or sound is never shown as a page, whatever it claims to be', async () => {
  const page = Buffer.from('<html><script>alert(1)</script>');
  const { link } = await serving({ bytes: page, mime: 'text/html' });
  for (const type of ['text/html', 'image/svg+xml', undefined]) {
    const { headers } = await fetch(link('x.html', type));
    expect([headers.get('content-type'), headers.get('content-disposition')?.startsWith('attachment;')]).toEqual([
      'application/octet-stream',
      true,
    ]);
  }
});

test.each([
  ['gone', 404],
  ['too-large', 404],
  ['refused', 404],
  ['unavailable', 503],
] as const)('a file that is %s is answered %i, and the link is not in the answer', async (problem, status) => {
  const { link } = await serving({ fails: new MediaError('The source says no.', problem) });
  const answer = await fetch(link('cat.png'));
  expect([answer.status, answer.headers.get('retry-after')]).toEqual([status, status === 503 ? '10' : null]);
  expect(await answer.text()).not.toContain('handle');
});

test('a link that nobody made is no link', async () => {
  const { url, opened } = await serving();
  for (const token of ['x', 'e30.e30', '%00', 'a'.repeat(5_000)]) expect((await fetch(`${url}/media/${token}`)).status).toBe(404);
  expect(opened).toEqual([]);
});

// A red pixel.
const webp = Buffer.from('UklGRhwAAABXRUJQVlA4TA8AAAAvAAAAAAcQ/Y/+ByKi/wEA', 'base64');
const asDiscord: Capabilities = { ...fullCapabilities, files: { ...fullCapabilities.files, pngStickers: true } };

test('a WebP sticker is given out as the PNG that the target shows, also in parts', async () => {
  const { link, metrics } = await serving({ bytes: webp, mime: 'image/webp' });
  const address = link('sticker.webp', 'image/webp', { kind: 'sticker', target: asDiscord });
  const answer = await fetch(address);
  const bytes = Buffer.from(await answer.arrayBuffer());
  expect([answer.status, bytes.subarray(1, 4).toString()]).toEqual([200, 'PNG']);
  expect(Object.fromEntries(answer.headers)).toMatchObject({
    'content-type': 'image/png',
    'content-length': String(bytes.length),
    'content-disposition': `inline; filename="sticker.png"; filename*=UTF-8''sticker.png`,
  });
  const piece = await fetch(address, { headers: { range: 'bytes=1-3' } });
  expect([piece.status, piece.headers.get('content-range'), await piece.text()]).toEqual([206, `bytes 1-3/${bytes.length}`, 'PNG']);
  expect(await metrics()).toContain('bridge_stickers_total{platform="pigeon",result="converted"} 2');
});

test('a sticker that cannot be converted is given out as it is, and says so', async () => {
  const broken = webp.subarray(0, 30);
  const { link, metrics } = await serving({ bytes: broken, mime: 'image/webp' });
  const answer = await fetch(link('sticker.webp', 'image/webp', { kind: 'sticker', target: asDiscord }));
  expect([answer.headers.get('content-type'), Buffer.from(await answer.arrayBuffer()).equals(broken)]).toEqual(['image/webp', true]);
  expect(await metrics()).toContain('bridge_stickers_total{platform="pigeon",result="failed"} 1');
});

test('a WebP sticker stays one where such stickers are shown', async () => {
  const { link } = await serving({ bytes: webp, mime: 'image/webp' });
  const answer = await fetch(link('sticker.webp', 'image/webp', { kind: 'sticker', target: fullCapabilities }));
  expect([answer.headers.get('content-type'), answer.headers.get('content-disposition')]).toEqual([
    'image/webp',
    `inline; filename="sticker.webp"; filename*=UTF-8''sticker.webp`,
  ]);
});

test('an author’s picture that has no address of its own gets one', async () => {
  const { context } = await serving();
  const author = { id: userId('1'), name: 'ana', displayName: 'Ana', isBot: false, avatarHandle: messageId('pic') };
  const { avatar, ...rest } = context.media.withAvatar(platformId('pigeon'), author);
  expect(avatar).toMatch(/^https:\/\/bridge\.example\/base\/media\//);
  expect(rest).not.toHaveProperty('avatarHandle');
});
