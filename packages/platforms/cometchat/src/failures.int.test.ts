import { createServer as createTlsServer, type Server } from 'node:https';
import { DeliveryError, type DeliveryFailure, conversationId, type Command } from '@bridge/core';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createClient } from './client.ts';
import { apiKey, deleteOf, editOf, reactOf, sendOf } from './fixtures/bridge.ts';
import { http, refusalOf, type Script, type ScriptedServer, startScripted } from './fixtures/scripted.ts';
import { selfSigned } from './fixtures/self-signed.ts';
import { outOfTime } from './fixtures/time.ts';
import { createSender } from './send.ts';

const never = new AbortController().signal;
const conversation = conversationId('user:cometchat-uid-1');
const commands: readonly Command[] = [
  sendOf('hush', { conversation }),
  editOf('7', 'hush', { conversation }),
  { ...reactOf('7', '👍', true), conversation },
  deleteOf('7', conversation),
];
const send = sendOf('hush', { conversation });
let server: ScriptedServer;
beforeEach(async () => {
  server = await startScripted({ after: 'hang' });
});
afterEach(() => server.close());

async function errorOf(command: Command, base = server.base): Promise<DeliveryError> {
  const sender = createSender(createClient({ base, apiKey }), { senderMode: 'single', bridgeUid: 'bridge' });
  const error: unknown = await sender.deliver(command, never).catch((reason: unknown) => reason);
  await sender.close();
  if (!(error instanceof DeliveryError)) throw new Error(`expected a DeliveryError, got ${JSON.stringify(error)}`);
  const told = `${error.message} ${JSON.stringify(error.answer)} ${error.stack}`;
  expect(told).not.toContain(apiKey);
  expect(told).not.toContain('hush');
  return error;
}

const json = { 'content-type': 'application/json' };
const page = '<html><head><title>Some proxy</title></head><body>hush</body></html>';
const html = { 'content-type': 'text/html' };
const permanent = (reason: string) => ({ kind: 'permanent', reason });
const transient = { kind: 'transient' };
const ambiguous = { kind: 'ambiguous' };
const unauthorised = { kind: 'unauthorised' };
const limited = (retryAfterMs: number) => ({ kind: 'rate-limited', retryAfterMs, scope: 'platform' });

test.each<[string, string, object]>([
  ['400 that names the fault', refusalOf(400, 'ERR_BAD_REQUEST'), permanent('invalid')],
  ['400 for empty text', refusalOf(400, 'ERR_EMPTY_MESSAGE_TEXT'), permanent('invalid')],
  ['400 for a message that is too large', refusalOf(400, 'ERR_MESSAGE_TOO_LARGE'), permanent('too-large')],
  ['400 for a member that is banned', refusalOf(400, 'ERR_BANNED_GROUPMEMBER'), permanent('forbidden')],
  ['400 with a code that nobody knows', refusalOf(400, 'ERR_OF_TOMORROW'), transient],
  ['400 that is a page', http(400, page, html), transient],
  ['401', refusalOf(401, 'AUTH_ERR_APIKEY_NOT_FOUND'), unauthorised],
  ['401 that is a page', http(401, page, html), unauthorised],
  ['402 for the plan', refusalOf(402, 'ERR_PLAN_RESTRICTION'), permanent('forbidden')],
  ['403', refusalOf(403, 'ERR_MESSAGE_NO_ACCESS_AT_ALL'), permanent('forbidden')],
  ['403 of a firewall', http(403, page, html), transient],
  ['404', refusalOf(404, 'ERR_GUID_NOT_FOUND'), permanent('not-found')],
  ['404 of a wrong address', http(404, page, html), transient],
  ['409 with a code that nobody knows', refusalOf(409, 'ERR_CONFLICT_OF_TOMORROW'), transient],
  ['413 of a proxy', http(413, page, html), permanent('too-large')],
  ['429 with seconds', refusalOf(429, 'ERR_TOO_MANY_REQUESTS', { 'retry-after': '15' }), limited(15_000)],
  ['429 with part of a second', refusalOf(429, 'ERR_TOO_MANY_REQUESTS', { 'retry-after': '0.25' }), limited(250)],
  ['429 without a word', http(429, '', {}), limited(15_000)],
  ['429 that is a page', http(429, page, { ...html, 'retry-after': '3' }), limited(3_000)],
  ['a limit with another status', refusalOf(400, 'ERR_TOO_MANY_REQUESTS', { 'retry-after': '2' }), limited(2_000)],
  ['500', refusalOf(500, 'ERR_EXCEPTION'), transient],
  ['500 that names a code of another kind', refusalOf(500, 'ERR_GUID_NOT_FOUND'), transient],
  ['502 of a proxy', http(502, page, html), transient],
  ['503 with an empty body', http(503, '', { 'retry-after': '30' }), transient],
  ['504 whose JSON is none', http(504, '{"error":', json), transient],
  ['a redirect', http(302, '', { location: 'http://127.0.0.1:1/elsewhere' }), transient],
  ['an error that has another shape', http(400, '{"error":"hush"}', json), transient],
  ['an error that is null', http(400, 'null', json), transient],
])('%s', async (_what, answer, failure) => {
  server.script = { answer, after: 'hang' };
  for (const command of [send, deleteOf('7', conversation)]) {
    const error = await errorOf(command);
    expect(error.failure).toEqual(failure);
    expect(error.answer.status).toBe(Number(answer.slice(9, 12)));
  }
  // Each was asked once, and nothing was asked elsewhere.
  expect(server.asked.filter((call) => !call.startsWith('GET'))).toHaveLength(2);
});

const cut = http(200, '{"data":{"id"', { ...json, 'content-length': '500' });
test.each<[string, Script, object]>([
  ['a reset before anything was read', { after: 'reset', atOnce: true }, transient],
  ['a reset instead of an answer', { after: 'reset' }, ambiguous],
  ['an orderly end instead of an answer', { after: 'end' }, ambiguous],
  ['a body that is cut by a reset', { answer: cut, after: 'reset' }, ambiguous],
  ['a body that is cut by an end', { answer: cut, after: 'end' }, ambiguous],
  ['an error whose body is cut', { answer: http(500, '{"err', { ...json, 'content-length': '500' }), after: 'end' }, ambiguous],
  ['a success that is a page', { answer: http(200, page, html), after: 'hang' }, ambiguous],
  ['a success that is half a JSON', { answer: http(200, '{"data":{"id"', json), after: 'hang' }, ambiguous],
  ['what is no HTTP', { answer: 'SSH-2.0-OpenSSH_9.9\r\n', after: 'end' }, ambiguous],
])('%s', async (_what, script, failure) => {
  server.script = script;
  const told: DeliveryFailure[] = [];
  for (const command of commands) told.push((await errorOf(command)).failure);
  // Before the author's user is known to be there nothing of the effect can have begun.
  const expected = script.atOnce
    ? commands.map(({ type }) => (type === 'delete' ? expect.anything() : failure))
    : commands.map(() => failure);
  expect(told).toEqual(expected);
});

test('a send that succeeds without an id was taken, but nobody knows as what', async () => {
  server.script = { answer: http(200, '{"data":{}}', json), after: 'hang' };
  expect((await errorOf(send)).failure).toEqual(ambiguous);
});

const trickling = 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ncontent-type: application/json\r\n\r\n1\r\n{\r\n';
test.each<[string, Script]>([
  ['no answer', { after: 'hang' }],
  ['a body that does not end', { answer: cut, after: 'hang' }],
  ['an answer that trickles in', { answer: trickling, after: 'hang' }],
])('%s: given up when its time is over', async (_what, script) => {
  server.script = script;
  const acted = () => server.asked.filter((call) => !call.startsWith('GET')).length;
  for (const [before, command] of commands.entries()) {
    const { failure } = await outOfTime(
      () => errorOf(command),
      () => acted() > before,
    );
    expect(failure).toEqual(ambiguous);
  }
});

describe('nothing left this machine', () => {
  test('nobody listens', async () => {
    await server.close();
    const error = await errorOf(send);
    expect(error.failure).toEqual(transient);
    expect(error.message).toContain('ECONNREFUSED');
  });

  test('the name is unknown', async () => {
    const error = await errorOf(send, 'http://cometchat.invalid/v3');
    expect(error.failure).toEqual(transient);
    expect(error.message).toContain('COMETCHAT_REGION');
  });

  test('the certificate is not trusted, and the request is not sent', async () => {
    const asked: (string | undefined)[] = [];
    const tls = createTlsServer(selfSigned, (request, response) => {
      asked.push(request.url);
      response.end('{}');
    });
    const base = await listen(tls);
    const error = await errorOf(deleteOf('7', conversation), base);
    expect(error.failure).toEqual(transient);
    expect(error.message).toMatch(/certificate is not trusted/);
    expect(asked).toEqual([]);
    await new Promise((resolve) => void tls.close(resolve));
  });
});

async function listen(tls: Server): Promise<string> {
  await new Promise<void>((resolve) => void tls.listen(0, '127.0.0.1', resolve));
  const address = tls.address();
  return `https://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}/v3`;
}

describe('limits', () => {
  const answerWith = (headers: Readonly<Record<string, string>>) => http(200, '{"data":{"id":"5"}}', { ...json, ...headers });
  const receipt = async (headers: Readonly<Record<string, string>>, command: Command = send) => {
    server.script = { answer: answerWith(headers), after: 'hang' };
    const sender = createSender(createClient({ base: server.base, apiKey }), { senderMode: 'single', bridgeUid: 'bridge' });
    const done = await sender.deliver(command, never);
    await sender.close();
    return done;
  };

  test('an answer that leaves some is a receipt and no more', async () => {
    expect(await receipt({ 'x-rate-limit': '700', 'x-rate-limit-remaining': '699' })).toEqual({ message: '5' });
    expect(await receipt({ 'x-rate-limit-remaining': 'hush' })).toEqual({ message: '5' });
  });

  test('one that leaves none says until when, for the whole app', async () => {
    for (const command of commands) {
      expect((await receipt({ 'x-rate-limit-remaining': '0' }, command)).exhausted).toEqual({ key: 'app', forMs: 15_000 });
    }
    const reset = String(Math.floor(Date.now() / 1000) + 30);
    const { exhausted } = await receipt({ 'x-rate-limit-remaining': '0', 'x-rate-limit-reset': reset });
    expect(exhausted?.key).toBe('app');
    expect(exhausted?.forMs).toBeGreaterThan(20_000);
    expect(exhausted?.forMs).toBeLessThanOrEqual(30_000);
    expect((await receipt({ 'x-rate-limit-remaining': '0', 'retry-after': '3' })).exhausted).toEqual({ key: 'app', forMs: 3_000 });
  });

  test('the documented rate of the app is kept to, the same for every conversation', () => {
    const sender = createSender(createClient({ base: server.base, apiKey }), { senderMode: 'puppets', bridgeUid: 'bridge' });
    const limits = sender.limits?.(conversation) ?? [];
    expect(limits).toHaveLength(1);
    expect(sender.limits?.(conversationId('group:other'))).toEqual(limits);
    for (const { key, count, perMs, burst } of limits) {
      expect([key, perMs]).toEqual(['app', 60_000]);
      expect(count + burst).toBeLessThanOrEqual(20_000);
    }
  });
});
