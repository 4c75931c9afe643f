import {
  type Attachment,
  type Author,
  type ByteRange,
  type Capabilities,
  DeliveryError,
  MediaError,
  type MediaStream,
  type OutgoingFile,
  type PlatformId,
  type PlatformInstance,
  fileName,
  platformId,
} from '@bridge/core';
import { type LinkedMedia, type MediaLinks, sniffed } from '@bridge/http';

/** Files on their way between platforms, a piece at a time and never whole in memory. */
export interface Media {
  /** A signed link to an attachment, which expires; undefined without PUBLIC_URL. */
  link(platform: PlatformId, attachment: Pick<Attachment, 'handle' | 'name' | 'mime'>): string | undefined;
  /** An attachment as the target's sender takes it. */
  outgoing(platform: PlatformId, attachment: Attachment, target: Capabilities): OutgoingFile;
  /** An author whose picture anybody can fetch, where there is a way. */
  withAvatar(platform: PlatformId, author: Author): Author;
  /** What the token of a link names. */
  read(token: string): ReturnType<MediaLinks['read']>;
  /** Opens what a link names. @throws {MediaError} */
  open(media: LinkedMedia, options: { readonly signal: AbortSignal; readonly range?: ByteRange }): Promise<MediaStream>;
}

export interface MediaOptions {
  readonly instanceOf: (platform: PlatformId) => PlatformInstance | undefined;
  readonly links: MediaLinks;
  readonly publicUrl: URL | undefined;
}

/** What hands files from one platform to another. */
export function createMedia({ instanceOf, links, publicUrl }: MediaOptions): Media {
  const urlOf = (media: LinkedMedia): string | undefined =>
    publicUrl === undefined ? undefined : new URL(`media/${links.token(media)}`, publicUrl).href;
  const link: Media['link'] = (platform, { handle, name, mime }) =>
    urlOf({ platform, handle, name: fileName(name, mime), ...(mime === undefined ? {} : { mime }) });
  const open: Media['open'] = async ({ platform, handle }, options) => {
    const instance = instanceOf(platformId(platform));
    if (instance?.openMedia === undefined) throw new MediaError('The platform that the file is on is not configured here.', 'gone');
    return sniffed(await instance.openMedia(handle, options));
  };
  return {
    link,
    open,
    read: (token) => links.read(token),
    outgoing: (platform, attachment, { files }) => {
      const { kind, name, bytes, alt, handle, mime } = attachment;
      const url = link(platform, attachment);
      const maxBytes = files.maxBytes[kind];
      return {
        kind,
        name: fileName(name, mime),
        mime: mime ?? 'application/octet-stream',
        ...(bytes === undefined ? {} : { bytes }),
        ...(alt === undefined ? {} : { alt }),
        ...(url === undefined ? {} : { url }),
        open: async (signal) => within(await open({ platform, handle, name }, { signal }), maxBytes),
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
