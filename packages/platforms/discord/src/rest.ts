import { HTTPError, REST, RequestMethod, parseResponse } from '@discordjs/rest';
import type { InternalRequest } from '@discordjs/rest';
import { rightToSend } from '@bridge/core';
import { createInvalidBudget } from './invalid-budget.ts';
import { Multipart } from './multipart.ts';
import { NoAnswerError, createTransport } from './transport.ts';

const methods = {
  GET: RequestMethod.Get,
  POST: RequestMethod.Post,
  PATCH: RequestMethod.Patch,
  PUT: RequestMethod.Put,
  DELETE: RequestMethod.Delete,
} as const;

/** One call of the API. */
export interface Call {
  readonly method: keyof typeof methods;
  /** Below the version, such as `/channels/1/messages`. */
  readonly path: `/${string}`;
  readonly query?: Readonly<Record<string, string>>;
  /** Sent as JSON, or as it is where it is a form with files. */
  readonly body?: object;
  /** False for calls that a webhook's token in the path authorises. */
  readonly auth?: boolean;
}

/** What came back. */
export interface Answer {
  readonly body: unknown;
  /** Set when this was the last call of its bucket: milliseconds until there are new ones. */
  readonly exhaustedForMs?: number;
}

/** The API as one bot uses it. */
export interface Api {
  /** Calls go to Discord itself, and not to a proxy of one's own, which keeps to the limits of the bot for all who use it. */
  readonly direct: boolean;
  /** For what wants the library's own class, such as WebSocketManager. */
  readonly rest: REST;
  /** One attempt. @throws what the REST client and the transport throw; see failures.ts. */
  exchange(call: Call, signal: AbortSignal): Promise<Answer>;
  /** The body of the same. */
  call(call: Call, signal: AbortSignal): Promise<unknown>;
  close(): void;
}

const discordApi = 'https://discord.com/api';
const timeoutMs = 20_000;
/** Longer than any upload; the transport has the limits that matter, which count what moves. */
const libraryTimeoutMs = 3_600_000;

/** The REST client: never retries, never sleeps through a rate limit, and keeps its connections. */
export function createApi({ token, apiUrl }: { readonly token: string; readonly apiUrl: string }): Api {
  const direct = apiUrl === discordApi;
  const transport = createTransport(timeoutMs);
  const budget = createInvalidBudget();
  const rest = new REST({
    api: apiUrl,
    version: '10',
    retries: 0,
    timeout: libraryTimeoutMs,
    rejectOnRateLimit: () => true,
    globalRequestsPerSecond: direct ? 50 : Number.POSITIVE_INFINITY,
    makeRequest: async (url, { method, headers, body, signal }) => {
      budget.check();
      const response = await transport.request(url, {
        method: method ?? 'GET',
        headers: Object.fromEntries(Object.entries(headers ?? {}).map(([name, value]) => [name, String(value)])),
        body: typeof body === 'string' || body instanceof Multipart ? body : undefined,
        signal: signal instanceof AbortSignal ? signal : AbortSignal.timeout(timeoutMs),
        mayLeave: rightToSend(),
      });
      budget.note({ status: response.status, scope: response.headers.get('x-ratelimit-scope') });
      return response;
    },
  }).setToken(token);
  const exchange = async (call: Call, signal: AbortSignal): Promise<Answer> => {
    // A 401 made the client forget the token, and it may have become good again.
    rest.setToken(token);
    return linked(signal, async (own) => answerOf(await rest.queueRequest({ ...requestOf(call), signal: own }), call));
  };
  const close = (): void => {
    rest.clearHashSweeper();
    rest.clearHandlerSweeper();
    transport.close();
  };
  return { direct, rest, exchange, call: async (call, signal) => (await exchange(call, signal)).body, close };
}

function requestOf({ method, path, query, body, auth }: Call): InternalRequest {
  const request: InternalRequest = { fullRoute: path, method: methods[method], auth: auth ?? true, body };
  if (query !== undefined) request.query = new URLSearchParams(query);
  if (!(body instanceof Multipart)) return request;
  return { ...request, passThroughBody: true, headers: { 'Content-Type': body.contentType } };
}

async function answerOf(response: Awaited<ReturnType<REST['queueRequest']>>, { method, path }: Call): Promise<Answer> {
  // Discord itself never redirects, so whatever this is did not act on the call.
  if (response.status >= 300) throw new HTTPError(response.status, '', method, path, {});
  const exhaustedForMs = exhaustedFor(response.headers);
  return { body: await readBody(response), ...(exhaustedForMs === undefined ? {} : { exhaustedForMs }) };
}

async function readBody(response: Parameters<typeof parseResponse>[0]): Promise<unknown> {
  try {
    return await parseResponse(response);
  } catch {
    // It was acted upon, and what it says is not to be read.
    throw new NoAnswerError('BAD_ANSWER', true);
  }
}

/** Source: API reference, "Rate Limits", header format. */
function exhaustedFor(headers: { get(name: string): string | null }): number | undefined {
  const seconds = Number(headers.get('x-ratelimit-reset-after') ?? Number.NaN);
  if (headers.get('x-ratelimit-remaining') !== '0' || !Number.isFinite(seconds) || seconds <= 0) return undefined;
  return Math.ceil(seconds * 1_000);
}

/** The client adds a listener to the signal and never takes it off, so it gets one that lives as long as the call. */
async function linked<T>(signal: AbortSignal, run: (own: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const abort = (): void => controller.abort(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  if (signal.aborted) abort();
  try {
    return await run(controller.signal);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
