import { type ClientRequest, Agent as HttpAgent, type IncomingMessage, request as httpRequest, type RequestOptions } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { rightToSend } from '@bridge/core';
import axios, { AxiosError, type AxiosInstance } from 'axios';
import { z } from 'zod';

/** A request that got no answer of CometChat's. `sent` tells whether any of it may have reached CometChat. */
export class NoAnswer extends Error {
  override readonly name = 'NoAnswer';
  readonly code: string;
  readonly sent: boolean;
  constructor(code: string, sent: boolean) {
    super(`no answer: ${code}`);
    this.code = code;
    this.sent = sent;
  }
}

/** An answer that is not a success. `code` is CometChat's own, such as ERR_UID_NOT_FOUND; empty when a proxy answered. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  readonly headers: Readonly<Record<string, unknown>>;
  constructor(status: number, error: { readonly code: string; readonly detail: string }, headers: Readonly<Record<string, unknown>>) {
    super(`${status} ${error.code}`);
    this.status = status;
    this.code = error.code;
    this.detail = error.detail;
    this.headers = headers;
  }
}

/** Whether CometChat refused with such a code. */
export const isCode = (error: unknown, match: RegExp): boolean => error instanceof Refusal && match.test(error.code);

const errorSchema = z.object({ error: z.object({ code: z.string().catch(''), message: z.string().catch('') }) });

/** One call of the REST API. */
export interface Call {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Below the base, its parts encoded. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number>>;
  /** The user to act as; the app itself where absent. */
  readonly onBehalfOf?: string;
  readonly body?: unknown;
}

/** What came back from a call that succeeded. */
export interface Answer {
  readonly json: unknown;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, unknown>>;
}

/** The REST API of one app. */
export interface Client {
  /**
   * Carries out one call, once.
   * @throws {Refusal | NoAnswer} neither of which holds the key or the body; what `rightToSend` throws.
   */
  call(call: Call, signal: AbortSignal): Promise<Answer>;
  close(): void;
}

/** What a client needs to know. */
export interface ClientOptions {
  /** Including /v3, without a slash at its end. */
  readonly base: string;
  readonly apiKey: string;
  /** Sent along where a host does not tell the app. */
  readonly appId?: string;
  /** For a call as a whole, its answer included. */
  readonly timeoutMs?: number;
  /** Most connections held to the API at a time. */
  readonly connections?: number;
}

/** `lost`: why nothing of it may be sent any more. */
type Probe = { sent: boolean; lost?: Error };

/** Node's own request, noting when it gets a connected socket; before that nothing of it can have arrived anywhere. */
function probing(probe: Probe, secure: boolean, mayLeave: () => void) {
  return {
    request(options: RequestOptions, onAnswer: (answer: IncomingMessage) => void): ClientRequest {
      const request = secure ? httpsRequest(options, onAnswer) : httpRequest(options, onAnswer);
      request.once('socket', (socket) => {
        const note = () => {
          if (request.destroyed) return;
          try {
            mayLeave();
            probe.sent = true;
          } catch (error) {
            probe.lost = error instanceof Error ? error : new Error(String(error));
            request.destroy(probe.lost);
          }
        };
        // Connected is soon enough to ask: Node's own write of what was written before comes behind this listener.
        if (socket.connecting) socket.once(secure ? 'secureConnect' : 'connect', note);
        else note();
      });
      return request;
    },
  };
}

function refusal(status: number, body: unknown, headers: Readonly<Record<string, unknown>>): Refusal {
  const read = errorSchema.safeParse(body);
  const error = read.success ? { code: read.data.error.code, detail: read.data.error.message.slice(0, 300) } : { code: '', detail: '' };
  return new Refusal(status, error, headers);
}

/**
 * A limit to a call as a whole: an answer that trickles in for ever would hold its conversation for ever. By hand, so that a
 * call that is over leaves neither a timer nor a listener behind.
 */
function limited(signal: AbortSignal, timeoutMs: number): { readonly signal: AbortSignal; release(): void } {
  const limit = new AbortController();
  const abort = () => limit.abort();
  const timer = setTimeout(abort, timeoutMs);
  if (signal.aborted) abort();
  else signal.addEventListener('abort', abort, { once: true });
  return {
    signal: limit.signal,
    release() {
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
    },
  };
}

/** JSON as what it says; what is none, such as a proxy's page, as the text that it is. */
function parsed(text: unknown): unknown {
  if (typeof text !== 'string' || text === '') return text;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/**
 * The REST API over kept-alive connections, one attempt per call, no redirects. axios' own errors hold the key, the
 * headers and the text, so none leaves this file.
 */
export function createClient({ base, apiKey, appId, timeoutMs = 20_000, connections = 64 }: ClientOptions): Client {
  const pool = { keepAlive: true, maxSockets: connections, maxFreeSockets: connections, scheduling: 'lifo' } as const;
  const secure = base.startsWith('https:');
  const agent = secure ? new HttpsAgent(pool) : new HttpAgent(pool);
  const http: AxiosInstance = axios.create({
    baseURL: base,
    headers: {
      apikey: apiKey,
      accept: 'application/json',
      'content-type': 'application/json',
      ...(appId === undefined ? {} : { appid: appId }),
    },
    httpAgent: agent,
    httpsAgent: agent,
    maxRedirects: 0,
    maxContentLength: 4_000_000,
    proxy: false,
    validateStatus: () => true,
    // axios would copy the body deep, look through it for forms, and parse what it has just written to see whether it is JSON.
    transformRequest: (text: unknown) => text,
    transformResponse: parsed,
  });
  return {
    async call({ method, path, query, onBehalfOf, body }, signal) {
      const probe: Probe = { sent: false };
      const headers = onBehalfOf === undefined ? {} : { onBehalfOf };
      const limit = limited(signal, timeoutMs);
      try {
        const answer = await http.request<unknown>({
          method,
          url: path,
          params: query,
          data: body === undefined ? undefined : JSON.stringify(body),
          headers,
          signal: limit.signal,
          transport: probing(probe, secure, rightToSend()),
        });
        if (answer.status < 200 || answer.status > 299) throw refusal(answer.status, answer.data, { ...answer.headers });
        // A page with a 200 is not CometChat's.
        if (typeof answer.data === 'string' && answer.data !== '') throw new NoAnswer('not-json', true);
        return { json: answer.data, headers: { ...answer.headers } };
      } catch (error) {
        if (probe.lost !== undefined) throw probe.lost;
        if (error instanceof Refusal || error instanceof NoAnswer) throw error;
        const code = error instanceof AxiosError ? error.code : undefined;
        throw new NoAnswer(signal.aborted ? 'aborted' : limit.signal.aborted ? 'timeout' : (code ?? 'unknown'), probe.sent);
      } finally {
        limit.release();
      }
    },
    close: () => agent.destroy(),
  };
}
