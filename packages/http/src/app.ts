import { randomUUID } from 'node:crypto';
import { IncomingMessage, type Server, ServerResponse, createServer } from 'node:http';
import { type AddressInfo, Socket } from 'node:net';
import type { Log } from '@bridge/core';
import express, { type ErrorRequestHandler, type Express, type RequestHandler } from 'express';
import helmet from 'helmet';

export interface HttpAppOptions {
  readonly log: Log;
  /** Express `trust proxy` value. */
  readonly trustProxy?: boolean | number | string;
  /** Origins that a browser may call from; none by default. */
  readonly corsOrigins?: readonly string[];
  /** Where this app's pages may load from, instead of helmet's defaults; see its `contentSecurityPolicy`. */
  readonly contentSecurity?: { readonly [K in 'imgSrc' | 'styleSrc' | 'fontSrc']?: readonly string[] };
  /** Told of every request that ends in the error handler, such as a body that is too large; for counting. */
  readonly onError?: (path: string, status: number) => void;
  /** Where to look instead of what is not there; of the endpoints' own list by default. */
  readonly elsewhere?: string;
  readonly routes: (app: Express) => void;
}

/** Largest webhook body in bytes; platforms stay far below. */
export const maxBodyBytes = 1_000_000;

/** An Express app with our headers, limits and error shape; `routes` are mounted between them. */
export function createHttpApp(options: HttpAppOptions): Express {
  const app = express();
  app.disable('x-powered-by');
  app.set('etag', false);
  if (options.trustProxy !== undefined) app.set('trust proxy', options.trustProxy);
  app.use(always(helmet({ strictTransportSecurity: false, contentSecurityPolicy: { directives: policy(options.contentSecurity) } })));
  if (options.corsOrigins?.length) app.use(cors(options.corsOrigins));
  options.routes(app);
  app.use((request, response) => {
    sendError(
      response,
      404,
      'not_found',
      `There is nothing at ${request.method} ${request.path.slice(0, 100)}; ${options.elsewhere ?? 'GET / lists what is here'}.`,
    );
  });
  app.use(errorHandler(options));
  return app;
}

/** The headers that helmet sets, which are the same for every answer here: looked up once, since webhooks come by the hundred a second. */
function always(sets: ReturnType<typeof helmet>): RequestHandler {
  const request = new IncomingMessage(new Socket());
  const answer = new ServerResponse(request);
  sets(request, answer, () => undefined);
  const headers = new Map(Object.entries(answer.getHeaders()).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));
  return (_request, response, next) => {
    response.setHeaders(headers);
    next();
  };
}

/** Helmet's defaults would also upgrade a page's requests to https, which a server on loopback does not speak. */
function policy(own: HttpAppOptions['contentSecurity']) {
  return { upgradeInsecureRequests: null, ...Object.fromEntries(Object.entries(own ?? {}).map(([name, sources]) => [name, [...sources]])) };
}

/** The whole body as bytes, whatever its type: a webhook is verified on what was really sent. */
export const rawBody: RequestHandler = express.raw({ type: () => true, limit: maxBodyBytes, inflate: true });

/** Answers in the one error shape of this API; `message` says how to fix. */
export function sendError(response: express.Response, status: number, code: string, message: string): void {
  response.status(status).json({ error: { code, message } });
}

function cors(origins: readonly string[]): RequestHandler {
  const allowed = new Set(origins);
  return (request, response, next) => {
    // Also without an Origin: a cache must not hand one origin's answer to another.
    response.vary('Origin');
    const origin = request.headers.origin;
    if (origin === undefined || !allowed.has(origin)) return next();
    response.setHeader('access-control-allow-origin', origin);
    response.setHeader('access-control-allow-methods', 'GET, POST');
    response.setHeader('access-control-allow-headers', 'authorization, content-type');
    if (request.method === 'OPTIONS') return void response.status(204).end();
    next();
  };
}

/** What body-parser and Express throw, told by its own `type` and `status`. */
interface ThrownByExpress {
  readonly type?: unknown;
  readonly status?: unknown;
}

const unreadable: Readonly<Record<number, readonly [code: string, message: string]>> = {
  413: ['too_large', `The body is larger than ${maxBodyBytes} bytes; no platform sends that much.`],
  415: ['unsupported_media_type', 'Send the body as it is, or with Content-Encoding gzip, deflate or br.'],
};
const badRequest = ['bad_request', 'The request could not be read; check its length, encoding and headers.'] as const;

/** Faults of the request get their status; everything else is a fault of ours and shows an id instead of a stack. */
function errorHandler({ log, onError }: HttpAppOptions): ErrorRequestHandler {
  return (error: ThrownByExpress | undefined, request, response, next) => {
    if (response.headersSent) return next(error);
    const status = typeof error?.status === 'number' && error.status >= 400 && error.status < 500 ? error.status : 500;
    onError?.(request.path, status);
    if (status < 500) {
      const [code, message] = unreadable[status] ?? badRequest;
      return sendError(response, status, code, message);
    }
    const id = randomUUID();
    log.error({ err: error, id, method: request.method, path: request.path.slice(0, 100) }, 'request failed');
    return sendError(response, 500, 'internal', `Something failed here; the log has the details under ${id}.`);
  };
}

export interface RunningHttpServer {
  readonly port: number;
  /** Takes no new connection and finishes the requests under way; after `graceMs`, 5 s by default, cuts off what is left. */
  close(graceMs?: number): Promise<void>;
}

export interface ListenOptions {
  readonly port: number;
  readonly host: string;
  /** How long a client may take over its headers, and over the whole request: it holds a connection meanwhile. */
  readonly headersMs?: number;
  readonly requestMs?: number;
}

/**
 * Serves the app.
 * @throws the system's error, such as EADDRINUSE.
 */
export async function listen(app: Express, options: ListenOptions): Promise<RunningHttpServer> {
  const { headersMs = 10_000, requestMs = 30_000 } = options;
  const server = createServer(
    {
      headersTimeout: headersMs,
      requestTimeout: requestMs,
      connectionsCheckingInterval: Math.min(headersMs, 5_000),
      // Longer than a proxy keeps idle connections, so that it never sends into one that we are closing.
      keepAliveTimeout: 75_000,
    },
    app,
  );
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.host, () => resolve());
  });
  return { port: portOf(server, options.port), close: (graceMs = 5_000) => closeServer(server, graceMs) };
}

/** What `listen` threw, in words that say how to fix it; `name` is the variable that sets the port. */
export function listenError(
  error: unknown,
  { name, port, host }: { readonly name: string; readonly port: number; readonly host: string },
): Error {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'EADDRINUSE') return new Error(`${name} ${port} is taken by another program; stop it or set ${name} to a free port.`);
  if (code === 'EACCES') return new Error(`${name} ${port} needs more rights than this process has; set ${name} to one above 1023.`);
  if (code === 'EADDRNOTAVAIL')
    return new Error(`BIND_ADDRESS ${host} is no address of this machine; use one that is, or 0.0.0.0 for all.`);
  return error instanceof Error ? error : new Error('The HTTP server did not start.');
}

function portOf(server: Server, asked: number): number {
  const address: AddressInfo | string | null = server.address();
  return typeof address === 'object' && address !== null ? address.port : asked;
}

async function closeServer(server: Server, graceMs: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  server.close(() => resolve());
  // A connection whose request ends from now on is kept alive by its client, which would hold the server open.
  const idle = setInterval(() => server.closeIdleConnections(), 50);
  const late = setTimeout(() => server.closeAllConnections(), graceMs);
  await promise;
  clearInterval(idle);
  clearTimeout(late);
}
