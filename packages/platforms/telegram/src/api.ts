import { scrubber } from '@bridge/core';
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

const codeOf = (error: unknown): string => {
  const own = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  if (typeof own === 'string') return own;
  return error instanceof Error ? error.name : 'unknown';
};

type Probe = { sent: boolean };

/** Notes when a request is given to a connected socket; before that nothing of it can have arrived anywhere. */
const probing =
  (probe: Probe): Dispatcher.DispatcherComposeInterceptor =>
  (dispatch) =>
  (options, handler) =>
    dispatch(options, {
      onRequestStart: (controller, context) => {
        handler.onRequestStart?.(controller, context);
        // One that was aborted while it waited for its turn is told of it here, and is not written.
        if (!controller.aborted) probe.sent = true;
      },
      onRequestUpgrade: (...upgrade) => handler.onRequestUpgrade?.(...upgrade),
      onResponseStart: (...start) => handler.onResponseStart?.(...start),
      onResponseData: (...data) => handler.onResponseData?.(...data),
      onResponseEnd: (...end) => handler.onResponseEnd?.(...end),
      onResponseError: (...failure) => handler.onResponseError?.(...failure),
    });

/** What a client needs to know. */
export interface ApiOptions {
  readonly token: string;
  readonly apiRoot: string;
  /** Milliseconds for one call; long polls have their own time on top. */
  readonly timeoutMs?: number;
  /** Most connections held to the API at a time. */
  readonly connections?: number;
}

/** A Bot API client and how to let go of its connections. */
export interface Client {
  readonly api: Api;
  /** The same text without the token. */
  readonly scrub: (text: string) => string;
  close(): Promise<void>;
}

/**
 * The Bot API over kept-alive connections, one attempt per call. Whatever it throws holds no token: the client puts
 * it into the URL of each request, and so into what the layers below say.
 */
export function createClient({ token, apiRoot, timeoutMs = 20_000, connections = 64 }: ApiOptions): Client {
  const agent = new Agent({ connections, connect: { timeout: 10_000 }, keepAliveTimeout: 30_000, headersTimeout: 0, bodyTimeout: 0 });
  const scrub = scrubber([token]);
  const overAgent: typeof fetch = async (input, init) => {
    const probe: Probe = { sent: false };
    try {
      const answer = await request(typeof input === 'string' ? input : 'url' in input ? input.url : input.href, {
        method: 'POST',
        headers: Object.fromEntries(new Headers(init?.headers)),
        body: Buffer.from(await new Response(init?.body ?? null).arrayBuffer()),
        dispatcher: agent.compose(probing(probe)),
        ...(init?.signal ? { signal: init.signal } : {}),
      });
      return new Response(await answer.body.text(), { status: answer.statusCode });
    } catch (error) {
      const message = scrub(error instanceof Error ? error.message : String(error));
      throw new NoAnswer(message, { name: error instanceof Error ? error.name : 'Error', sent: probe.sent, code: codeOf(error) });
    }
  };
  const api = new Api(token, { apiRoot, timeoutMs, maxRetries: 0, fetch: overAgent });
  return { api, scrub, close: () => agent.destroy() };
}
