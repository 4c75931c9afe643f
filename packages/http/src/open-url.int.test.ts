import { once } from 'node:events';
import { type RequestListener, type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { MediaError, type MediaStream } from '@bridge/core';
import { afterEach, describe, expect, test } from 'vitest';
import { createOpenUrl } from './open-url.ts';
import { isPrivateAddress } from './private-addresses.ts';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

async function serve(handle: RequestListener): Promise<string> {
  const server = createServer(handle).listen(0, '127.0.0.1');
  servers.push(server);
  await once(server, 'listening');
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const signal = new AbortController().signal;
const bytesOf = async ({ body }: MediaStream): Promise<string> => {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
};
const problemOf = async (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'none',
    (error: unknown) => (error instanceof MediaError ? error.problem : `not a MediaError: ${String(error)}`),
  );
const local = createOpenUrl({ allowPrivate: ['127.0.0.1'], patienceMs: 10_000 });
const hello: RequestListener = (_request, response) => void response.setHeader('content-type', 'text/plain; charset=utf-8').end('hello');

describe('a private address', () => {
  test.each([
    'http://127.0.0.1/',
    'http://localhost/',
    'http://10.1.2.3/',
    'http://169.254.169.254/latest/meta-data/',
    'http://[::1]/',
    'http://[::ffff:127.0.0.1]/',
    'http://[fd00::1]/',
    'http://0x7f000001/',
    'http://2130706433/',
    'http://127.1/',
    'file:///etc/passwd',
    'ftp://example.com/',
    'data:text/plain,x',
  ])('is not connected to: %s', async (url) => {
    expect(await problemOf(createOpenUrl()(new URL(url), { signal }))).toBe('refused');
  });

  test('is refused also behind a redirect, and by the port as well as the host', async () => {
    const inner = await serve(hello);
    const outer = await serve((_request, response) => response.writeHead(302, { location: `http://${inner}/` }).end());
    expect(await problemOf(createOpenUrl({ allowPrivate: [outer] })(new URL(`http://${outer}/`), { signal }))).toBe('refused');
    expect(await bytesOf(await createOpenUrl({ allowPrivate: [outer, inner] })(new URL(`http://${outer}/`), { signal }))).toBe('hello');
  });

  test('is fetched from where the platform itself is, but not from where that one sends us', async () => {
    const inner = await serve(hello);
    const outer = await serve((request, response) =>
      request.url === '/direct' ? hello(request, response) : response.writeHead(302, { location: `http://${inner}/` }).end(),
    );
    const open = createOpenUrl();
    expect(await bytesOf(await open(new URL(`http://${outer}/direct`), { signal, trusted: true }))).toBe('hello');
    expect(await problemOf(open(new URL(`http://${outer}/`), { signal, trusted: true }))).toBe('refused');
  });

  test.each(['8.8.8.8', '1.1.1.1', '2606:4700:4700::1111'])('is not %s', (address) => expect(isPrivateAddress(address)).toBe(false));
  test.each([
    '10.0.0.1',
    '172.31.255.255',
    '192.168.1.1',
    '100.64.0.1',
    '::',
    '::1',
    'fe80::1%eth0',
    '::ffff:10.0.0.1',
    '::ffff:a00:1',
    '64:ff9b::a00:1',
    'x',
    '',
  ])('is %s', (address) => expect(isPrivateAddress(address)).toBe(true));
});

describe('an answer', () => {
  test('comes with its size and type', async () => {
    const host = await serve(hello);
    const stream = await local(new URL(`http://${host}/`), { signal });
    expect([stream.mime, stream.bytes ?? 5, await bytesOf(stream)]).toEqual(['text/plain', 5, 'hello']);
  });

  test('is the part that was asked for, and says which', async () => {
    const host = await serve((request, response) => {
      expect(request.headers.range).toBe('bytes=1-3');
      response.writeHead(206, { 'content-range': 'bytes 1-3/5', 'content-length': '3' }).end('ell');
    });
    const stream = await local(new URL(`http://${host}/`), { signal, range: { first: 1, last: 3 } });
    expect([stream.part, stream.bytes, await bytesOf(stream)]).toEqual([{ from: 1, of: 5 }, 3, 'ell']);
  });

  test.each([
    [404, 'gone'],
    [403, 'gone'],
    [410, 'gone'],
    [416, 'gone'],
    [429, 'unavailable'],
    [500, 'unavailable'],
    [503, 'unavailable'],
  ])('of %i means %s', async (status, problem) => {
    const host = await serve((_request, response) => response.writeHead(status).end('<html>'));
    expect(await problemOf(local(new URL(`http://${host}/`), { signal }))).toBe(problem);
  });

  test('that ends too early, or never comes, may come later; its address is not told', async () => {
    const cut = await serve((_request, response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('half', () => response.destroy());
    });
    const stream = await local(new URL(`http://${cut}/`), { signal });
    expect(await problemOf(bytesOf(stream))).toBe('unavailable');
    const silent = await serve(() => undefined);
    const impatient = createOpenUrl({ allowPrivate: ['127.0.0.1'], patienceMs: 50 });
    const failed = impatient(new URL(`http://${silent}/secret-token`), { signal });
    expect(await problemOf(failed)).toBe('unavailable');
    await expect(failed).rejects.not.toThrow(/secret-token/);
  });

  test('that redirects for ever, or to nowhere, is refused', async () => {
    const loop = await serve((request, response) => response.writeHead(302, { location: request.url ?? '' }).end());
    expect(await problemOf(local(new URL(`http://${loop}/`), { signal }))).toBe('refused');
    const nowhere = await serve((_request, response) => response.writeHead(302, { location: 'http://' }).end());
    expect(await problemOf(local(new URL(`http://${nowhere}/`), { signal }))).toBe('refused');
  });
});

test('credentials go to the origin that was asked for, and no further', async () => {
  const seen: (string | undefined)[] = [];
  const inner = await serve((request, response) => {
    seen.push(request.headers.authorization);
    hello(request, response);
  });
  const outer = await serve((request, response) => {
    seen.push(request.headers.authorization);
    response.writeHead(307, { location: `http://${inner}/` }).end();
  });
  await bytesOf(await local(new URL(`http://${outer}/`), { signal, headers: { authorization: 'Bearer x' } }));
  expect(seen).toEqual(['Bearer x', undefined]);
});

test('whoever stops reading, or aborts, ends the download', async () => {
  const closed = Promise.withResolvers<void>();
  const host = await serve((_request, response) => {
    response.on('close', () => closed.resolve());
    response.write('x');
  });
  const stream = await local(new URL(`http://${host}/`), { signal });
  for await (const chunk of stream.body) if (chunk.length > 0) break;
  await closed.promise;
  const abort = new AbortController();
  const second = await local(new URL(`http://${host}/`), { signal: abort.signal });
  abort.abort();
  expect(await problemOf(bytesOf(second))).toBe('unavailable');
});
