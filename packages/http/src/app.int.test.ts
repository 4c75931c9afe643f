import { once } from 'node:events';
import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import type { Log } from '@bridge/core';
import type { Express } from 'express';
import { afterEach, describe, expect, test, vi } from 'vitest';
import {
  type HttpAppOptions,
  type ListenOptions,
  type RunningHttpServer,
  createHttpApp,
  listen,
  maxBodyBytes,
  rawBody,
  sendError,
} from './app.ts';

const servers: RunningHttpServer[] = [];
afterEach(async () => void (await Promise.all(servers.splice(0).map((server) => server.close(0)))));

const lines: { fields: object; message: string }[] = [];
const write = (fields: object, message: string) => void lines.push({ fields, message });
const log: Log = { debug: write, info: write, warn: write, error: write };

const routes = (app: Express) => {
  app.get('/fine', (_request, response) => void response.json({ fine: true }));
  app.get('/broken', () => {
    throw new Error('the database password is hunter2');
  });
  app.get('/rejects', async () => Promise.reject(new Error('hunter2')));
  app.get('/ours', (_request, response) => sendError(response, 409, 'conflict', 'Try another one.'));
  app.get('/half', (_request, response) => {
    response.write('half');
    throw new Error('after the headers');
  });
  app.post(
    '/echo',
    rawBody,
    (request, response) => void response.json({ bytes: Buffer.isBuffer(request.body) ? request.body.length : -1 }),
  );
};

async function serve(options: Partial<HttpAppOptions> = {}, at: Partial<ListenOptions> = {}) {
  const server = await listen(createHttpApp({ log, routes, ...options }), { port: 0, host: '127.0.0.1', ...at });
  servers.push(server);
  const url = `http://127.0.0.1:${server.port}`;
  return {
    server,
    get: (path: string, init?: RequestInit) => fetch(`${url}${path}`, init),
    post: (body: Uint8Array<ArrayBuffer>, headers: Record<string, string> = {}) => fetch(`${url}/echo`, { method: 'POST', body, headers }),
  };
}

describe('errors', () => {
  test('have one shape, and what is not there says where to look', async () => {
    const { get } = await serve();
    const missing = await get('/nothing?secret=1', { method: 'DELETE' });
    expect([missing.status, await missing.json()]).toEqual([
      404,
      { error: { code: 'not_found', message: 'There is nothing at DELETE /nothing; GET / lists what is here.' } },
    ]);
    const ours = await get('/ours');
    expect([ours.status, await ours.json()]).toEqual([409, { error: { code: 'conflict', message: 'Try another one.' } }]);
  });

  test.each(['/broken', '/rejects'])('a fault of ours at %s shows an id, and the log has the error under it', async (path) => {
    const { get } = await serve();
    const response = await get(path);
    const text = await response.text();
    expect(response.status).toBe(500);
    expect(text).not.toContain('hunter2');
    expect(text).not.toMatch(/\bat \//);
    const id = /under ([\w-]{36})\./.exec(text)?.[1];
    expect(id).toBeDefined();
    expect(lines).toContainEqual({ message: 'request failed', fields: { err: expect.any(Error), id, method: 'GET', path } });
  });

  test('after the headers have left only the connection can be cut', async () => {
    const { get } = await serve();
    await expect(get('/half').then((response) => response.text())).rejects.toThrow();
  });

  test('a path that is no UTF-8 is the caller’s fault', async () => {
    const { get } = await serve({ routes: (app) => void app.get('/:name', (_request, response) => void response.json({})) });
    const response = await get('/%ff');
    expect([response.status, await response.json()]).toMatchObject([400, { error: { code: 'bad_request' } }]);
  });
});

describe('a body', () => {
  test('is taken as bytes whatever its type, up to the limit and not one byte more', async () => {
    const seen: [string, number][] = [];
    const { post } = await serve({ onError: (path, status) => void seen.push([path, status]) });
    expect(await (await post(new Uint8Array(maxBodyBytes), { 'content-type': 'text/strange' })).json()).toEqual({ bytes: maxBodyBytes });
    expect(seen).toEqual([]);
    const tooLarge = await post(new Uint8Array(maxBodyBytes + 1));
    expect([tooLarge.status, await tooLarge.json()]).toMatchObject([413, { error: { code: 'too_large' } }]);
    expect(seen).toEqual([['/echo', 413]]);
  });

  test('that is small only while it is compressed is too large too', async () => {
    const { post } = await serve();
    const bomb = new Uint8Array(gzipSync(Buffer.alloc(50 * maxBodyBytes)));
    expect(bomb.length).toBeLessThan(maxBodyBytes);
    expect((await post(bomb, { 'content-encoding': 'gzip' })).status).toBe(413);
    expect(await (await post(new Uint8Array(gzipSync('hello')), { 'content-encoding': 'gzip' })).json()).toEqual({ bytes: 5 });
  });

  test('in an encoding that nobody knows, or not in the encoding it claims, is refused with the fix', async () => {
    const { post } = await serve();
    const unknown = await post(new Uint8Array(3), { 'content-encoding': 'secret-sauce' });
    expect([unknown.status, await unknown.json()]).toMatchObject([415, { error: { code: 'unsupported_media_type' } }]);
    const wrong = await post(new Uint8Array(3), { 'content-encoding': 'gzip' });
    expect([wrong.status, await wrong.json()]).toMatchObject([400, { error: { code: 'bad_request' } }]);
  });
});

describe('headers', () => {
  test('protect pages and tell nothing about us', async () => {
    const { headers } = await (await serve()).get('/fine');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('x-frame-options')).toBe('SAMEORIGIN');
    expect(headers.get('content-security-policy')).toContain("default-src 'self'");
    expect(headers.get('content-security-policy')).not.toContain('upgrade-insecure-requests');
    expect([headers.get('x-powered-by'), headers.get('etag'), headers.get('server')]).toEqual([null, null, null]);
  });

  test('let an app’s pages load pictures from where it says', async () => {
    const { get } = await serve({ contentSecurity: { imgSrc: ["'self'", 'data:'] } });
    expect((await get('/fine')).headers.get('content-security-policy')).toContain("img-src 'self' data:");
  });

  test('of HEAD are those of GET, without a body; other methods find nothing', async () => {
    const { get } = await serve();
    const head = await get('/fine', { method: 'HEAD' });
    expect([head.status, head.headers.get('content-type'), await head.text()]).toEqual([200, 'application/json; charset=utf-8', '']);
    for (const method of ['OPTIONS', 'PUT']) {
      const other = await get('/fine', { method });
      expect([other.status, await other.json()]).toMatchObject([404, { error: { code: 'not_found' } }]);
    }
  });
});

describe('pages of other origins', () => {
  const from = (origin: string) => ({ headers: { origin } });
  const allowed = (response: Response) => response.headers.get('access-control-allow-origin');

  test('may read nothing by default', async () => {
    const { get } = await serve();
    expect(allowed(await get('/fine', from('https://a.example')))).toBeNull();
    const preflight = await get('/fine', {
      method: 'OPTIONS',
      headers: { origin: 'https://a.example', 'access-control-request-method': 'GET' },
    });
    expect(allowed(preflight)).toBeNull();
  });

  test('may read when they are listed, and a cache keeps them apart', async () => {
    const { get } = await serve({ corsOrigins: ['https://a.example'] });
    const listed = await get('/fine', from('https://a.example'));
    expect([allowed(listed), listed.headers.get('vary')]).toEqual(['https://a.example', 'Origin']);
    const other = await get('/fine', from('https://b.example'));
    expect([other.status, allowed(other), other.headers.get('vary')]).toEqual([200, null, 'Origin']);
    const preflight = await get('/fine', { method: 'OPTIONS', ...from('https://a.example') });
    expect([preflight.status, allowed(preflight)]).toEqual([204, 'https://a.example']);
  });
});

test('a client behind a trusted proxy is known by its own address', async () => {
  const whoami = (app: Express) => void app.get('/ip', (request, response) => void response.json(request.ip));
  const forwarded = { headers: { 'x-forwarded-for': '203.0.113.7' } };
  expect(await (await (await serve({ routes: whoami, trustProxy: 1 })).get('/ip', forwarded)).json()).toBe('203.0.113.7');
  expect(await (await (await serve({ routes: whoami })).get('/ip', forwarded)).json()).toBe('127.0.0.1');
});

describe('slow clients', () => {
  async function trickle(port: number, text: string) {
    const socket = connect(port, '127.0.0.1');
    const chunks: string[] = [];
    socket.setEncoding('utf8').on('data', (chunk) => void chunks.push(String(chunk)));
    socket.write(text);
    await once(socket, 'close');
    return chunks.join('');
  }

  test.each([
    ['headers', 'GET /fine HTTP/1.1\r\nHost: x\r\n'],
    ['bodies', 'POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc'],
  ])('that never finish their %s are cut off', async (_what, text) => {
    const { server } = await serve({}, { headersMs: 100, requestMs: 150 });
    expect(await trickle(server.port, text)).toMatch(/^HTTP\/1\.1 408 /);
  });
});

describe('closing', () => {
  test('finishes what is under way, though its client would keep the connection', async () => {
    const { promise: held, resolve: release } = Promise.withResolvers<void>();
    const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
    const { server, get } = await serve({
      routes: (app) =>
        void app.get('/slow', async (_request, response) => {
          begin();
          await held;
          response.json({ done: true });
        }),
    });
    const answer = get('/slow');
    await begun;
    const closed = vi.fn();
    const closing = server.close(10_000).then(closed);
    await expect(get('/slow')).rejects.toThrow();
    expect(closed).not.toHaveBeenCalled();
    release();
    expect(await (await answer).json()).toEqual({ done: true });
    const began = performance.now();
    await closing;
    expect(performance.now() - began).toBeLessThan(10_000);
  });

  test('cuts off what does not end in time', async () => {
    const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
    const { server, get } = await serve({ routes: (app) => void app.get('/never', () => begin()) });
    const answer = get('/never').then(
      () => 'answered',
      () => 'cut off',
    );
    await begun;
    await server.close(50);
    expect(await answer).toBe('cut off');
  });
});

test('a port that is taken is the system’s own error', async () => {
  const { server } = await serve();
  await expect(serve({}, { port: server.port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
});
