import type { ResponseLike } from '@discordjs/rest';
import { Agent as HttpAgent, request as httpRequest } from 'node:http';
import type { ClientRequest, IncomingMessage, RequestOptions } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { Multipart } from './multipart.ts';
import { pump } from './pump.ts';

/**
 * No answer came. `sent` is false only where the request certainly was not acted upon, so that trying again cannot make a
 * second message. That is what Discord.js' own transport does not tell.
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
  readonly body: string | Multipart | undefined;
  readonly signal: AbortSignal;
  /** Asked immediately before the first byte leaves; what it throws is the end of the request. */
  mayLeave(): void;
}

/** One attempt at a time, over connections that are kept. */
export interface Transport {
  /** @throws {NoAnswerError}, what a form's files throw, and what `mayLeave` does; nothing else. */
  request(url: string, request: TransportRequest): Promise<ResponseLike>;
  close(): void;
}

/** Without a reason of ours an abort makes an error with a stack, for every call. */
const over = 'the exchange is over';

const maxAnswerBytes = 8 * 1024 * 1024;
/** Connections are kept between a chat's messages, for less time than Discord's proxy keeps them (400 s). */
const idleMs = 60_000;

/**
 * HTTP with kept connections. The whole exchange, its answer's body included, ends within `timeoutMs`; that of a form with
 * files may go on for as long as something moves in every `timeoutMs`.
 */
export function createTransport(timeoutMs: number): Transport {
  const options = { keepAlive: true, timeout: idleMs, maxSockets: 128 };
  const http = new HttpAgent(options);
  const https = new HttpsAgent(options);
  return {
    request: async (url, request) =>
      new Promise((resolve, reject) => {
        const target = new URL(url);
        const secure = target.protocol === 'https:';
        const line = { target, agent: secure ? https : http, open: secure ? httpsRequest : httpRequest, timeoutMs };
        new Exchange(line, request, { resolve, reject }).start();
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
  readonly reject: (error: unknown) => void;
}

/** One request and its answer. */
class Exchange {
  readonly #line: Line;
  readonly #asked: TransportRequest;
  readonly #settle: Settle;
  readonly #request: ClientRequest;
  readonly #timer: NodeJS.Timeout;
  readonly #abort = (): void => this.#fail('ABORTED');
  /** Ends what is still being read of a form. */
  readonly #over = new AbortController();
  #connected = false;
  /** All of the body is on its way. */
  #complete: boolean;
  #done = false;

  constructor(line: Line, asked: TransportRequest, settle: Settle) {
    this.#line = line;
    this.#asked = asked;
    this.#settle = settle;
    const { method, headers, body } = asked;
    this.#complete = typeof body !== 'object';
    const length = typeof body === 'string' ? { 'Content-Length': String(Buffer.byteLength(body)) } : {};
    this.#request = line.open(line.target, { method, agent: line.agent, headers: { ...headers, ...length } });
    this.#timer = setTimeout(() => this.#fail('TIMEOUT'), line.timeoutMs);
  }

  start(): void {
    const { signal } = this.#asked;
    const request = this.#request;
    signal.addEventListener('abort', this.#abort, { once: true });
    request.once('socket', (socket) => {
      // Bytes can only leave on an open connection, and none is written before.
      const opened = (): void => this.#opened();
      if (request.reusedSocket || !socket.connecting) opened();
      else socket.once(this.#line.target.protocol === 'https:' ? 'secureConnect' : 'connect', opened);
    });
    request.on('error', (error) => this.#fail(codeOf(error)));
    request.once('response', (response) => this.#read(response));
    if (signal.aborted) this.#abort();
  }

  #opened(): void {
    if (this.#done) return;
    const { body, mayLeave } = this.#asked;
    try {
      mayLeave();
    } catch (error) {
      this.#finish(() => this.#settle.reject(error));
      this.#request.destroy();
      return;
    }
    this.#connected = true;
    if (typeof body === 'object') void this.#send(body);
    else this.#request.end(body);
  }

  async #send(form: Multipart): Promise<void> {
    try {
      await pump(form.read(this.#over.signal), { into: this.#request, signal: this.#over.signal, moved: () => this.#timer.refresh() });
      if (this.#over.signal.aborted) return;
      this.#complete = true;
      this.#timer.refresh();
      this.#request.end();
    } catch (error) {
      // A form that breaks off is never acted upon.
      this.#finish(() => this.#settle.reject(error));
      this.#request.destroy();
    }
  }

  #read(message: IncomingMessage): void {
    // Refused before all of it was there: the rest is not wanted.
    if (!this.#complete) this.#over.abort(over);
    const chunks: Buffer[] = [];
    let size = 0;
    message.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      size += chunk.length;
      if (size > maxAnswerBytes) this.#fail('ANSWER_TOO_LARGE');
    });
    message.on('error', (error) => this.#fail(codeOf(error)));
    message.on('aborted', () => this.#fail('ECONNRESET'));
    message.on('end', () => {
      this.#finish(() => this.#settle.resolve(toResponse(message, Buffer.concat(chunks))));
      if (!this.#complete) this.#request.destroy();
    });
  }

  #fail(code: string): void {
    this.#finish(() => this.#settle.reject(new NoAnswerError(code, this.#connected && this.#complete)));
    this.#request.destroy();
  }

  #finish(settle: () => void): void {
    if (this.#done) return;
    this.#done = true;
    clearTimeout(this.#timer);
    this.#asked.signal.removeEventListener('abort', this.#abort);
    this.#over.abort(over);
    settle();
  }
}

const codeOf = (error: Error): string => ('code' in error && typeof error.code === 'string' ? error.code : 'UNKNOWN');

/** What @discordjs/rest reads of an answer of fetch, without fetch's streams, which cost more than all the rest of a call. */
function toResponse(message: IncomingMessage, body: Buffer): ResponseLike {
  const status = message.statusCode ?? 500;
  const headers = new Headers();
  for (const [name, value] of Object.entries(message.headers))
    if (value !== undefined) headers.set(name, Array.isArray(value) ? value.join(', ') : value);
  const json = (headers.get('content-type') ?? '').startsWith('application/json');
  if (status === 429 && !json) markAddressBan(headers);
  // A refusal stays one also where its reason cannot be read.
  if (status >= 400 && json && !isJsonText(body)) headers.set('content-type', 'text/plain');
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

function isJsonText(body: Buffer): boolean {
  try {
    JSON.parse(body.toString());
    return true;
  } catch {
    return false;
  }
}

/** A 429 in HTML is Cloudflare's and not Discord's: it concerns our whole address. Source: API reference, "Rate Limits". */
function markAddressBan(headers: Headers): void {
  headers.set('X-RateLimit-Global', 'true');
  headers.set('X-RateLimit-Scope', 'global');
  if (!headers.has('Retry-After')) headers.set('Retry-After', '60');
}
