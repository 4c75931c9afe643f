import { Agent, request as httpRequest, type ClientRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import { Agent as SecureAgent, request as httpsRequest } from 'node:https';
import { urlToHttpOptions } from 'node:url';

/** A webhook call to make. `timeoutMs` spans the whole exchange. */
export interface OutgoingPost {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly timeoutMs: number;
}

/** What came of it. Never a rejection: a platform takes note of a receiver's trouble and goes on. */
export type PostOutcome =
  | {
      readonly ok: true;
      readonly status: number;
      readonly headers: IncomingMessage['headers'];
      readonly body: string;
      readonly latencyMs: number;
    }
  | { readonly ok: false; readonly error: string; readonly latencyMs: number };

/** Sends webhooks over connections that it keeps. */
export interface Poster {
  post(call: OutgoingPost): Promise<PostOutcome>;
  /** Ends what is under way and every connection. */
  close(): void;
}

/** Where calls go: what all that go to one URL have in common. */
interface Receiver {
  readonly request: typeof httpRequest;
  readonly options: RequestOptions;
}

/** `maxSockets` bounds the connections to one receiver. */
export function createPoster(maxSockets: number): Poster {
  const agents = {
    'http:': { agent: new Agent({ keepAlive: true, maxSockets }), request: httpRequest },
    'https:': { agent: new SecureAgent({ keepAlive: true, maxSockets }), request: httpsRequest },
  };
  const receivers = new Map<string, Receiver>();
  const underway = new Set<ClientRequest>();
  let closed = false;
  const receiverAt = (text: string): Receiver => {
    const { protocol, hostname, port, path, auth } = urlToHttpOptions(new URL(text));
    const { agent, request } = agents[protocol === 'https:' ? 'https:' : 'http:'];
    const receiver = { request, options: { protocol, hostname, port, path, auth, method: 'POST', agent } };
    receivers.set(text, receiver);
    return receiver;
  };
  const attempt = (call: OutgoingPost): Promise<PostOutcome & { readonly stale?: boolean }> => {
    const { request, options } = receivers.get(call.url) ?? receiverAt(call.url);
    const headers = { ...call.headers, 'Content-Length': String(Buffer.byteLength(call.body)) };
    const outgoing = request({ ...options, headers });
    underway.add(outgoing);
    return settle(outgoing, call).finally(() => underway.delete(outgoing));
  };
  return {
    async post(call) {
      const outcome = await attempt(call);
      // The receiver closed an idle connection as we took it: no server calls that a failed delivery.
      return !outcome.ok && outcome.stale === true && !closed ? attempt(call) : outcome;
    },
    close() {
      // What is ended here looks the same, and is not to come a second time.
      closed = true;
      for (const outgoing of underway) outgoing.destroy();
      for (const { agent } of Object.values(agents)) agent.destroy();
    },
  };
}

function settle(outgoing: ClientRequest, call: OutgoingPost): Promise<PostOutcome & { readonly stale?: boolean }> {
  const startedAt = performance.now();
  const latency = (): number => performance.now() - startedAt;
  return new Promise((resolve) => {
    const timer = setTimeout(() => {
      resolve({ ok: false, error: 'Read timeout expired', latencyMs: latency() });
      outgoing.destroy();
    }, call.timeoutMs);
    const fail = (error: NodeJS.ErrnoException): void => {
      clearTimeout(timer);
      const stale = outgoing.reusedSocket && error.code === 'ECONNRESET';
      resolve({ ok: false, error: wordsFor(error), latencyMs: latency(), stale });
    };
    outgoing.on('error', fail);
    outgoing.on('response', (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', fail);
      response.on('end', () => {
        clearTimeout(timer);
        const body = Buffer.concat(chunks).toString('utf8');
        resolve({ ok: true, status: response.statusCode ?? 0, headers: response.headers, body, latencyMs: latency() });
      });
    });
    outgoing.end(call.body);
  });
}

function wordsFor(error: NodeJS.ErrnoException): string {
  if (error.code === 'ECONNREFUSED') return 'Connection refused';
  return error.code === 'ECONNRESET' ? 'Connection reset by peer' : (error.code ?? 'Connection failed');
}
