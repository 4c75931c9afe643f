import { Readable } from 'node:stream';
import { DeliveryError, rightToSend, scrubber } from '@bridge/core';
import { Api } from 'node-telegram-bot-api';
import { Agent, type Dispatcher, request } from 'undici';

/** A request that got no answer. `sent` tells whether any of it may have reached Telegram. */
export class NoAnswer extends Error {
  readonly sent: boolean;
  readonly code: string;
  constructor(message: string, details: { readonly name: string; readonly sent: boolean; readonly code: string }) {
    super(message);
    // The client tells a time-out by the error's name, so it is the original one's.
    this.name = details.name;
    this.sent = details.sent;
    this.code = details.code;
  }
}

/** An answer that is not the Bot API's: an error page of a proxy or of whatever else stands at the address. */
export class ForeignAnswer extends Error {
  override readonly name = 'ForeignAnswer';
  readonly status: number;
  /** Of its `Retry-After` header. */
  readonly retryAfterMs: number | undefined;
  /** It began like the Bot API's JSON and was cut. */
  readonly cut: boolean;
  constructor(status: number, details: { readonly retryAfterMs: number | undefined; readonly cut: boolean }) {
    super(`status ${status}, but not of the Bot API`);
    this.status = status;
    this.retryAfterMs = details.retryAfterMs;
    this.cut = details.cut;
  }
}

const codeOf = (error: unknown): string => {
  const own = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  if (typeof own === 'string') return own;
  return error instanceof Error ? error.name : 'unknown';
};

/** `whole`: nothing of the body is still to be sent; a request that ends before that is none to its receiver. */
type Probe = { sent: boolean; whole: boolean };

/** Notes when a request is given to a connected socket; before that nothing of it can have arrived anywhere. */
const probing =
  (probe: Probe, mayLeave: () => void): Dispatcher.DispatcherComposeInterceptor =>
  (dispatch) =>
  (options, handler) =>
    dispatch(options, {
      onRequestStart: (controller, context) => {
        handler.onRequestStart?.(controller, context);
        // One that was aborted while it waited for its turn is told of it here, and is not written.
        if (controller.aborted) return;
        try {
          mayLeave();
          probe.sent = true;
        } catch (error) {
          controller.abort(error instanceof Error ? error : new Error(String(error)));
        }
      },
      onRequestUpgrade: (...upgrade) => handler.onRequestUpgrade?.(...upgrade),
      onResponseStart: (...start) => handler.onResponseStart?.(...start),
      onResponseData: (...data) => handler.onResponseData?.(...data),
      onResponseEnd: (...end) => handler.onResponseEnd?.(...end),
      onResponseError: (...failure) => handler.onResponseError?.(...failure),
    });

type Init = NonNullable<Parameters<typeof fetch>[1]>;

/** The body as undici takes it: a form as it is, an upload piece by piece. */
async function bodyOf({ body }: Init, probe: Probe): Promise<Buffer | Readable> {
  if (!(body instanceof ReadableStream)) return Buffer.from(await new Response(body ?? null).arrayBuffer());
  probe.whole = false;
  const pieces = async function* (stream: ReadableStream<Uint8Array>) {
    yield* stream;
    probe.whole = true;
  };
  // Sent with chunked encoding, which Telegram's servers take: the length of a file from elsewhere is not always known.
  return Readable.from(pieces(body), { objectMode: false });
}

/** Every answer of the Bot API, refusals too, is an object with `ok`. */
function isEnvelope(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && 'ok' in value && typeof value.ok === 'boolean';
  } catch {
    return false;
  }
}

/** Milliseconds of a `Retry-After` in seconds; Telegram and its proxies send no dates. */
function retryAfterOf(header: string | string[] | undefined): number | undefined {
  const seconds = typeof header === 'string' && /^\d+$/.test(header.trim()) ? Number(header) : undefined;
  return seconds === undefined ? undefined : seconds * 1000;
}

async function read(answer: Dispatcher.ResponseData): Promise<Response> {
  const text = await answer.body.text();
  if (!isEnvelope(text)) {
    const retryAfterMs = retryAfterOf(answer.headers['retry-after']);
    throw new ForeignAnswer(answer.statusCode, { retryAfterMs, cut: text.startsWith('{"ok":') });
  }
  return new Response(text, { status: answer.statusCode });
}

/** What a client needs to know. */
export interface ApiOptions {
  readonly token: string;
  readonly apiRoot: string;
  /** Milliseconds for one call; long polls have their own time on top. */
  readonly timeoutMs?: number;
  /** Milliseconds for one call that uploads files. */
  readonly uploadTimeoutMs?: number;
  /** Most connections held to the API at a time. */
  readonly connections?: number;
}

/** A Bot API client and how to let go of its connections. */
export interface Client {
  readonly api: Api;
  /** The same with the time that an upload takes. */
  readonly uploads: Api;
  /** The same text without the token. */
  readonly scrub: (text: string) => string;
  close(): Promise<void>;
}

/**
 * The Bot API over kept-alive connections, one attempt per call. Whatever it throws holds no token: the client puts
 * it into the URL of each request, and so into what the layers below say.
 */
export function createClient({ token, apiRoot, timeoutMs = 20_000, uploadTimeoutMs = 300_000, connections = 64 }: ApiOptions): Client {
  const agent = new Agent({ connections, connect: { timeout: 10_000 }, keepAliveTimeout: 30_000, headersTimeout: 0, bodyTimeout: 0 });
  const scrub = scrubber([token]);
  const overAgent: typeof fetch = async (input, init = {}) => {
    const probe: Probe = { sent: false, whole: true };
    const mayLeave = rightToSend();
    try {
      const answer = await request(typeof input === 'string' ? input : 'url' in input ? input.url : input.href, {
        method: 'POST',
        headers: Object.fromEntries(new Headers(init.headers)),
        body: await bodyOf(init, probe),
        dispatcher: agent.compose(probing(probe, mayLeave)),
        ...(init.signal ? { signal: init.signal } : {}),
      });
      return await read(answer);
    } catch (error) {
      if (error instanceof ForeignAnswer || error instanceof DeliveryError) throw error;
      const message = scrub(error instanceof Error ? error.message : String(error));
      const sent = probe.sent && probe.whole;
      throw new NoAnswer(message, { name: error instanceof Error ? error.name : 'Error', sent, code: codeOf(error) });
    }
  };
  const options = { apiRoot, maxRetries: 0, fetch: overAgent };
  return {
    api: new Api(token, { ...options, timeoutMs }),
    uploads: new Api(token, { ...options, timeoutMs: uploadTimeoutMs }),
    scrub,
    close: () => agent.destroy(),
  };
}
