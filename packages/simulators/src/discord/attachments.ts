import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { APIAttachment } from 'discord-api-types/v10';
import { sendAnswer, type Answer } from '../shared/answer.ts';
import type { SimFile, SimShownFile } from '../types.ts';
import { ApiError, apiError } from './api-error.ts';
import type { UploadedFile } from './body.ts';
import type { Form } from './form.ts';
import type { ChannelState } from './model.ts';
import type { PremiumTier, World } from './world.ts';

/** Files and stickers, kept in memory and served under `/attachments/` and `/stickers/`. */
export interface Attachments {
  /** @throws {ApiError} for too many or too large files */
  store(channel: ChannelState, files: readonly UploadedFile[], metadata: readonly Form[]): readonly APIAttachment[];
  /** What a person sends, whose limits are another matter. */
  keep(channel: ChannelState, files: readonly SimFile[]): readonly APIAttachment[];
  /** A sticker of the server; gives its id. */
  addSticker(sticker: SimFile): string;
  /** As the simulator's users see it. */
  shown(attachment: Pick<APIAttachment, 'id' | 'filename' | 'size' | 'content_type' | 'url'>): SimShownFile;
  shownSticker(id: string): SimShownFile | undefined;
  /** Whether a path is one of these. */
  has(path: string): boolean;
  /** Answers a request for a file, or a part of it. */
  serve(path: string, request: IncomingMessage, response: ServerResponse): void;
}

/** Files of one message. */
const maxFiles = 10;
/** Bytes of one file, by boosts. Source: API reference, "Uploading Files", and Discord's Server Boosting FAQ. */
export const maxFileBytes: Readonly<Record<PremiumTier, number>> = { 0: 20 << 20, 1: 20 << 20, 2: 50 << 20, 3: 100 << 20 };
const dayMs = 86_400_000;

interface Kept {
  readonly name: string;
  readonly type: string;
  readonly bytes: Uint8Array;
  readonly kind?: string;
}

/** `baseUrl` is asked each time, as the port is only known once the server listens. */
export function createAttachments(world: World, baseUrl: () => string): Attachments {
  const byPath = new Map<string, Kept>();
  const byId = new Map<string, Kept>();
  const keep = (channel: ChannelState, file: Kept, description?: string): APIAttachment => {
    const id = world.newId().toString();
    const path = `/attachments/${channel.id}/${id}/${encodeURIComponent(file.name)}`;
    byPath.set(path, file);
    byId.set(id, file);
    return describe(file, { id, url: `${baseUrl()}${path}?${signature(world)}`, description });
  };
  const shownOf = (id: string, url: string): SimShownFile | undefined => {
    const file = byId.get(id);
    return file === undefined ? undefined : { ...shownFile(file), url };
  };
  return {
    store(channel, uploads, metadata) {
      if (uploads.length > maxFiles) throw new ApiError(400, 30015, { message: 'Maximum number of attachments in a message reached (10)' });
      if (uploads.some(({ bytes }) => bytes.length > maxFileBytes[world.premiumTier])) throw apiError('fileTooLarge');
      return uploads.map((upload, index) => {
        const described = metadata.find((form) => String(form.raw('id')) === (/\d+/.exec(upload.field)?.[0] ?? String(index)));
        return keep(channel, upload, described?.text('description', { max: 1024 }));
      });
    },
    keep: (channel, files) => files.map(({ kind, name, mime, bytes }) => keep(channel, { kind, name, type: mime, bytes })),
    addSticker({ name, mime, bytes }) {
      const id = world.newId().toString();
      const file = { kind: 'sticker', name, type: mime, bytes };
      byPath.set(stickerPath(id, mime), file);
      byId.set(id, file);
      return id;
    },
    shown: ({ id, filename: name, size, content_type: mime = 'application/octet-stream', url }) =>
      shownOf(id, url) ?? { kind: kindOf(mime), name, mime, size, sha256: '', url },
    shownSticker: (id) => shownOf(id, `${baseUrl()}${stickerPath(id, byId.get(id)?.type ?? '')}`),
    has: (path) => byPath.has(path),
    serve: (path, request, response) => {
      const file = byPath.get(path);
      sendAnswer(response, file === undefined ? { status: 404, body: 'no such file' } : part(file, request.headers.range));
    },
  };
}

const stickerPath = (id: string, mime: string): string => `/stickers/${id}.${mime === 'image/gif' ? 'gif' : 'png'}`;

const kindOf = (mime: string): string => /^(?:image|video|audio)(?=\/)/.exec(mime)?.[0] ?? 'file';

function shownFile({ kind, name, type, bytes }: Kept): SimShownFile {
  const mime = type || 'application/octet-stream';
  return { kind: kind ?? kindOf(mime), name, mime, size: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') };
}

/** All of a file, or the range that was asked for. */
function part({ type, bytes }: Kept, range: string | undefined): Answer {
  const headers = { 'content-type': type || 'application/octet-stream', 'accept-ranges': 'bytes' };
  const [, from = '', to = ''] = /^bytes=(\d+)-(\d*)$/.exec(range ?? '') ?? [];
  if (from === '') return { status: 200, headers, body: Buffer.from(bytes) };
  const first = Number(from);
  const last = Math.min(to === '' ? Number.POSITIVE_INFINITY : Number(to), bytes.length - 1);
  if (first > last) return { status: 416, headers: { 'content-range': `bytes */${bytes.length}` } };
  return {
    status: 206,
    headers: { ...headers, 'content-range': `bytes ${first}-${last}/${bytes.length}` },
    body: Buffer.from(bytes.subarray(first, last + 1)),
  };
}

function describe(
  { name, type, bytes }: Kept,
  more: { readonly id: string; readonly url: string; readonly description: string | undefined },
): APIAttachment {
  const { id, url, description } = more;
  return {
    id,
    filename: name,
    size: bytes.length,
    url,
    proxy_url: url,
    ...(type === '' ? {} : { content_type: type }),
    ...(description === undefined ? {} : { description }),
  };
}

/** Links are signed and end after a day; here the signature is not checked. */
function signature(world: World): string {
  const issued = Math.floor(Date.now() / 1000);
  return new URLSearchParams({ ex: (issued + dayMs / 1000).toString(16), is: issued.toString(16), hm: world.random.hex(64) }).toString();
}
