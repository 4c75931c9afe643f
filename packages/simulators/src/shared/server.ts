import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

/** Where a server listens, and how others name it. */
export interface Where {
  /** A free one where absent or 0. */
  readonly port?: number;
  /** The address to listen on; loopback where absent. */
  readonly host?: string;
  /** `http://name:port` under which clients on other machines reach it, without a trailing slash; the loopback URL where absent. */
  readonly publicUrl?: string;
}

/** A server that listens, on loopback unless asked otherwise. */
export interface Listening {
  readonly server: Server;
  readonly port: number;
  /** `publicUrl`, or `http://127.0.0.1:<port>`; without a trailing slash. */
  readonly url: string;
  /** Ends every connection, upgraded ones too, and resolves once the port is free. */
  close(): Promise<void>;
}

/** Listens on a free loopback port unless `where` says otherwise. An express app is a handler. */
export async function listen(handler: RequestListener, where: Where = {}): Promise<Listening> {
  const { port = 0, host = '127.0.0.1', publicUrl } = where;
  const server = createServer(handler);
  // Clients keep connections for minutes. Ending idle ones first would race with their next request and look like a fault.
  server.keepAliveTimeout = 75_000;
  server.requestTimeout = 0;
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
  const bound = portOf(server.address());
  return { server, port: bound, url: publicUrl ?? `http://127.0.0.1:${bound}`, close: () => closeAll(server, sockets) };
}

function portOf(address: AddressInfo | string | null): number {
  if (address === null || typeof address === 'string') throw new Error('the server has no TCP port; listen on a host and port, not a path');
  return address.port;
}

function closeAll(server: Server, sockets: ReadonlySet<Socket>): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    for (const socket of sockets) socket.destroy();
  });
}
