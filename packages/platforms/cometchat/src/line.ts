import {
  type ClientRequest,
  Agent as HttpAgent,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  request as httpRequest,
  type RequestOptions,
} from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { AxiosResponse, InternalAxiosRequestConfig } from 'axios';

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

const maxAnswerBytes = 4_000_000;

/** Whether any of a request may have reached CometChat. */
export interface Probe {
  sent: boolean;
  /** Why nothing of it may be sent any more. */
  lost?: Error;
  /** Asked before anything leaves; throws when nothing may. */
  readonly mayLeave: () => void;
}

/** Kept-alive connections to one host, as axios uses them. */
export interface Line {
  /** Carries out one request, noting in `probe` when any of it may have left. Rejects with NoAnswer. */
  carry(config: InternalAxiosRequestConfig, probe: Probe): Promise<AxiosResponse>;
  close(): void;
}

interface Host {
  readonly open: (options: RequestOptions, onAnswer: (answer: IncomingMessage) => void) => ClientRequest;
  /** Emitted by a new socket once something can leave on it. */
  readonly connected: 'connect' | 'secureConnect';
  readonly options: RequestOptions;
  /** Of every path. */
  readonly prefix: string;
}

/**
 * What axios' own adapter for Node does for redirects, proxies, forms, progress and compression is not needed here, and is most of
 * what a call costs; the API's answers are a few hundred bytes.
 */
export function openLine(base: string, connections: number): Line {
  const { protocol, hostname, port, pathname } = new URL(base);
  const pool = { keepAlive: true, maxSockets: connections, maxFreeSockets: connections, scheduling: 'lifo' } as const;
  const secure = protocol === 'https:';
  const agent = secure ? new HttpsAgent(pool) : new HttpAgent(pool);
  const options = { agent, protocol, hostname: hostname.replace(/^\[(.*)\]$/, '$1'), ...(port === '' ? {} : { port }) };
  const host: Host = {
    open: secure ? httpsRequest : httpRequest,
    connected: secure ? 'secureConnect' : 'connect',
    options,
    prefix: pathname.replace(/\/$/, ''),
  };
  return { carry: (config, probe) => exchange(host, { config, probe }), close: () => agent.destroy() };
}

/** With the query, whose names and values are text and numbers. */
function pathOf(prefix: string, { url = '', params }: InternalAxiosRequestConfig): string {
  const query: unknown = params;
  if (typeof query !== 'object' || query === null) return `${prefix}${url}`;
  const pairs = Object.entries(query).map(([name, value]): [string, string] => [name, String(value)]);
  return `${prefix}${url}?${new URLSearchParams(pairs).toString()}`;
}

function headersOf({ headers }: InternalAxiosRequestConfig, text: string | undefined): OutgoingHttpHeaders {
  const told: OutgoingHttpHeaders = { 'user-agent': 'CometChat-Integrations' };
  for (const [name, value] of Object.entries(headers)) if (typeof value === 'string') told[name] = value;
  if (text !== undefined) told['content-length'] = Buffer.byteLength(text);
  return told;
}

interface Exchange {
  readonly config: InternalAxiosRequestConfig;
  readonly probe: Probe;
}

function exchange({ open, connected, options, prefix }: Host, { config, probe }: Exchange): Promise<AxiosResponse> {
  const { promise, resolve, reject } = Promise.withResolvers<AxiosResponse>();
  const body: unknown = config.data;
  const text = typeof body === 'string' ? body : undefined;
  const fail = (error: Error) =>
    reject(new NoAnswer('code' in error && typeof error.code === 'string' ? error.code : 'unknown', probe.sent));
  const method = (config.method ?? 'get').toUpperCase();
  const request = open({ ...options, path: pathOf(prefix, config), method, headers: headersOf(config, text) }, (answer) => {
    read(answer).then((data) => {
      const { statusCode: status = 0, statusMessage: statusText = '' } = answer;
      resolve({ data, status, statusText, headers: answeredHeaders(answer), config, request });
    }, fail);
  });
  const abort = () => request.destroy();
  const { signal } = config;
  signal?.addEventListener?.('abort', abort);
  request.once('close', () => void signal?.removeEventListener?.('abort', abort));
  // Before it gets a connected socket nothing of it can have arrived anywhere.
  request.once('socket', (socket) => {
    const note = (): void => {
      if (!request.destroyed) leave(request, probe);
    };
    // Connected is soon enough to ask: Node's own write of what was written before comes behind this listener.
    if (socket.connecting) socket.once(connected, note);
    else note();
  });
  request.once('error', fail);
  request.end(text);
  return promise;
}

function leave(request: ClientRequest, probe: Probe): void {
  try {
    probe.mayLeave();
    probe.sent = true;
  } catch (error) {
    probe.lost = error instanceof Error ? error : new Error(String(error));
    request.destroy(probe.lost);
  }
}

function answeredHeaders({ headers }: IncomingMessage): Record<string, string> {
  const told: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) if (value !== undefined) told[name] = String(value);
  return told;
}

function read(answer: IncomingMessage): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const chunks: Buffer[] = [];
  let size = 0;
  answer.on('data', (chunk: Buffer) => {
    chunks.push(chunk);
    size += chunk.length;
    if (size > maxAnswerBytes) answer.destroy(Object.assign(new Error('too large'), { code: 'ANSWER_TOO_LARGE' }));
  });
  answer.once('end', () => resolve(Buffer.concat(chunks).toString('utf8')));
  answer.once('error', reject);
  return promise;
}
