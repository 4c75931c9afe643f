import type { ByteRange, MediaStream } from '@bridge/core';
import { again } from './sniff.ts';

/** What became of a picture: a PNG, or what it was before and why. */
export type PngResult = 'converted' | 'not-webp' | 'animated' | 'too-large' | 'failed';

export interface PngAnswer {
  readonly result: PngResult;
  /** A PNG where it was converted, else exactly the stream that was given. */
  readonly stream: MediaStream;
  /** With `failed`: what the library said, its being absent for one. */
  readonly error?: unknown;
}

/** Makes PNGs of still WebP pictures. */
export interface PngMaker {
  /**
   * Takes a whole stream with the type that its bytes have; see `sniffed`. Whatever cannot be converted comes back unchanged.
   * @throws what reading the stream throws.
   */
  convert(stream: MediaStream): Promise<PngAnswer>;
}

/** Held in memory at the most. Telegram's stickers have 512 KB: https://core.telegram.org/stickers */
const maxBytes = 1 << 20;
/** Of a picture of that size a few bytes may unpack to gigabytes. Stickers have 512 × 512. */
const maxPixels = 2_048 * 2_048;

/** `load` is handed in by tests. */
export function createPngMaker(load: () => Promise<Pick<typeof import('sharp'), 'default'>> = () => import('sharp')): PngMaker {
  // One after the other: that bounds what all of them hold together.
  let last: Promise<unknown> = Promise.resolve();
  const inTurn = async <T>(run: () => Promise<T>): Promise<T> => {
    const mine = last.then(run, run);
    last = mine.catch(() => undefined);
    return mine;
  };
  const png = async (webp: Buffer): Promise<Buffer | 'animated' | 'too-large'> => {
    // Only here, since whoever never sees a sticker shall not have the library in memory.
    const { default: sharp } = await load();
    sharp.cache(false);
    const { pages = 1, width, height } = await sharp(webp).metadata();
    if (pages > 1) return 'animated';
    if (width * height > maxPixels) return 'too-large';
    return sharp(webp, { limitInputPixels: maxPixels }).png().toBuffer();
  };
  return {
    async convert(stream) {
      if (stream.mime !== 'image/webp') return { result: 'not-webp', stream };
      const { whole, same } = await held(stream);
      if (whole === undefined) return { result: 'too-large', stream: same };
      try {
        const made = await inTurn(() => png(whole));
        if (typeof made === 'string') return { result: made, stream: same };
        return { result: 'converted', stream: { body: inOne(made), bytes: made.length, mime: 'image/png' } };
      } catch (error) {
        return { result: 'failed', stream: same, error };
      }
    },
  };
}

/** All bytes of a stream where they are few enough, and in any case the same stream once more. */
async function held(stream: MediaStream): Promise<{ readonly whole?: Buffer; readonly same: MediaStream }> {
  const source = stream.body[Symbol.asyncIterator]();
  const head: Uint8Array[] = [];
  let length = 0;
  for (let next = await source.next(); next.done !== true; next = await source.next()) {
    head.push(next.value);
    length += next.value.length;
    if (length > maxBytes) return { same: { ...stream, body: again(head, source) } };
  }
  const whole = Buffer.concat(head);
  return { whole, same: { ...stream, body: inOne(whole) } };
}

async function* inOne(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

/** The part of a stream that was asked for, of one that has to be read whole in any case; all of it for a range beyond its end. */
export async function partOf(stream: MediaStream, { first, last = Number.POSITIVE_INFINITY }: ByteRange): Promise<MediaStream> {
  const { bytes } = stream;
  if (bytes === undefined || first >= bytes) return stream;
  const end = Math.min(last + 1, bytes);
  return { ...stream, body: between(stream.body, first, end), bytes: end - first, part: { from: first, of: bytes } };
}

async function* between(body: AsyncIterable<Uint8Array>, first: number, end: number): AsyncGenerator<Uint8Array> {
  let at = 0;
  for await (const chunk of body) {
    const piece = chunk.subarray(Math.max(0, first - at), Math.max(0, end - at));
    at += chunk.length;
    if (piece.length > 0) yield piece;
    if (at >= end) return;
  }
}
