import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type RequestListener, createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { lookAtPublicUrl } from './public-url-doctor.ts';

const { signal } = new AbortController();

async function serve(handler: RequestListener, tls?: { readonly key: string; readonly cert: string }): Promise<URL> {
  const server = tls ? createTlsServer(tls, handler) : createServer(handler);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const address: AddressInfo | string | null = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return new URL(tls ? `https://localhost:${port}/` : `http://127.0.0.1:${port}/`);
}

const look = async (publicUrl: URL | undefined, needing: readonly string[] = ['CometChat']) =>
  (await lookAtPublicUrl({ publicUrl, needing, signal }))[0];
const alive: RequestListener = (_request, response) => void response.end('{"status":"alive"}');

test('one that leads to the bridge, on this machine alone', async () => {
  expect(await look(await serve(alive))).toMatchObject({ status: 'warn', detail: expect.stringContaining('leads to this bridge') });
});

test('none, where one is needed and where not', async () => {
  expect(await look(undefined)).toMatchObject({ status: 'fail', fix: expect.stringContaining('PUBLIC_URL') });
  expect(await look(undefined, [])).toMatchObject({ status: 'pass' });
});

test('one that leads to another server', async () => {
  const other: RequestListener = (_request, response) => void response.end('<h1>It works!</h1>');
  expect(await look(await serve(other))).toMatchObject({ status: 'fail', fix: expect.stringContaining('PORT') });
});

test('one that redirects', async () => {
  const moved: RequestListener = (_request, response) => void response.writeHead(308, { location: 'https://elsewhere.example/' }).end();
  expect(await look(await serve(moved))).toMatchObject({ status: 'fail', fix: expect.stringContaining('redirects to') });
});

test('one where nothing listens', async () => {
  expect(await look(new URL('http://127.0.0.1:2/'))).toMatchObject({ status: 'fail', detail: expect.stringContaining('Nothing listens') });
});

test('one that does not exist', async () => {
  expect(await look(new URL('https://bridge.invalid/'))).toMatchObject({
    status: 'fail',
    detail: 'There is no address for bridge.invalid.',
  });
});

test('one whose certificate nobody trusts', async () => {
  const read = (name: string) => readFileSync(new URL(`./fixtures/${name}`, import.meta.url), 'utf8');
  const url = await serve(alive, { key: read('self-signed.key'), cert: read('self-signed.crt') });
  expect(await look(url)).toMatchObject({
    status: 'fail',
    detail: expect.stringContaining('is not trusted'),
    fix: expect.stringContaining('fullchain'),
  });
});

test('one that never answers', async () => {
  const url = await serve(() => undefined);
  const [finding] = await lookAtPublicUrl({ publicUrl: url, needing: [], signal: AbortSignal.timeout(200) });
  expect(finding).toMatchObject({ status: 'fail', detail: expect.stringContaining('no answer in time') });
});
