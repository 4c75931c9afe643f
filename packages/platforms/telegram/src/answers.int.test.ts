import type { RequestListener } from 'node:http';
import { DeliveryError, type DeliveryFailure, messageId, whileOurs } from '@bridge/core';
import { afterEach, describe, expect, test } from 'vitest';
import { createClient } from './api.ts';
import { deleteOf, editOf, reactOf, sendOf, token } from './fixtures/bridge.ts';
import { rawServer, type RawServer } from './fixtures/raw-server.ts';
import { outOfTime } from './fixtures/time.ts';
import { createSender } from './send.ts';

const never = new AbortController().signal;
const ended: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ended.splice(0)) await end();
});

async function against(answer: RequestListener, options: { readonly secure?: boolean } = {}) {
  const server: RawServer = await rawServer(answer, options);
  const sender = createSender(createClient({ token, apiRoot: server.url }));
  ended.push(() => sender.close(), server.close);
  return sender;
}

/** The failure of a send, after making sure that nothing in it gives the token away. */
async function errorOf(sender: ReturnType<typeof createSender>, command = sendOf('x')): Promise<DeliveryError> {
  const error: unknown = await sender.deliver(command, never).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof DeliveryError)) throw new Error(`expected a DeliveryError, got ${String(error)}`);
  expect(`${error.message} ${JSON.stringify(error.answer)} ${error.stack}`).not.toContain(token.slice(8));
  expect(error.cause).toBeUndefined();
  return error;
}

const answering =
  (status: number, body: object | string, headers: Readonly<Record<string, string>> = {}): RequestListener =>
  (request, response) => {
    request.resume().on('end', () => {
      response.writeHead(status, headers).end(typeof body === 'string' ? body : JSON.stringify(body));
    });
  };
const refusal = (code: number, description: string, parameters?: object): RequestListener =>
  answering(code, { ok: false, error_code: code, description, ...(parameters === undefined ? {} : { parameters }) });
const page = (title: string): string => `<html><head><title>${title}</title></head><body>${title}</body></html>`;
const permanent = (reason: string) => ({ kind: 'permanent', reason });

test('a process that has lost the right to a call makes none, over a new connection or a kept one', async () => {
  let calls = 0;
  const sender = await against((request, response) => {
    calls += 1;
    answering(200, { ok: true, result: { message_id: 1, chat: { id: 1, type: 'private' } } })(request, response);
  });
  const without = () =>
    whileOurs(
      () => false,
      () => errorOf(sender),
    );
  expect((await without()).failure).toEqual({ kind: 'shutting-down' });
  await sender.deliver(sendOf('x'), never);
  expect((await without()).failure).toEqual({ kind: 'shutting-down' });
  await sender.deliver(sendOf('x'), never);
  expect(calls).toBe(2);
});

describe('a refusal in the words of the Bot API', () => {
  test.each<[number, string, object]>([
    [400, 'Bad Request: message text is empty', permanent('invalid')],
    [400, 'Bad Request: chat not found', permanent('not-found')],
    [400, 'Bad Request: message thread not found', permanent('not-found')],
    [400, 'Bad Request: TOPIC_CLOSED', permanent('forbidden')],
    [400, 'Bad Request: message is too long', permanent('too-large')],
    [400, 'Bad Request: not enough rights to send photos to the chat', permanent('forbidden')],
    [400, 'Bad Request: CHAT_SEND_MEDIA_FORBIDDEN', permanent('forbidden')],
    [400, 'Bad Request: VOICE_MESSAGES_FORBIDDEN', permanent('forbidden')],
    [401, 'Unauthorized', { kind: 'unauthorised' }],
    [403, 'Forbidden: bot was kicked from the supergroup chat', permanent('forbidden')],
    [403, 'Forbidden: bot was blocked by the user', permanent('forbidden')],
    [404, 'Not Found', { kind: 'unauthorised' }],
    [409, 'Conflict: terminated by other getUpdates request', { kind: 'transient' }],
    [413, 'Request Entity Too Large', permanent('too-large')],
    [500, 'Internal Server Error: restart', { kind: 'transient' }],
    [502, 'Bad Gateway', { kind: 'transient' }],
    [504, 'Gateway Timeout', { kind: 'ambiguous' }],
    [418, 'I am new here', { kind: 'transient' }],
  ])('%i %s', async (code, description, failure) => {
    const error = await errorOf(await against(refusal(code, description)));
    expect(error.failure).toEqual(failure);
    expect(error.answer.code).toBe(code === 504 ? '504' : description);
  });

  test('that nobody knows is named, so that it can be reported', async () => {
    const error = await errorOf(await against(refusal(418, 'I am new here')));
    expect(error.message).toMatch(/does not know.*report.*418 I am new here/);
  });

  test('with the id that a group goes on under', async () => {
    const moved = refusal(400, 'Bad Request: group chat was upgraded to a supergroup chat', { migrate_to_chat_id: -100123 });
    expect((await errorOf(await against(moved))).failure).toEqual({ kind: 'permanent', reason: 'moved', movedTo: '-100123' });
  });
});

describe('being asked to wait', () => {
  const limited = (retryAfterMs: number, scope: 'conversation' | 'platform'): DeliveryFailure => ({
    kind: 'rate-limited',
    retryAfterMs,
    scope,
  });
  test.each<[string, RequestListener, DeliveryFailure]>([
    ['seconds', refusal(429, 'Too Many Requests: retry after 17', { retry_after: 17 }), limited(17_000, 'conversation')],
    ['a part of a second', refusal(429, 'Too Many Requests: retry after 2', { retry_after: 1.5 }), limited(1_500, 'conversation')],
    ['only words', refusal(429, 'Too Many Requests: retry after 31'), limited(31_000, 'conversation')],
    ['nothing', refusal(429, 'Too Many Requests'), limited(1_000, 'conversation')],
    ['a proxy’s header', answering(429, page('slow down'), { 'retry-after': '40' }), limited(40_000, 'platform')],
    ['a proxy’s page', answering(429, page('slow down')), limited(5_000, 'platform')],
    ['a proxy’s date', answering(429, page('slow down'), { 'retry-after': 'Wed, 21 Oct 2026 07:28:00 GMT' }), limited(5_000, 'platform')],
  ])('by %s', async (_what, answer, failure) => {
    expect((await errorOf(await against(answer))).failure).toEqual(failure);
  });
});

describe('an answer that is not the Bot API’s', () => {
  test.each<[number, object]>([
    [200, { kind: 'transient' }],
    [401, { kind: 'transient' }],
    [403, { kind: 'transient' }],
    [404, { kind: 'transient' }],
    [413, permanent('too-large')],
    [500, { kind: 'transient' }],
    [502, { kind: 'transient' }],
    [503, { kind: 'transient' }],
    [504, { kind: 'ambiguous' }],
  ])('a page with status %i', async (status, failure) => {
    const error = await errorOf(await against(answering(status, page('nginx'))));
    expect(error.failure).toEqual(failure);
  });

  test.each(['null', '[]', '"ok"', '{"error":"no"}', '', '{'])('with the body %j', async (body) => {
    expect((await errorOf(await against(answering(200, body)))).failure).toEqual({ kind: 'transient' });
  });
});

describe('an answer that breaks off', () => {
  test('inside the JSON: it may have been carried out', async () => {
    expect((await errorOf(await against(answering(200, '{"ok":true,"result":{"messa')))).failure).toEqual({ kind: 'ambiguous' });
  });

  test('before its announced end', async () => {
    const cut: RequestListener = (request, response) => {
      request.resume().on('end', () => {
        response.writeHead(200, { 'content-length': '500' }).write('{"ok":true,');
        setImmediate(() => response.destroy());
      });
    };
    expect((await errorOf(await against(cut))).failure).toEqual({ kind: 'ambiguous' });
  });

  test('without a message id, although it says ok', async () => {
    expect((await errorOf(await against(answering(200, { ok: true, result: {} })))).failure).toEqual({ kind: 'ambiguous' });
    expect((await errorOf(await against(answering(200, { ok: true })))).failure).toEqual({ kind: 'ambiguous' });
  });
});

describe('no answer', () => {
  const resetting: RequestListener = (request) => void request.resume().on('end', () => request.socket.resetAndDestroy());

  test('in time: the request had left', async () => {
    let requests = 0;
    const sender = await against((request) => void request.resume().on('end', () => (requests += 1)));
    const error = await outOfTime(
      () => errorOf(sender),
      () => requests === 1,
    );
    expect(error.failure).toEqual({ kind: 'ambiguous' });
  });

  test('but a reset, after the request was read', async () => {
    expect((await errorOf(await against(resetting))).failure).toEqual({ kind: 'ambiguous' });
  });

  test.each([
    ['an edit', editOf(messageId('1'), 'x')],
    ['a delete', deleteOf('1')],
    ['a reaction', reactOf(messageId('1'), '👍', true)],
  ])('to %s leaves no doubt: it is simply done again', async (_what, command) => {
    expect((await errorOf(await against(resetting), command)).failure).toEqual({ kind: 'transient' });
  });

  test('because the certificate is not trusted: nothing was sent, and the fix is named', async () => {
    let requests = 0;
    const error = await errorOf(await against(() => (requests += 1), { secure: true }));
    expect(error.failure).toEqual({ kind: 'transient' });
    expect(error.message).toContain('NODE_EXTRA_CA_CERTS');
    expect(requests).toBe(0);
  });
});

test('a reply to what is gone, where Telegram insists on it, is sent without', async () => {
  const forms: string[] = [];
  const sender = await against((request, response) => {
    let form = '';
    request.on('data', (chunk: Buffer) => (form += chunk.toString()));
    request.on('end', () => {
      forms.push(form);
      const refused = form.includes('reply_parameters');
      response.end(
        JSON.stringify(
          refused
            ? { ok: false, error_code: 400, description: 'Bad Request: message to be replied not found' }
            : { ok: true, result: { message_id: 5, chat: { id: 1 } } },
        ),
      );
    });
  });
  expect(await sender.deliver(sendOf('x', { replyTo: messageId('9') }), never)).toEqual({ message: '5' });
  expect(forms).toHaveLength(2);
});

describe('what is repeated has no second effect', () => {
  test.each([
    ['an edit', editOf(messageId('1'), 'x'), 'Bad Request: message is not modified: specified new message content …'],
    ['a delete', deleteOf('1'), 'Bad Request: message to delete not found'],
    ['taking a reaction away', reactOf(messageId('1'), '👍', false), 'Bad Request: message to react not found'],
  ])('%s that was done already is done', async (_what, command, description) => {
    const sender = await against(refusal(400, description));
    expect(await sender.deliver({ ...command, ambiguous: true }, never)).toEqual({ message: '1' });
  });

  test('a reaction to a message that is gone is no success', async () => {
    const sender = await against(refusal(400, 'Bad Request: message to react not found'));
    expect((await errorOf(sender, reactOf(messageId('1'), '👍', true))).failure).toEqual(permanent('message-gone'));
  });
});
