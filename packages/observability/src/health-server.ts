import { type Server, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Registry } from 'prom-client';

/** Whether the process can do its work now; `reasons` says what is missing. */
export interface Readiness {
  readonly ready: boolean;
  readonly reasons: readonly string[];
}

export interface HealthServerOptions {
  /** 0 takes any free port. */
  readonly port: number;
  readonly host: string;
  readonly registry: Registry;
  readonly readiness: () => Promise<Readiness>;
}

export interface HealthServer {
  readonly port: number;
  close(): Promise<void>;
}

/** `/metrics`, `/livez` and `/readyz`: for Prometheus and orchestrators, in every process whatever its roles. */
export async function startHealthServer(options: HealthServerOptions): Promise<HealthServer> {
  const server = createServer({ requestTimeout: 10_000, connectionsCheckingInterval: 5_000 }, (request, response) => {
    const get = request.method === 'GET' || request.method === 'HEAD';
    if (!get) return refuse(response, 405, { code: 'method_not_allowed', message: 'Use GET.' });
    // A gauge or a readiness check that fails must not take the process with it.
    answer(request.url ?? '/', response, options).catch(() =>
      refuse(response, 500, { code: 'internal', message: 'This could not be determined now; try again.' }),
    );
  });
  await listen(server, options);
  const address: AddressInfo | string | null = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : options.port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function listen(server: Server, options: HealthServerOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.host, () => resolve());
  });
}

async function answer(url: string, response: ServerResponse, options: HealthServerOptions): Promise<void> {
  const path = url.split('?')[0];
  if (path === '/livez') return json(response, 200, { status: 'alive' });
  if (path === '/readyz') {
    const { ready, reasons } = await options.readiness();
    return json(response, ready ? 200 : 503, { status: ready ? 'ready' : 'not ready', reasons });
  }
  if (path === '/metrics') {
    const text = await options.registry.metrics();
    response.writeHead(200, { ...headers, 'content-type': options.registry.contentType });
    response.end(text);
    return;
  }
  refuse(response, 404, { code: 'not_found', message: 'Here are only /metrics, /livez and /readyz.' });
}

const headers = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' };

function refuse(response: ServerResponse, status: number, error: { readonly code: string; readonly message: string }): void {
  json(response, status, { error });
}

function json(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { ...headers, 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}
