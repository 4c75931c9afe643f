import { buffer } from 'node:stream/consumers';
import type { MediaStream } from '@bridge/core';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { createPngMaker, partOf } from './png.ts';

const picture = (width: number, height = width) =>
  sharp({ create: { width, height, channels: 4, background: { r: 200, g: 30, b: 90, alpha: 0.5 } } });

async function* pieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}
const streamOf = (bytes: Uint8Array, mime = 'image/webp'): MediaStream => ({ body: pieces(bytes, 100_000), bytes: bytes.length, mime });
const bytesOf = ({ body }: MediaStream) => buffer(body);

test('a still WebP becomes a PNG of the same size, its transparency with it', async () => {
  const { result, stream } = await createPngMaker().convert(streamOf(await picture(512, 300).webp().toBuffer()));
  const bytes = await bytesOf(stream);
  expect([result, stream.mime, stream.bytes]).toEqual(['converted', 'image/png', bytes.length]);
  const { format, width, height, hasAlpha } = await sharp(bytes).metadata();
  expect([format, width, height, hasAlpha]).toEqual(['png', 512, 300, true]);
});

describe('what cannot be converted comes back to the last byte:', () => {
  const animated = async () => {
    const frames = [await picture(8).webp().toBuffer(), await picture(8).negate().webp().toBuffer()];
    return sharp(frames, { join: { animated: true } })
      .webp()
      .toBuffer();
  };
  const cut = async () => (await picture(64).webp({ lossless: true }).toBuffer()).subarray(0, 40);
  test.each<[string, string, () => Promise<Buffer>]>([
    ['a moving one', 'animated', animated],
    ['one of many pixels in few bytes', 'too-large', () => picture(2_100).webp().toBuffer()],
    ['one of many bytes', 'too-large', async () => Buffer.concat([await picture(8).webp().toBuffer(), Buffer.alloc(1 << 20)])],
    ['half of one', 'failed', cut],
    ['none at all', 'failed', async () => Buffer.from('RIFF0000WEBPVP8 and nothing more')],
    ['nothing', 'failed', async () => Buffer.alloc(0)],
  ])('%s', async (_what, expected, make) => {
    const bytes = await make();
    const { result, stream } = await createPngMaker().convert(streamOf(bytes));
    expect([result, stream.mime]).toEqual([expected, 'image/webp']);
    expect((await bytesOf(stream)).equals(bytes)).toBe(true);
  });

  test('a picture of another type, of which not a byte is read before', async () => {
    const given = streamOf(Buffer.from('x'), 'image/png');
    expect(await createPngMaker().convert(given)).toEqual({ result: 'not-webp', stream: given });
  });

  test('any, where the library is not there', async () => {
    const bytes = await picture(8).webp().toBuffer();
    const error = new Error('Could not load the "sharp" module using the linux-x64 runtime');
    const answer = await createPngMaker(() => Promise.reject(error)).convert(streamOf(bytes));
    expect(answer).toMatchObject({ result: 'failed', error });
    expect((await bytesOf(answer.stream)).equals(bytes)).toBe(true);
  });
});

test('one too large to hold is given up with its reader', async () => {
  let closed = false;
  async function* endless(): AsyncGenerator<Uint8Array> {
    try {
      for (;;) yield new Uint8Array(100_000);
    } finally {
      closed = true;
    }
  }
  const { result, stream } = await createPngMaker().convert({ body: endless(), mime: 'image/webp' });
  expect(result).toBe('too-large');
  for await (const _ of stream.body) break;
  expect(closed).toBe(true);
});

test('many at once are made one after the other', async () => {
  let running = 0;
  let most = 0;
  const maker = createPngMaker(async () => {
    most = Math.max(most, (running += 1));
    await new Promise((resolve) => setImmediate(resolve));
    running -= 1;
    return import('sharp');
  });
  const bytes = await picture(8).webp().toBuffer();
  const answers = await Promise.all(Array.from({ length: 5 }, () => maker.convert(streamOf(bytes))));
  expect([most, ...answers.map(({ result }) => result)]).toEqual([1, ...Array.from({ length: 5 }, () => 'converted')]);
});

describe('a part of a stream', () => {
  const letters = Buffer.from('abcdefghij');
  const part = async (first: number, last?: number) => {
    const of = await partOf({ body: pieces(letters, 3), bytes: letters.length }, { first, ...(last === undefined ? {} : { last }) });
    return [(await bytesOf(of)).toString(), of.bytes, of.part];
  };
  test.each([
    [0, 3, 'abcd'],
    [4, 4, 'e'],
    [7, undefined, 'hij'],
    [8, 99, 'ij'],
  ])('from %s to %s', async (first, last, text) => {
    expect(await part(first, last)).toEqual([text, text.length, { from: first, of: 10 }]);
  });
  test('beyond its end is all of it', async () => expect(await part(10)).toEqual(['abcdefghij', 10, undefined]));
});
