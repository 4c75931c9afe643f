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
  readonly readiness: () => Readiness;
}

export interface HealthServer {
  readonly port: number;
  close(): Promise<void>;
}

/** `/metrics`, `/livez` and `/readyz`: for Prometheus and orchestrators, in every process whatever its roles. */
export async function startHealthServer(options: HealthServerOptions): Promise<HealthServer> {
  const server = createServer((request, response) => {
    void answer(request.url ?? '/', response, options);
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
    const { ready, reasons } = options.readiness();
    return json(response, ready ? 200 : 503, { status: ready ? 'ready' : 'not ready', reasons });
  }
  if (path === '/metrics') {
    response.writeHead(200, { 'content-type': options.registry.contentType });
    response.end(await options.registry.metrics());
    return;
  }
  return json(response, 404, { error: { code: 'not_found', message: 'Here are only /metrics, /livez and /readyz.' } });
}

function json(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}
