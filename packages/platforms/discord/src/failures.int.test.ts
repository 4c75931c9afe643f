import { conversationId, DeliveryError, messageId, platformId, refuseUrls, userId } from '@bridge/core';
import type { Command, DeliveryFailure, DeliveryId, Log, PlatformInstance } from '@bridge/core';
import { createServer as createTlsServer } from 'node:https';
import { createServer as createTcpServer } from 'node:net';
import type { AddressInfo, Server } from 'node:net';
import { once } from 'node:events';
import { afterEach, describe, expect, test } from 'vitest';
import { certificate, certificateKey } from './fixtures/certificate.ts';
import { token } from './fixtures/payloads.ts';
import { html, json, startScriptedServer, type Script } from './fixtures/scripted-server.ts';
import { platform } from './index.ts';

const silent: Log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => void (await Promise.all(closing.splice(0).map(async (close) => close()))));

function instanceAt(apiUrl: string): PlatformInstance {
  const instance = platform.create(
    { token, apiUrl, senderMode: 'single', applicationId: undefined, publicKey: undefined, webhookSecret: undefined },
    { log: silent, requireAuth: true, openUrl: refuseUrls },
  );
  closing.push(async () => instance.sender.close());
  return instance;
}

const about = { delivery: 'd' as DeliveryId, step: 0, ambiguous: false, conversation: conversationId('7'), origin: platformId('telegram') };
const author = { id: userId('u'), name: 'bo', displayName: 'Bo', isBot: false };
const words = { label: 'Bo', author, body: [{ type: 'paragraph' as const, children: [{ type: 'text' as const, text: 'PRIVATE WORDS' }] }] };
const post: Command = { ...about, ...words, type: 'send', files: [] };
const change: Command = { ...about, ...words, type: 'edit', message: messageId('8'), shows: 'text' };
const go = new AbortController().signal;

async function failed(instance: PlatformInstance, command: Command, signal = go): Promise<DeliveryError> {
  const error: unknown = await instance.sender.deliver(command, signal).then(
    () => 'delivered',
    (reason: unknown) => reason,
  );
  if (!(error instanceof DeliveryError)) throw new Error(`expected a DeliveryError, got ${String(error)}`);
  expect(JSON.stringify([error.message, error.answer, error.stack])).not.toMatch(/PRIVATE|not-a-real-token/);
  expect(error.message).toMatch(/[.)]$/);
  return error;
}

async function failureAt(script: Script, command = post): Promise<DeliveryFailure> {
  const server = await startScriptedServer(script);
  closing.push(server.close);
  const { failure } = await failed(instanceAt(server.url), command);
  expect(
    server.calls.filter((call) => !call.startsWith('GET')),
    'one attempt',
  ).toHaveLength(1);
  return failure;
}

const code = (status: number, value: number): Script => json(status, { code: value, message: 'PRIVATE' });
const limited = (retryAfter: number, headers: Readonly<Record<string, string>>, body: object = {}): Script =>
  json(
    429,
    { message: 'PRIVATE', retry_after: retryAfter, global: false, ...body },
    { 'retry-after': String(Math.ceil(retryAfter)), ...headers },
  );
const permanent = (reason: 'message-gone' | 'not-found' | 'forbidden' | 'too-large' | 'invalid'): DeliveryFailure => ({
  kind: 'permanent',
  reason,
});
const transient: DeliveryFailure = { kind: 'transient' };
const ambiguous: DeliveryFailure = { kind: 'ambiguous' };
const hold = (retryAfterMs: number, scope: 'conversation' | 'platform' = 'conversation'): DeliveryFailure => ({
  kind: 'rate-limited',
  retryAfterMs,
  scope,
});

describe('an answer decides what becomes of a message', () => {
  test.each<[string, Script, DeliveryFailure]>([
    ['400, a bad field', json(400, { code: 50035, errors: { content: { _errors: [{ code: 'X', message: '' }] } } }), permanent('invalid')],
    [
      '400, too long',
      json(400, { code: 50035, errors: { content: { _errors: [{ code: 'BASE_TYPE_MAX_LENGTH', message: '' }] } } }),
      permanent('too-large'),
    ],
    ['400, empty', code(400, 50006), permanent('invalid')],
    ['400, a code of tomorrow', code(400, 987_654), permanent('invalid')],
    ['400 without JSON', html(400), permanent('invalid')],
    ['400, not a channel for text', code(400, 50008), permanent('invalid')],
    ['400, a forum', code(400, 40058), permanent('invalid')],
    ['400, archived', code(400, 50083), permanent('forbidden')],
    ['400, locked', code(400, 160005), permanent('forbidden')],
    ['400, AutoMod', code(400, 200000), permanent('forbidden')],
    ['400, a harmful link', code(400, 240000), permanent('forbidden')],
    ['400, too many webhooks', code(400, 30007), hold(300_000)],
    ['400, too many edits of old messages', code(400, 30046), hold(60_000)],
    ['400, slow mode', code(400, 20016), hold(10_000)],
    ['400, too many threads', code(400, 160006), hold(300_000)],
    ['401', json(401, { code: 0, message: '401: Unauthorized' }), { kind: 'unauthorised' }],
    ['401 without JSON', html(401), { kind: 'unauthorised' }],
    ['403, not seen', code(403, 50001), permanent('forbidden')],
    ['403, not permitted', code(403, 50013), permanent('forbidden')],
    ['403, banned from the server', code(403, 40007), permanent('forbidden')],
    ['403, blocked by the author', code(403, 90001), permanent('forbidden')],
    ['403 of the proxy', html(403), hold(300_000, 'platform')],
    ['403 of the proxy, in JSON', code(403, 40333), hold(300_000, 'platform')],
    [
      '403 cut to pieces',
      (response) => response.writeHead(403, { 'content-type': 'application/json' }).end('{"code": 500'),
      hold(300_000, 'platform'),
    ],
    ['404, no channel', code(404, 10003), permanent('not-found')],
    ['404, no message', code(404, 10008), permanent('message-gone')],
    ['404 without JSON', html(404), permanent('not-found')],
    ['405', code(405, 0), permanent('invalid')],
    ['409', code(409, 0), transient],
    ['418', code(418, 123_456), transient],
    ['413', code(413, 40005), permanent('too-large')],
    ['413 of a proxy', html(413), permanent('too-large')],
    ['a file too large', code(400, 50045), permanent('too-large')],
    ['429 of a channel, in whole seconds', limited(3, { 'x-ratelimit-scope': 'user' }), hold(3_050)],
    ['429 of a shared resource', limited(2, { 'x-ratelimit-scope': 'shared' }), hold(2_050)],
    [
      '429 of the bot',
      limited(1, { 'x-ratelimit-scope': 'global', 'x-ratelimit-global': 'true' }, { global: true }),
      hold(1_050, 'platform'),
    ],
    ['429 of the proxy', html(429, { 'retry-after': '600' }), hold(600_050, 'platform')],
    ['429 of the proxy without a time', html(429), hold(60_050, 'platform')],
    ['429 for an hour', limited(3_600, { 'x-ratelimit-scope': 'user' }), hold(3_600_050)],
    ['500', json(500, { code: 0, message: 'PRIVATE' }), transient],
    ['502 in HTML', html(502), transient],
    ['503', html(503), transient],
    ['overloaded', code(503, 130000), transient],
    ['504, which may have been carried out', html(504), ambiguous],
    ['520 of the proxy', html(520), ambiguous],
    ['524 of the proxy', html(524), ambiguous],
    ['a redirect', (response) => response.writeHead(302, { location: '/' }).end(), transient],
    ['200 without an id', json(200, {}), ambiguous],
    ['200 in HTML', html(200), ambiguous],
    ['200 and broken JSON', (response) => response.writeHead(200, { 'content-type': 'application/json' }).end('{"id": "9'), ambiguous],
    ['204', (response) => response.writeHead(204).end(), ambiguous],
  ])('%s', async (_name, script, failure) => void expect(await failureAt(script)).toEqual(failure));

  test('an unknown answer is named', async () => {
    const server = await startScriptedServer(code(418, 123_456));
    closing.push(server.close);
    const error = await failed(instanceAt(server.url), post);
    expect(error.message).toContain('HTTP 418, code 123456');
    expect(error.answer).toEqual({ status: 418, code: '123456' });
  });
});

describe('without an answer', () => {
  const cut: Script = (response) => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': '100' });
    response.write('{"id": ');
    setImmediate(() => response.destroy());
  };
  test.each<[string, Script]>([
    ['reset once it was read', (_response, request) => request.socket.resetAndDestroy()],
    ['closed once it was read', (_response, request) => void request.socket.destroy()],
    ['cut in the middle of the answer', cut],
    ['nonsense instead of HTTP', (_response, request) => void request.socket.end('nonsense\r\n\r\n')],
  ])('%s: a post may have arrived, a change is repeated', async (_name, script) => {
    expect(await failureAt(script)).toEqual(ambiguous);
    expect(await failureAt(script, change)).toEqual(transient);
  });

  const reasonAt = async (url: string): Promise<DeliveryError> => failed(instanceAt(url), post);
  const listening = async (server: Server): Promise<number> => {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    closing.push(async () => new Promise((resolve) => void server.close(resolve)));
    return (server.address() as AddressInfo).port;
  };

  test('nobody listens', async () => {
    const error = await reasonAt('http://127.0.0.1:1/api');
    expect(error.failure).toEqual(transient);
    expect(error.answer.code).toBe('ECONNREFUSED');
  });

  test('reset before anything was sent', async () => {
    const port = await listening(createTcpServer((socket) => void socket.resetAndDestroy()));
    expect((await reasonAt(`http://127.0.0.1:${port}/api`)).failure).toEqual(transient);
  });

  test('a name that does not exist', async () => {
    const error = await reasonAt('http://discord.invalid/api');
    expect(error.failure).toEqual(transient);
    expect(error.message).toContain('DNS');
  });

  test('a certificate that is not to be trusted', async () => {
    const port = await listening(createTlsServer({ cert: certificate, key: certificateKey }, (_request, response) => response.end()));
    const error = await reasonAt(`https://127.0.0.1:${port}/api`);
    expect(error.failure).toEqual(transient);
    expect(error.message).toContain('certificate');
  });

  test('no TLS where it should be', async () => {
    const port = await listening(createTcpServer((socket) => void socket.end('HTTP/1.1 400 Bad Request\r\n\r\n', () => socket.destroy())));
    expect((await reasonAt(`https://127.0.0.1:${port}/api`)).failure).toEqual(transient);
  });

  test('stopping while it waits', async () => {
    const stop = new AbortController();
    const server = await startScriptedServer(() => stop.abort());
    closing.push(server.close);
    expect((await failed(instanceAt(server.url), post, stop.signal)).failure).toEqual(ambiguous);
  });
});

describe('limits', () => {
  const headers = { 'x-ratelimit-limit': '5', 'x-ratelimit-bucket': 'b', 'x-ratelimit-reset': '9999999999' };
  const receiptAt = async (more: Readonly<Record<string, string>>) => {
    const server = await startScriptedServer(json(200, { id: '9' }, { ...headers, ...more }));
    closing.push(server.close);
    const { sender } = instanceAt(server.url);
    return { sender, receipt: await sender.deliver(post, go) };
  };

  test('what is used up is told, under a key that the conversation has', async () => {
    const { sender, receipt } = await receiptAt({ 'x-ratelimit-remaining': '0', 'x-ratelimit-reset-after': '1.234' });
    expect(receipt.exhausted).toEqual({ key: 'channel:7', forMs: 1_234 });
    expect(sender.limits?.(about.conversation).map(({ key }) => key)).toContain(receipt.exhausted?.key);
  });

  test('what is not used up is not told', async () => {
    const { receipt } = await receiptAt({ 'x-ratelimit-remaining': '1', 'x-ratelimit-reset-after': '1.234' });
    expect(receipt.exhausted).toBeUndefined();
  });

  test("no second has more than the bot's 50 calls", () => {
    const limitsAt = (url: string) => instanceAt(url).sender.limits?.(about.conversation) ?? [];
    const bot = limitsAt('https://discord.com/api').find(({ key }) => key === 'bot');
    expect((bot?.count ?? 99) * (1_000 / (bot?.perMs ?? 1)) + (bot?.burst ?? 99)).toBeLessThanOrEqual(50);
    // A proxy keeps to it for all who use it.
    expect(limitsAt('http://127.0.0.1:1/api').map(({ key }) => key)).toEqual(['channel:7']);
  });

  test('500 refusals hold the whole platform, and nothing is asked any more', async () => {
    const server = await startScriptedServer(code(403, 50013));
    closing.push(server.close);
    const instance = instanceAt(server.url);
    for (let index = 0; index < 500; index += 1) await failed(instance, post);
    const before = server.calls.length;
    const { failure, message } = await failed(instance, post);
    expect(failure).toMatchObject({ kind: 'rate-limited', scope: 'platform' });
    expect(message).toContain('10,000');
    expect(server.calls).toHaveLength(before);
  });
});
