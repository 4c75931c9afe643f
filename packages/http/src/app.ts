import { randomUUID } from 'node:crypto';
import { type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Log } from '@bridge/core';
import express, { type ErrorRequestHandler, type Express, type RequestHandler } from 'express';
import helmet from 'helmet';

export interface HttpAppOptions {
  readonly log: Log;
  /** Express `trust proxy` value. */
  readonly trustProxy?: boolean | number | string;
  /** Origins that a browser may call from; none by default. */
  readonly corsOrigins?: readonly string[];
  /** Sources that this app's pages may load pictures from, beside its own; see helmet's `contentSecurityPolicy`. */
  readonly contentSecurity?: { readonly imgSrc: readonly string[] };
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
  app.use(helmet({ strictTransportSecurity: false, contentSecurityPolicy: { directives: policy(options.contentSecurity) } }));
  if (options.corsOrigins?.length) app.use(cors(options.corsOrigins));
  options.routes(app);
  app.use((request, response) => {
    sendError(response, 404, 'not_found', `There is nothing at ${request.method} ${request.path.slice(0, 100)}; GET / lists what is here.`);
  });
  app.use(errorHandler(options.log));
  return app;
}

/** Helmet's defaults would also upgrade a page's requests to https, which a server on loopback does not speak. */
function policy(own: HttpAppOptions['contentSecurity']) {
  return { upgradeInsecureRequests: null, ...(own ? { imgSrc: [...own.imgSrc] } : {}) };
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
    const origin = request.headers.origin;
    if (origin !== undefined && allowed.has(origin)) {
      response.setHeader('access-control-allow-origin', origin);
      response.setHeader('vary', 'Origin');
      response.setHeader('access-control-allow-methods', 'GET, POST');
      response.setHeader('access-control-allow-headers', 'authorization, content-type');
      if (request.method === 'OPTIONS') return void response.status(204).end();
    }
    next();
  };
}

/** body-parser's own errors carry a `type`; everything else is a fault of ours and shows an id instead of a stack. */
function errorHandler(log: Log): ErrorRequestHandler {
  return (error: { type?: unknown; status?: unknown } | undefined, request, response, next) => {
    if (response.headersSent) return next(error);
    if (error?.type === 'entity.too.large') {
      return sendError(response, 413, 'too_large', `The body is larger than ${maxBodyBytes} bytes; no platform sends that much.`);
    }
    const status = typeof error?.status === 'number' && error.status >= 400 && error.status < 500 ? error.status : 500;
    if (status < 500) return sendError(response, status, 'bad_request', 'The request could not be read; check its length, encoding and headers.');
    const id = randomUUID();
    log.error({ err: error, id, method: request.method, path: request.path }, 'request failed');
    return sendError(response, 500, 'internal', `Something failed here; the log has the details under ${id}.`);
  };
}

export interface RunningHttpServer {
  readonly port: number;
  /** Takes no new connection, finishes the requests under way, then closes the idle ones. */
  close(): Promise<void>;
}

/**
 * @throws the system's error, such as EADDRINUSE.
 */
export async function listen(app: Express, at: { readonly port: number; readonly host: string }): Promise<RunningHttpServer> {
  const server = createServer(app);
  // Longer than a proxy keeps idle connections, so that it never sends into one that we are closing.
  server.keepAliveTimeout = 75_000;
  server.headersTimeout = 30_000;
  server.requestTimeout = 30_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(at.port, at.host, () => resolve());
  });
  return { port: portOf(server, at.port), close: () => closeServer(server) };
}

function portOf(server: Server, asked: number): number {
  const address: AddressInfo | string | null = server.address();
  return typeof address === 'object' && address !== null ? address.port : asked;
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeIdleConnections();
    setTimeout(() => server.closeAllConnections(), 5_000).unref();
  });
}
