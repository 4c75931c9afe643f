import { once } from 'node:events';
import { type Server, createServer } from 'node:net';
import { afterEach, expect, test, vi } from 'vitest';
import { type OwnPort, ownPort } from './port.ts';

const servers: Server[] = [];
const ports: OwnPort[] = [];
afterEach(() => {
  vi.restoreAllMocks();
  for (const server of servers.splice(0)) server.close();
  for (const port of ports.splice(0)) port.release();
});

const alwaysStartAt = (random: number) => vi.spyOn(Math, 'random').mockReturnValue(random);

async function own(): Promise<number> {
  const given = await ownPort();
  ports.push(given);
  return given.port;
}

async function occupy(port: number): Promise<void> {
  const server = createServer().listen(port, '127.0.0.1');
  servers.push(server);
  await once(server, 'listening');
}

test('a port that is none of those that a system hands out can be bound, and again', async () => {
  const port = await own();
  expect(port).toBeGreaterThanOrEqual(10_000);
  expect(port).toBeLessThan(32_768);
  await occupy(port);
  servers.splice(0).forEach((server) => server.close());
  await vi.waitFor(() => occupy(port));
});

test('nobody gets a port twice, not even while nothing listens on it, until it is given back', async () => {
  alwaysStartAt(Math.random());
  const [first, second] = [await own(), await own()];
  expect(second).not.toBe(first);
  for (const port of ports.splice(0)) port.release();
  await vi.waitFor(async () => expect(await own()).toBe(first));
});

test('what another program listens on is not given', async () => {
  alwaysStartAt(Math.random());
  const port = await own();
  await occupy(port);
  for (const held of ports.splice(0)) held.release();
  expect(await own()).not.toBe(port);
});
