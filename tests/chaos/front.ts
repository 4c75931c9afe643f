import {
  Agent,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type ServerResponse,
  createServer,
  request as httpRequest,
} from 'node:http';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';

/** A load balancer before the ingresses, as small as one can be: it asks them in turn until one takes the request. */
export interface Front {
  readonly url: string;
  /** Requests that no ingress has answered yet. */
  readonly underWay: number;
  close(): Promise<void>;
}

export interface FrontOptions {
  /** Bases of the ingresses. */
  readonly upstreams: readonly string[];
  /** A platform asks. */
  asked(request: { readonly path: string; readonly body: string }): void;
  /** What an ingress said in the end. */
  answered(request: { readonly path: string; readonly body: string; readonly status: number }): void;
}

interface Incoming {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}
interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** Less than any platform here waits. */
const patienceMs = 15_000;
/** On a busy machine an ingress takes its time; one that is frozen takes all of it. */
const attemptMs = 2_000;
/** One that did not answer is asked again only after this long, unless nobody else is left. */
const shunMs = 1_000;
const unavailable: Answer = { status: 503, headers: { 'retry-after': '1' }, body: '' };

export async function startFront({ upstreams, asked, answered }: FrontOptions): Promise<Front> {
  const agent = new Agent({ keepAlive: true, maxSockets: 128 });
  const shunned = new Map<string, number>();
  let turn = 0;
  let underWay = 0;
  const next = (): string => {
    const now = performance.now();
    const order = upstreams.map((_, at) => upstreams[(turn + at) % upstreams.length] ?? '');
    turn += 1;
    return order.find((upstream) => (shunned.get(upstream) ?? 0) < now) ?? order[0] ?? '';
  };
  const pass = async (incoming: Incoming): Promise<Answer> => {
    const deadline = performance.now() + patienceMs;
    let last = unavailable;
    for (;;) {
      const left = deadline - performance.now();
      if (left <= 0) return last;
      const upstream = next();
      const answer = await ask(agent, upstream, { incoming, timeoutMs: Math.ceil(Math.min(left, attemptMs)) });
      if (answer !== undefined && answer.status < 500) return answer;
      if (answer === undefined) shunned.set(upstream, performance.now() + shunMs);
      else last = answer;
      await sleep(Math.min(50, left));
    }
  };
  const server = createServer((request, response) => {
    underWay += 1;
    void handle(request, response).finally(() => void (underWay -= 1));
  });
  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const path = request.url ?? '/';
    const body = await read(request);
    asked({ path, body });
    const answer = await pass({ path, headers: request.headers, body });
    answered({ path, body, status: answer.status });
    const retryAfter = answer.headers['retry-after'];
    response.writeHead(answer.status, {
      'content-type': 'application/json',
      ...(retryAfter === undefined ? {} : { 'retry-after': retryAfter }),
    });
    response.end(answer.body);
  };
  server.keepAliveTimeout = 75_000;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    get underWay() {
      return underWay;
    },
    close: async () => {
      server.close();
      server.closeAllConnections();
      agent.destroy();
      await once(server, 'close');
    },
  };
}

async function read(stream: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

/** Undefined when there was no answer. */
async function ask(
  agent: Agent,
  upstream: string,
  { incoming, timeoutMs }: { readonly incoming: Incoming; readonly timeoutMs: number },
): Promise<Answer | undefined> {
  const { host: _host, connection: _connection, ...headers } = incoming.headers;
  const outgoing = httpRequest(`${upstream}${incoming.path}`, { method: 'POST', agent, headers, signal: AbortSignal.timeout(timeoutMs) });
  try {
    outgoing.end(incoming.body);
    const [response]: IncomingMessage[] = await once(outgoing, 'response');
    if (response === undefined) return undefined;
    return { status: response.statusCode ?? 0, headers: response.headers, body: await read(response) };
  } catch {
    return undefined;
  }
}
