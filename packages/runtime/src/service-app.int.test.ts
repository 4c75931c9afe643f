import { once } from 'node:events';
import { type Server, createServer } from 'node:net';
import { ownPort } from '@bridge/testing/port';
import { afterEach, expect, test, vi } from 'vitest';
import { freePort } from './service-app.ts';

const servers: Server[] = [];
afterEach(() => servers.splice(0).forEach((server) => server.close()));

async function occupy(port: number): Promise<number> {
  const server = createServer().listen(port, '127.0.0.1');
  servers.push(server);
  await once(server, 'listening');
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

test('the wanted port is given while it is free, and can then be used', async () => {
  const { port, release } = await ownPort();
  expect(await freePort(port)).toBe(port);
  expect(await occupy(port)).toBe(port);
  release();
});

test('none is given that is spoken for already, though nobody listens on it yet', async () => {
  const { port, release } = await ownPort();
  expect(await freePort(port, [port])).not.toBe(port);
  release();
  const aQuarter = Array.from({ length: 16_384 }, (_, n) => n * 4 + (port % 4));
  for (let n = 0; n < 20; n += 1) expect((await freePort(0, aQuarter)) % 4).not.toBe(port % 4);
});

test('another one is given when it is taken', async () => {
  const taken = await occupy(0);
  // Whichever it is, another program may have it before we do.
  await vi.waitFor(async () => {
    const port = await freePort(taken);
    expect(port).not.toBe(taken);
    expect(await occupy(port)).toBe(port);
  });
});
