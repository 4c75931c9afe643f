import type { ResponseLike } from '@discordjs/rest';
import { createServer } from 'node:http';
import type { RequestListener, Server } from 'node:http';
import { createServer as createTcpServer } from 'node:net';
import { afterEach, expect, test, vi } from 'vitest';
import { createTransport, NoAnswerError } from './transport.ts';

const timeoutMs = 20_000;
const closing: (() => void)[] = [];
afterEach(() => {
  vi.useRealTimers();
  for (const close of closing.splice(0)) close();
});

async function listen(listener: RequestListener): Promise<{ server: Server; url: string }> {
  // Not let go of by the server while a test is held up.
  const server = createServer({ keepAliveTimeout: 60_000 }, listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(
    () => server.closeAllConnections(),
    () => server.close(),
  );
  const address = server.address();
  return { server, url: `http://127.0.0.1:${typeof address === 'object' ? (address?.port ?? 0) : 0}/` };
}

function transportFor() {
  const mayLeave = () => undefined;
  const transport = createTransport(timeoutMs);
  closing.push(() => transport.close());
  const get = async (url: string, signal = new AbortController().signal): Promise<ResponseLike> =>
    transport.request(url, { method: 'POST', headers: { 'Content-Type': 'text/plain' }, body: 'é', signal, mayLeave });
  return {
    get,
    failure: async (url: string, signal?: AbortSignal) =>
      get(url, signal).then(
        () => undefined,
        (error: unknown) => error,
      ),
  };
}

test('an answer comes with status, headers and body', async () => {
  const { url } = await listen((request, response) => {
    request.on('data', (chunk: Buffer) =>
      response.writeHead(201, { 'Content-Type': 'application/json', 'X-Two': ['a', 'b'] }).end(JSON.stringify({ got: chunk.toString() })),
    );
  });
  const response = await transportFor().get(url);
  expect([response.status, response.headers.get('x-two'), await response.json()]).toEqual([201, 'a, b', { got: 'é' }]);
});

test('a connection is kept for the next request', async () => {
  const ports = new Set<number | undefined>();
  const { url } = await listen((request, response) => {
    ports.add(request.socket.remotePort);
    response.writeHead(204).end();
  });
  const { get } = transportFor();
  for (let index = 0; index < 3; index += 1) expect((await get(url)).status).toBe(204);
  expect(ports.size).toBe(1);
});

test('what was refused was certainly not sent', async () => {
  const server = createTcpServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
  expect(await transportFor().failure(`http://127.0.0.1:${port}/`)).toEqual(new NoAnswerError('ECONNREFUSED', false));
});

test('what was reset may have been carried out', async () => {
  const { url } = await listen((request) => request.socket.resetAndDestroy());
  expect(await transportFor().failure(url)).toMatchObject({ code: 'ECONNRESET', sent: true });
});

test('no answer, and half an answer, end in time', async () => {
  const heard: string[] = [];
  const { url } = await listen((request, response) => {
    if (request.url === '/half') response.writeHead(200, { 'Content-Length': '10' }).write('half');
    heard.push(request.url ?? '');
  });
  const { failure } = transportFor();
  // The time runs out when the request has come, however slow the machine.
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  for (const path of ['', 'half']) {
    const failed = failure(`${url}${path}`);
    await expect.poll(() => heard).toContain(`/${path}`);
    // What was written as an answer is read.
    await new Promise(setImmediate);
    await new Promise(setImmediate);
    vi.advanceTimersByTime(timeoutMs);
    expect(await failed).toMatchObject({ code: 'TIMEOUT', sent: true });
  }
});

test('an answer cut short is no answer', async () => {
  const { url } = await listen((_request, response) => {
    response.writeHead(200, { 'Content-Length': '10' }).write('half', () => response.socket?.resetAndDestroy());
  });
  expect(await transportFor().failure(url)).toMatchObject({ code: 'ECONNRESET', sent: true });
});

test('stopping ends a request, and one that has not begun is not sent', async () => {
  let requests = 0;
  const stop = new AbortController();
  const { url } = await listen(() => {
    requests += 1;
    stop.abort();
  });
  const { failure } = transportFor();
  expect(await failure(url, stop.signal)).toMatchObject({ code: 'ABORTED', sent: true });
  expect(await failure(url, stop.signal)).toMatchObject({ code: 'ABORTED', sent: false });
  expect(requests).toBe(1);
});

test("a 429 in HTML is the whole address's", async () => {
  const { url } = await listen((_request, response) => void response.writeHead(429, { 'Content-Type': 'text/html' }).end('<h1>1015</h1>'));
  const { headers } = await transportFor().get(url);
  expect([headers.get('x-ratelimit-scope'), headers.get('retry-after')]).toEqual(['global', '60']);
});
