import { once } from 'node:events';
import { type Server, createServer } from 'node:net';
import { afterEach, expect, test } from 'vitest';
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
  const port = await freePort(await freePort(0));
  expect(await freePort(port)).toBe(port);
  expect(await occupy(port)).toBe(port);
});

test('another one is given when it is taken', async () => {
  const taken = await occupy(0);
  const port = await freePort(taken);
  expect(port).not.toBe(taken);
  expect(await occupy(port)).toBe(port);
});
