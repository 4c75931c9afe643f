import type { ResponseLike } from '@discordjs/rest';
import { Agent as HttpAgent, request as httpRequest } from 'node:http';
import type { ClientRequest, IncomingMessage, RequestOptions } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';

/**
 * No answer came. `sent` is false only where the request certainly did not reach the platform, so that trying again cannot
 * make a second message. That is what Discord.js' own transport does not tell.
 */
export class NoAnswerError extends Error {
  override readonly name = 'NoAnswerError';
  readonly code: string;
  readonly sent: boolean;
  constructor(code: string, sent: boolean) {
    super(`no answer (${code})`);
    this.code = code;
    this.sent = sent;
  }
}

/** A request as the REST client makes it. */
export interface TransportRequest {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
  readonly signal: AbortSignal;
}

/** One attempt at a time, over connections that are kept. */
export interface Transport {
  /** @throws {NoAnswerError} and nothing else. */
  request(url: string, request: TransportRequest): Promise<ResponseLike>;
  close(): void;
}

const maxAnswerBytes = 8 * 1024 * 1024;
/** Connections are kept between a chat's messages, for less time than Discord's proxy keeps them (400 s). */
const idleMs = 60_000;

/** HTTP with kept connections; the whole exchange, its body included, ends within `timeoutMs`. */
export function createTransport(timeoutMs: number): Transport {
  const options = { keepAlive: true, timeout: idleMs, maxSockets: 128 };
  const http = new HttpAgent(options);
  const https = new HttpsAgent(options);
  return {
    request: async (url, request) =>
      new Promise((resolve, reject) => {
        const target = new URL(url);
        const secure = target.protocol === 'https:';
        exchange({ target, agent: secure ? https : http, open: secure ? httpsRequest : httpRequest, timeoutMs }, request, {
          resolve,
          reject,
        });
      }),
    close: () => {
      http.destroy();
      https.destroy();
    },
  };
}

interface Line {
  readonly target: URL;
  readonly agent: HttpAgent;
  readonly open: (url: URL, options: RequestOptions) => ClientRequest;
  readonly timeoutMs: number;
}
interface Settle {
  readonly resolve: (response: ResponseLike) => void;
  readonly reject: (error: NoAnswerError) => void;
}

function exchange(line: Line, { method, headers, body, signal }: TransportRequest, { resolve, reject }: Settle): void {
  const length = body === undefined ? {} : { 'Content-Length': String(Buffer.byteLength(body)) };
  const request = line.open(line.target, { method, agent: line.agent, headers: { ...headers, ...length } });
  let sent = false;
  let done = false;
  const settle = (finish: () => void): void => {
    if (done) return;
    done = true;
    clearTimeout(timer);
    signal.removeEventListener('abort', abort);
    finish();
  };
  const fail = (code: string): void => {
    settle(() => reject(new NoAnswerError(code, sent)));
    request.destroy();
  };
  const abort = (): void => fail('ABORTED');
  const timer = setTimeout(() => fail('TIMEOUT'), line.timeoutMs);
  signal.addEventListener('abort', abort, { once: true });
  request.once('socket', (socket) => {
    // Bytes can only leave on an open connection; on a kept one they leave at once.
    const opened = (): void => void (sent = true);
    if (request.reusedSocket || !socket.connecting) opened();
    else socket.once(line.target.protocol === 'https:' ? 'secureConnect' : 'connect', opened);
  });
  request.on('error', (error) => fail(codeOf(error)));
  request.once('response', (response) => readAnswer(response, fail, (answer) => settle(() => resolve(answer))));
  if (signal.aborted) abort();
  else request.end(body);
}

const codeOf = (error: Error): string => ('code' in error && typeof error.code === 'string' ? error.code : 'UNKNOWN');

function readAnswer(message: IncomingMessage, fail: (code: string) => void, done: (answer: ResponseLike) => void): void {
  const chunks: Buffer[] = [];
  let size = 0;
  message.on('data', (chunk: Buffer) => {
    chunks.push(chunk);
    size += chunk.length;
    if (size > maxAnswerBytes) fail('ANSWER_TOO_LARGE');
  });
  message.on('error', (error) => fail(codeOf(error)));
  message.on('aborted', () => fail('ECONNRESET'));
  message.on('end', () => done(toResponse(message, Buffer.concat(chunks))));
}

/** What @discordjs/rest reads of an answer of fetch, without fetch's streams, which cost more than all the rest of a call. */
function toResponse(message: IncomingMessage, body: Buffer): ResponseLike {
  const status = message.statusCode ?? 500;
  const headers = new Headers();
  for (const [name, value] of Object.entries(message.headers))
    if (value !== undefined) headers.set(name, Array.isArray(value) ? value.join(', ') : value);
  if (status === 429 && !(headers.get('content-type') ?? '').startsWith('application/json')) markAddressBan(headers);
  return {
    status,
    statusText: message.statusMessage ?? '',
    ok: status >= 200 && status < 300,
    headers,
    body: null,
    bodyUsed: false,
    text: async () => body.toString('utf8'),
    json: async (): Promise<unknown> => JSON.parse(body.toString('utf8')),
    arrayBuffer: async () => new Uint8Array(body).buffer,
  };
}

/** A 429 in HTML is Cloudflare's and not Discord's: it concerns our whole address. Source: API reference, "Rate Limits". */
function markAddressBan(headers: Headers): void {
  headers.set('X-RateLimit-Global', 'true');
  headers.set('X-RateLimit-Scope', 'global');
  if (!headers.has('Retry-After')) headers.set('Retry-After', '60');
}
