import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { readJson } from './places.mjs';
import { alive } from './shell.mjs';

/**
 * @typedef {{ port: number, owner: number, pid?: number }} RedisState `owner` is the bootstrap that stops it,
 *   `pid` the server where it is a process of this machine
 */

/** Where a Redis of ours keeps its data, and which one was started there last. */
export class RedisHome {
  #file;

  /** @param {string} bridgeDir */
  constructor(bridgeDir) {
    this.dir = join(bridgeDir, 'redis');
    this.#file = join(this.dir, 'state.json');
  }

  /** @returns {RedisState | undefined} */
  read() {
    const state = readJson(this.#file);
    if (typeof state !== 'object' || state === null || !('port' in state) || !('owner' in state)) return undefined;
    if (typeof state.port !== 'number' || typeof state.owner !== 'number') return undefined;
    const pid = 'pid' in state && typeof state.pid === 'number' ? { pid: state.pid } : {};
    return { port: state.port, owner: state.owner, ...pid };
  }

  /** @param {RedisState} state */
  write(state) {
    mkdirSync(this.dir, { recursive: true });
    writeFileSync(this.#file, `${JSON.stringify(state)}\n`);
  }

  /** Keeps the port, so that the next start has the same address, and forgets the process. */
  forget() {
    const state = this.read();
    if (state !== undefined) this.write({ port: state.port, owner: 0 });
  }
}

/** @param {RedisState} state whether another bootstrap that still runs will stop it */
export function ownedByAnother(state) {
  return state.owner !== process.pid && state.owner > 0 && alive(state.owner);
}

/**
 * @param {number | undefined} wished taken when it is free
 * @returns {Promise<number>} a free port of the loopback address
 */
export async function freePort(wished) {
  return (wished === undefined ? undefined : await tryPort(wished)) ?? (await tryPort(0)) ?? 6379;
}

/** @param {number} port @returns {Promise<number | undefined>} */
function tryPort(port) {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(undefined));
    server.listen(port, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : undefined));
    });
  });
}

/** @param {number} port */
export function loopbackUrl(port) {
  return `redis://127.0.0.1:${port}`;
}

/** What both kinds of Redis are started with: an acknowledged write is on disk, and nothing is evicted. */
export const durability = ['--appendonly', 'yes', '--appendfsync', 'always', '--maxmemory-policy', 'noeviction', '--save', ''];
