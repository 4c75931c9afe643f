import { type AddressInfo, createServer } from 'node:net';

/** A program under services/ that is not a role: it runs until it is stopped. Exported as `app`, found by its folder's name. */
export interface ServiceApp {
  readonly name: string;
  /** Resolves with the exit code. @throws an Error whose message says how to fix. */
  run(options: ServiceAppOptions): Promise<number>;
}

export interface ServiceAppOptions {
  /** The rest of the command line, for the program to understand. */
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The CLI's own entry file, for programs that start `bridge start` as a process. */
  readonly entry: string;
  readonly stdout: (text: string) => void;
}

/** The wanted port of the loopback interface when it is free, else any free one; never one of those that are spoken for already. */
export async function freePort(wanted: number, spokenFor: readonly number[] = []): Promise<number> {
  let port = await tryPort(wanted);
  while (port === undefined || spokenFor.includes(port)) {
    port = await tryPort(0);
    // Whoever listens on it then says what is wrong.
    if (port === undefined) return wanted;
  }
  return port;
}

function tryPort(port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(undefined));
    server.listen(port, '127.0.0.1', () => {
      const address: AddressInfo | string | null = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : undefined));
    });
  });
}
