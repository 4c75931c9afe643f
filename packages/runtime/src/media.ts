import { buffer } from 'node:stream/consumers';
import {
  type Attachment,
  type Author,
  type ByteRange,
  type Capabilities,
  DeliveryError,
  MediaError,
  type Log,
  type MediaStream,
  type OutgoingFile,
  type PlatformId,
  type PlatformInstance,
  fileName,
  platformId,
} from '@bridge/core';
import { type LinkedMedia, type MediaLinks, type PngMaker, partOf, sniffed } from '@bridge/http';
import type { Metrics } from '@bridge/observability';

/** Files on their way between platforms, a piece at a time and never whole in memory; only a sticker that becomes a PNG is. */
export interface Media {
  /** A signed link to an attachment as the target shows it, which expires; undefined without PUBLIC_URL. */
  link(platform: PlatformId, attachment: Linkable, target?: Capabilities): string | undefined;
  /** An attachment as the target's sender takes it. Rejects never: what cannot be had is told when it is opened. */
  outgoing(platform: PlatformId, attachment: Attachment, options: OutgoingOptions): Promise<OutgoingFile>;
  /** An author whose picture anybody can fetch, where there is a way. */
  withAvatar(platform: PlatformId, author: Author): Author;
  /** What the token of a link names. */
  read(token: string): ReturnType<MediaLinks['read']>;
  /** Opens what a link names. @throws {MediaError} */
  open(media: LinkedMedia, options: { readonly signal: AbortSignal; readonly range?: ByteRange }): Promise<MediaStream>;
}

/** What a link is made of. */
export type Linkable = Pick<Attachment, 'kind' | 'handle' | 'name' | 'mime'>;

export interface OutgoingOptions {
  readonly target: Capabilities;
  readonly signal: AbortSignal;
}

export interface MediaOptions {
  readonly instanceOf: (platform: PlatformId) => PlatformInstance | undefined;
  readonly links: MediaLinks;
  readonly publicUrl: URL | undefined;
  readonly png: PngMaker;
  readonly metrics: Pick<Metrics, 'stickers'>;
  readonly log: Log;
}

/** What hands files from one platform to another. */
export function createMedia({ instanceOf, links, publicUrl, png, metrics, log }: MediaOptions): Media {
  const urlOf = (media: LinkedMedia): string | undefined =>
    publicUrl === undefined ? undefined : new URL(`media/${links.token(media)}`, publicUrl).href;
  const opened = async ({ platform, handle }: LinkedMedia, options: Opening): Promise<MediaStream> => {
    const instance = instanceOf(platformId(platform));
    if (instance?.openMedia === undefined) throw new MediaError('The platform that the file is on is not configured here.', 'gone');
    return sniffed(await instance.openMedia(handle, options));
  };
  const openedAsPng = async (media: LinkedMedia, { signal, range }: Opening): Promise<MediaStream> => {
    const { platform } = media;
    const { result, stream, error } = await png.convert(await opened(media, { signal }));
    metrics.stickers.inc({ platform, result });
    if (result === 'failed') log.warn({ platform, err: error }, 'a sticker could not be made a PNG and goes as it is');
    return range === undefined ? stream : partOf(stream, range);
  };
  const open: Media['open'] = (media, options) => (media.as === 'png' ? openedAsPng(media, options) : opened(media, options));
  return {
    link: (platform, attachment, target) => urlOf(linked(platform, attachment, target)),
    open,
    read: (token) => links.read(token),
    outgoing: async (platform, attachment, { target, signal }) => {
      const { files } = target;
      const { kind, alt } = attachment;
      const media = linked(platform, attachment, target);
      const url = urlOf(media);
      const maxBytes = files.maxBytes[kind];
      const base = { kind, ...(alt === undefined ? {} : { alt }), ...(url === undefined ? {} : { url }) };
      const file = (shown: LinkedMedia, bytes: number | undefined): OutgoingFile => ({
        ...base,
        name: shown.name,
        mime: shown.mime ?? 'application/octet-stream',
        ...(bytes === undefined ? {} : { bytes }),
        open: async (opening) => within(await open(shown, { signal: opening }), maxBytes),
      });
      if (media.as === undefined) return file(media, attachment.bytes);
      // Its size is another, and is told where it is known.
      if (files.how === 'link') return file(media, undefined);
      // What it becomes is known once it was tried, and its name has to say that before its bytes are asked for.
      const made = await whole(open(media, { signal }));
      if (made === undefined) return file(linked(platform, attachment), attachment.bytes);
      return {
        ...file(media, made.length),
        open: async () => within({ body: once(made), bytes: made.length, mime: 'image/png' }, maxBytes),
      };
    },
    withAvatar: (platform, author) => {
      const { avatarHandle, ...rest } = author;
      if (avatarHandle === undefined) return author;
      const url = urlOf({ platform, handle: avatarHandle, name: 'avatar' });
      return { ...rest, ...(url === undefined ? {} : { avatar: url }) };
    },
  };
}

interface Opening {
  readonly signal: AbortSignal;
  readonly range?: ByteRange;
}

/** An attachment as a link names it, in the format that the target shows it in. */
function linked(platform: PlatformId, { kind, handle, name, mime }: Linkable, target?: Capabilities): LinkedMedia {
  if (kind === 'sticker' && mime === 'image/webp' && target?.files.pngStickers === true)
    return { platform, handle, name: `${fileName(name, mime).replace(/\.webp$/i, '')}.png`, mime: 'image/png', as: 'png' };
  return { platform, handle, name: fileName(name, mime), ...(mime === undefined ? {} : { mime }) };
}

/** The bytes of a PNG; undefined for what is none, or could not be had: that is told in its turn. */
async function whole(opening: Promise<MediaStream>): Promise<Buffer | undefined> {
  try {
    const { body, mime } = await opening;
    if (mime === 'image/png') return await buffer(body);
    await body[Symbol.asyncIterator]().return?.();
  } catch {
    // Opened again with the others, it fails again, and where the failure has a name.
  }
  return undefined;
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

const tooLarge = (): MediaError => new MediaError('The file is larger than the target takes.', 'too-large');

async function within(stream: MediaStream, maxBytes: number): Promise<MediaStream> {
  if (stream.bytes === undefined || stream.bytes <= maxBytes) return { ...stream, body: limited(stream.body, maxBytes) };
  await stream.body[Symbol.asyncIterator]().return?.();
  throw tooLarge();
}

async function* limited(body: AsyncIterable<Uint8Array>, maxBytes: number): AsyncGenerator<Uint8Array> {
  let sum = 0;
  for await (const chunk of body) {
    sum += chunk.length;
    if (sum > maxBytes) throw tooLarge();
    yield chunk;
  }
}

/** What a file that could not be had means for the delivery that wanted it: worth waiting for, or told in words. */
export function mediaFailure(error: MediaError): DeliveryError | { readonly words: string } {
  switch (error.problem) {
    case 'unavailable':
      return new DeliveryError(`${error.message} It is tried again.`, { kind: 'transient' });
    case 'gone':
      return { words: 'no longer there' };
    case 'too-large':
      return { words: 'too large to be carried' };
    case 'refused':
      return { words: 'not to be fetched from where it is' };
  }
}
