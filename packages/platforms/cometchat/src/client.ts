import { rightToSend } from '@bridge/core';
import axios, { type AxiosInstance } from 'axios';
import { z } from 'zod';
import { NoAnswer, type Probe, openLine } from './line.ts';

export { NoAnswer } from './line.ts';

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
  const line = openLine(base, connections);
  const http: AxiosInstance = axios.create({
    baseURL: base,
    headers: {
      apikey: apiKey,
      accept: 'application/json',
      'content-type': 'application/json',
      ...(appId === undefined ? {} : { appid: appId }),
    },
    validateStatus: () => true,
    // axios would copy the body deep, look through it for forms, and parse what it has just written to see whether it is JSON.
    transformRequest: (text: unknown) => text,
    transformResponse: parsed,
  });
  return {
    async call({ method, path, query, onBehalfOf, body }, signal) {
      const probe: Probe = { sent: false, mayLeave: rightToSend() };
      const limit = limited(signal, timeoutMs);
      try {
        const answer = await http.request<unknown>({
          method,
          url: path,
          ...(query === undefined ? {} : { params: query }),
          ...(body === undefined ? {} : { data: JSON.stringify(body) }),
          ...(onBehalfOf === undefined ? {} : { headers: { onBehalfOf } }),
          signal: limit.signal,
          adapter: (config) => line.carry(config, probe),
        });
        if (answer.status < 200 || answer.status > 299) throw refusal(answer.status, answer.data, { ...answer.headers });
        // A page with a 200 is not CometChat's.
        if (typeof answer.data === 'string' && answer.data !== '') throw new NoAnswer('not-json', true);
        return { json: answer.data, headers: { ...answer.headers } };
      } catch (error) {
        if (probe.lost !== undefined) throw probe.lost;
        if (error instanceof Refusal) throw error;
        // What is aborted axios throws as an error of its own.
        const code = error instanceof NoAnswer ? error.code : 'unknown';
        throw new NoAnswer(signal.aborted ? 'aborted' : limit.signal.aborted ? 'timeout' : code, probe.sent);
      } finally {
        limit.release();
      }
    },
    close: line.close,
  };
}
