import { REST, RequestMethod } from '@discordjs/rest';
import type { InternalRequest } from '@discordjs/rest';
import { createTransport } from './transport.ts';

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
  readonly body?: unknown;
  /** False for calls that a webhook's token in the path authorises. */
  readonly auth?: boolean;
}

/** The API as one bot uses it. */
export interface Api {
  /** For what wants the library's own class, such as WebSocketManager. */
  readonly rest: REST;
  /** One attempt. @throws what the REST client and the transport throw; see failures.ts. */
  call(call: Call, signal: AbortSignal): Promise<unknown>;
  close(): void;
}

const discordApi = 'https://discord.com/api';
const timeoutMs = 20_000;

/** The REST client: never retries, never sleeps through a rate limit, and keeps its connections. */
export function createApi({ token, apiUrl }: { readonly token: string; readonly apiUrl: string }): Api {
  const transport = createTransport(timeoutMs);
  const rest = new REST({
    api: apiUrl,
    version: '10',
    retries: 0,
    // The transport has the limit that also counts the answer's body.
    timeout: timeoutMs + 5_000,
    rejectOnRateLimit: () => true,
    // Behind a proxy of one's own the limits are its business; here they are shared by all that this process sends.
    globalRequestsPerSecond: apiUrl === discordApi ? 50 : Number.POSITIVE_INFINITY,
    makeRequest: async (url, { method, headers, body, signal }) =>
      transport.request(url, {
        method: method ?? 'GET',
        headers: Object.fromEntries(Object.entries(headers ?? {}).map(([name, value]) => [name, String(value)])),
        body: typeof body === 'string' ? body : undefined,
        signal: signal instanceof AbortSignal ? signal : AbortSignal.timeout(timeoutMs),
      }),
  }).setToken(token);
  const call = async ({ method, path, query, body, auth }: Call, signal: AbortSignal): Promise<unknown> => {
    // A 401 made the client forget the token, and it may have become good again.
    rest.setToken(token);
    const request: InternalRequest = { fullRoute: path, method: methods[method], auth: auth ?? true, body };
    if (query !== undefined) request.query = new URLSearchParams(query);
    return linked(signal, async (own) => rest.request({ ...request, signal: own }));
  };
  const close = (): void => {
    rest.clearHashSweeper();
    rest.clearHandlerSweeper();
    transport.close();
  };
  return { rest, call, close };
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
