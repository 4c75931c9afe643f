import type { ServerResponse } from 'node:http';
import type { APIAttachment } from 'discord-api-types/v10';
import { sendAnswer } from '../shared/answer.ts';
import { ApiError, apiError } from './api-error.ts';
import type { UploadedFile } from './body.ts';
import type { Form } from './form.ts';
import type { ChannelState } from './model.ts';
import type { World } from './world.ts';

/** Uploaded files, kept in memory and served under `/attachments/`. */
export interface Attachments {
  /** @throws {ApiError} for too many or too large files */
  store(channel: ChannelState, files: readonly UploadedFile[], metadata: readonly Form[]): readonly APIAttachment[];
  /** Answers a request for a file; false when `path` is not one. */
  serve(path: string, response: ServerResponse): boolean;
}

/** Files of one message. */
const maxFiles = 10;
/** Bytes of one file, without Nitro or boosts. */
const maxFileBytes = 10 << 20;
const dayMs = 86_400_000;

/** `baseUrl` is asked each time, as the port is only known once the server listens. */
export function createAttachments(world: World, baseUrl: () => string): Attachments {
  const files = new Map<string, UploadedFile>();
  return {
    store(channel, uploads, metadata) {
      if (uploads.length > maxFiles) throw new ApiError(400, 30015, { message: 'Maximum number of attachments in a message reached (10)' });
      if (uploads.some(({ bytes }) => bytes.length > maxFileBytes)) throw apiError('tooLarge');
      return uploads.map((upload, index) => {
        const id = world.newId().toString();
        const path = `/attachments/${channel.id}/${id}/${encodeURIComponent(upload.name)}`;
        files.set(path, upload);
        const described = metadata.find((form) => String(form.raw('id')) === (/\d+/.exec(upload.field)?.[0] ?? String(index)));
        return describe(upload, {
          id,
          url: `${baseUrl()}${path}?${signature(world)}`,
          description: described?.text('description', { max: 1024 }),
        });
      });
    },
    serve(path, response) {
      const file = files.get(path);
      if (file === undefined) return false;
      sendAnswer(response, { status: 200, headers: { 'content-type': file.type || 'application/octet-stream' }, body: file.bytes });
      return true;
    },
  };
}

function describe(
  { name, type, bytes }: UploadedFile,
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
