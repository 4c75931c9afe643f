import type { IncomingMessage, ServerResponse } from 'node:http';

/** An HTTP answer as data. A string or buffer is sent as it is, anything else as JSON; `undefined` as no body at all. */
export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** Sends in one `end`, which is what the fault hook relies on. */
export function sendAnswer(response: ServerResponse, answer: Answer): void {
  const raw = typeof answer.body === 'string' || Buffer.isBuffer(answer.body);
  const payload = raw ? answer.body : answer.body === undefined ? '' : JSON.stringify(answer.body);
  const type = raw ? 'text/plain; charset=utf-8' : 'application/json';
  response.writeHead(answer.status, {
    ...(payload === '' ? {} : { 'content-type': type }),
    'content-length': String(Buffer.byteLength(payload)),
    ...answer.headers,
  });
  response.end(payload);
}

/** The body was longer than the server takes; answer 413 and close, as the rest of it is still on its way. */
export class BodyTooLarge extends Error {
  override readonly name = 'BodyTooLarge';
}

/**
 * Reads a request's body.
 * @throws {BodyTooLarge} past `limit` bytes; the rest is then discarded, so that the answer can still be read.
 */
export function readBody(request: IncomingMessage, limit: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= limit) chunks.push(chunk);
      else reject(new BodyTooLarge(`the body is longer than ${limit} bytes`));
    });
    request.on('end', () => resolve(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks)));
    request.on('error', reject);
  });
}
