import {
  type Attachment,
  type Capabilities,
  DeliveryError,
  MediaError,
  type MediaStream,
  type OutgoingFile,
  type PlatformId,
  type PlatformInstance,
} from '@bridge/core';

/** A file or avatar that an event of a platform named. */
export interface MediaRef {
  readonly platform: PlatformId;
  /** Opaque: only that platform reads it. */
  readonly handle: string;
  readonly name: string;
  readonly mime?: string;
}

/** Files on their way between platforms. */
export interface Media {
  /** A signed link that expires; undefined without PUBLIC_URL. */
  link(of: MediaRef): string | undefined;
  /** An attachment as the target's sender takes it. */
  outgoing(platform: PlatformId, attachment: Attachment, target: Capabilities): OutgoingFile;
}

export interface MediaOptions {
  readonly instanceOf: (platform: PlatformId) => PlatformInstance | undefined;
  /** Makes the signed link. */
  readonly link: (of: MediaRef) => string | undefined;
}

/** What hands files from one platform to another, a piece at a time. */
export function createMedia({ instanceOf, link }: MediaOptions): Media {
  return {
    link,
    outgoing(platform, attachment, { files }) {
      const { kind, name, bytes, alt, handle } = attachment;
      const mime = attachment.mime ?? 'application/octet-stream';
      const url = link({ platform, handle, name, mime });
      return {
        kind,
        name,
        mime,
        ...(bytes === undefined ? {} : { bytes }),
        ...(alt === undefined ? {} : { alt }),
        ...(url === undefined ? {} : { url }),
        open: (signal) => open(instanceOf(platform), { handle, signal, maxBytes: files.maxBytes[kind] }),
      };
    },
  };
}

interface Opening {
  readonly handle: string;
  readonly signal: AbortSignal;
  readonly maxBytes: number;
}

async function open(instance: PlatformInstance | undefined, { handle, signal, maxBytes }: Opening): Promise<MediaStream> {
  if (instance?.openMedia === undefined) throw new MediaError('The platform that the file is on is not configured here.', 'gone');
  const stream = await instance.openMedia(handle, { signal });
  if (stream.bytes !== undefined && stream.bytes > maxBytes) {
    await stream.body[Symbol.asyncIterator]().return?.();
    throw tooLarge();
  }
  return { ...stream, body: limited(stream.body, maxBytes) };
}

const tooLarge = (): MediaError => new MediaError('The file is larger than the target takes.', 'too-large');

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
  if (error.problem === 'unavailable') return new DeliveryError(`${error.message} It is tried again.`, { kind: 'transient' });
  return {
    words: { gone: 'no longer there', 'too-large': 'too large to be carried', refused: 'not to be fetched from where it is' }[
      error.problem
    ],
  };
}
