import { once } from 'node:events';
import { type Server, createServer } from 'node:net';

/** A port of the loopback interface that is the test's own, although nothing may listen on it for a while. */
export interface OwnPort {
  readonly port: number;
  /** Gives it back. */
  release(): void;
}

/**
 * Above the ports that programs have by default, and below those that systems hand out for `listen(0)` and for connections (from
 * 32,768 on Linux, from 49,152 elsewhere): one of those may be another's before whoever was told of it has bound it.
 */
const range = { first: 10_000, pairs: 11_000 };
const mostTries = 1_000;

/**
 * A free port for something that binds it later, perhaps a child, and perhaps again and again. Ports come in pairs: who holds the
 * odd one has the even one, so that test processes never get the same, and one that dies gives it back.
 * @throws when nothing is free.
 */
export async function ownPort(): Promise<OwnPort> {
  const start = Math.floor(Math.random() * range.pairs);
  for (let tries = 0; tries < mostTries; tries += 1) {
    const port = range.first + 2 * ((start + tries) % range.pairs);
    const guard = await listen(port + 1);
    if (guard === undefined) continue;
    if (await isFree(port)) return { port, release: () => void guard.close() };
    guard.close();
  }
  throw new Error(`none of ${mostTries} ports from ${range.first} on is free; end the programs that hold them.`);
}

async function isFree(port: number): Promise<boolean> {
  const server = await listen(port);
  if (server === undefined) return false;
  server.close();
  await once(server, 'close');
  return true;
}

/** Undefined where another listens. */
async function listen(port: number): Promise<Server | undefined> {
  // Exclusive, as a cluster's workers would share it otherwise.
  const server = createServer().listen({ port, host: '127.0.0.1', exclusive: true }).unref();
  try {
    await once(server, 'listening');
    return server;
  } catch {
    return undefined;
  }
}
