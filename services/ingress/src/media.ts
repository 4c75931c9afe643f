import { pipeline } from 'node:stream/promises';
import { type ByteRange, MediaError, type MediaStream, fileName } from '@bridge/core';
import { type RoleContext, sendError } from '@bridge/runtime';
import type { Express, Request, Response } from 'express';

/** Downloads that may run at the same time; each holds a connection to a platform and to a reader. */
const maxStreams = 64;
/** Shown by a browser as what they are. Anything else is a download: it could be a page with a script in it. */
const shownTypes = /^(?:image\/(?:jpeg|png|gif|webp|avif|bmp)|video\/[\w.+-]+|audio\/[\w.+-]+)$/;

/** `GET /media/<token>`: one file or avatar, fetched from its platform as it is asked for. */
export function mountMedia(app: Express, context: RoleContext): void {
  let streams = 0;
  app.get('/media/:token', async (request, response) => {
    if (streams >= maxStreams) {
      response.setHeader('retry-after', '2');
      return sendError(response, 503, 'busy', 'Too many files are being fetched at the moment; try again in a moment.');
    }
    streams += 1;
    try {
      await serve(context, request, response);
    } finally {
      streams -= 1;
    }
  });
}

async function serve({ media, log }: RoleContext, request: Request<{ token: string }>, response: Response): Promise<void> {
  const found = media.read(request.params.token);
  if (found === 'invalid') return sendError(response, 404, 'not_found', 'This is no link that the bridge made.');
  if (found === 'expired') return sendError(response, 410, 'expired', 'This link has expired; MEDIA_LINK_DAYS says how long links live.');
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  const range = rangeOf(request.headers.range);
  try {
    const stream = await media.open(found, { signal: gone.signal, ...(range === undefined ? {} : { range }) });
    describe(response, { ...stream, name: found.name, claimed: found.mime });
    if (request.method === 'HEAD') {
      await stream.body[Symbol.asyncIterator]().return?.();
      response.end();
    } else await pipeline(stream.body, response);
  } catch (error) {
    if (gone.signal.aborted) return;
    log.debug({ platform: found.platform, err: error }, 'a file could not be shown');
    // Once the bytes have begun, only the broken connection tells.
    if (response.headersSent) response.destroy();
    else refuse(response, error);
  }
}

function refuse(response: Response, error: unknown): void {
  if (!(error instanceof MediaError)) throw error;
  if (error.problem !== 'unavailable') return sendError(response, 404, 'gone', 'The platform does not give this file out any more.');
  response.setHeader('retry-after', '10');
  return sendError(response, 503, 'unavailable', 'The platform does not give this file out at the moment; try again later.');
}

interface Described extends MediaStream {
  readonly name: string;
  readonly claimed: string | undefined;
}

function describe(response: Response, { bytes, mime, part, name, claimed }: Described): void {
  const type = mime ?? claimed ?? '';
  const shown = shownTypes.test(type);
  response.status(part === undefined ? 200 : 206);
  response.setHeader('content-type', shown ? type : 'application/octet-stream');
  response.setHeader('content-disposition', disposition(shown ? 'inline' : 'attachment', fileName(name, type)));
  response.setHeader('accept-ranges', 'bytes');
  response.setHeader('cache-control', 'public, max-age=86400, immutable');
  // Whatever it holds, it runs nothing here; and other pages may show it, which is what it is for.
  response.setHeader('content-security-policy', "default-src 'none'; sandbox");
  response.setHeader('cross-origin-resource-policy', 'cross-origin');
  if (bytes !== undefined) response.setHeader('content-length', bytes);
  if (part !== undefined && bytes !== undefined)
    response.setHeader('content-range', `bytes ${part.from}-${part.from + bytes - 1}/${part.of}`);
}

/** Source: RFC 6266 and RFC 8187. */
function disposition(how: 'inline' | 'attachment', name: string): string {
  const plain = name.replaceAll(/[^\x20-\x7e]|["\\%]/g, '_');
  const encoded = encodeURIComponent(name.toWellFormed()).replaceAll(
    /['()*]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `${how}; filename="${plain}"; filename*=UTF-8''${encoded}`;
}

/** One range from a first byte on; several, or the last bytes alone, are answered with the whole. */
function rangeOf(header: string | undefined): ByteRange | undefined {
  const [, first, last] = /^bytes=(\d{1,15})-(\d{0,15})$/.exec(header ?? '') ?? [];
  if (first === undefined) return undefined;
  return { first: Number(first), ...(last === undefined || last === '' || Number(last) < Number(first) ? {} : { last: Number(last) }) };
}
