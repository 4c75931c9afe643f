import { type ByteRange, MediaError, type MediaStream, messageId, platformId, userId } from '@bridge/core';
import { createPigeon, setStage } from '@bridge/runtime/testing';
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
  const link = (name: string, type?: string): string => {
    const url = served.context.media.link(pigeon.platform.id, {
      handle: 'secret-free-handle',
      name,
      ...(type === undefined ? {} : { mime: type }),
    });
    return `${served.url}/${(url ?? '').slice(publicUrl.href.length)}`;
  };
  return { ...served, opened, link };
}

test('a link is below PUBLIC_URL, and gives the file as its platform has it', async () => {
  const { context, link, opened } = await serving();
  expect(context.media.link(platformId('pigeon'), { handle: 'h', name: 'cat.png' })).toMatch(
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

test('an author’s picture that has no address of its own gets one', async () => {
  const { context } = await serving();
  const author = { id: userId('1'), name: 'ana', displayName: 'Ana', isBot: false, avatarHandle: messageId('pic') };
  const { avatar, ...rest } = context.media.withAvatar(platformId('pigeon'), author);
  expect(avatar).toMatch(/^https:\/\/bridge\.example\/base\/media\//);
  expect(rest).not.toHaveProperty('avatarHandle');
});
