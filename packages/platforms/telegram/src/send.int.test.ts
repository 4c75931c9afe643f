import { createServer, type Server } from 'node:http';
import { conversationId, DeliveryError, type DeliveryFailure, messageId, type Sender } from '@bridge/core';
import type { TelegramSimulator } from '@bridge/simulators';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createClient } from './api.ts';
import { deleteOf, editOf, forumId, groupId, reactOf, sendOf, startTelegram, token } from './fixtures/bridge.ts';
import { outOfTime } from './fixtures/time.ts';
import { createSender } from './send.ts';

const never = new AbortController().signal;
let telegram: TelegramSimulator;
let sender: Sender;
beforeEach(async () => {
  telegram = await startTelegram();
  sender = createSender(createClient({ token, apiRoot: telegram.url }));
});
afterEach(async () => {
  // A client whose calls the API does not take is wrong, whatever it answers.
  expect(telegram.violations).toEqual([]);
  await sender.close();
  await telegram.close();
});

async function failureOf(promise: Promise<unknown>): Promise<DeliveryError> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof DeliveryError)) throw new Error(`expected a DeliveryError, got ${String(error)}`);
  expect(`${error.message} ${JSON.stringify(error.answer)} ${error.stack}`).not.toContain(token.slice(8));
  expect(error.cause).toBeUndefined();
  return error;
}
const failed = async (promise: Promise<unknown>): Promise<DeliveryFailure> => (await failureOf(promise)).failure;
const shown = (room = groupId) => telegram.messages(room).filter((message) => !message.deleted);

describe('what is sent', () => {
  test('a message with formatting arrives as it is meant', async () => {
    const body = [
      {
        type: 'paragraph' as const,
        children: [
          { type: 'bold' as const, children: [{ type: 'text' as const, text: 'hi' }] },
          { type: 'text' as const, text: ' <b>' },
        ],
      },
    ];
    const receipt = await sender.deliver(sendOf('', { body }), never);
    const [message] = shown();
    expect(receipt).toEqual({ message: message?.id });
    expect(message).toMatchObject({ text: 'hi <b>', viaApi: true, source: { entities: [{ type: 'bold', offset: 0, length: 2 }] } });
    expect(telegram.calls[0]?.body).not.toHaveProperty('parse_mode');
  });

  test('a message to a topic goes there, and its link opens it', async () => {
    const receipt = await sender.deliver(sendOf('an idea', { conversation: conversationId(`${forumId}/7`) }), never);
    const message = telegram.messages(forumId).at(-1);
    expect(message).toMatchObject({ text: 'an idea', source: { topic: 7 } });
    expect(receipt.messageUrl).toBe(`https://t.me/c/1234567890/7/${message?.id}`);
  });

  test('an edit changes it; the same edit again is no failure', async () => {
    const { message } = await sender.deliver(sendOf('one'), never);
    expect(await sender.deliver(editOf(message, 'two'), never)).toEqual({ message });
    expect(await sender.deliver(editOf(message, 'two'), never)).toEqual({ message });
    expect(shown().map(({ text }) => text)).toEqual(['two']);
  });

  test('a delete removes it; the same delete again is no failure', async () => {
    const { message } = await sender.deliver(sendOf('one'), never);
    await sender.deliver(deleteOf(message), never);
    await sender.deliver(deleteOf(message), never);
    expect(shown()).toEqual([]);
  });

  test('a reaction is put there and taken away', async () => {
    const { message } = await sender.deliver(sendOf('one'), never);
    await sender.deliver(reactOf(message, '👍', true), never);
    expect(shown()[0]?.source).toMatchObject({ reactions: { 7000001: ['👍'] } });
    await sender.deliver(reactOf(message, '👍', false), never);
    expect(shown()[0]?.source).toMatchObject({ reactions: {} });
    expect(await failed(sender.deliver(reactOf(message, '🦖', true), never))).toEqual({ kind: 'permanent', reason: 'invalid' });
  });

  test('a reaction is written as Telegram’s list has it', async () => {
    const { message } = await sender.deliver(sendOf('one'), never);
    await sender.deliver(reactOf(message, '❤️', true), never);
    expect(telegram.calls.at(-1)?.body).toMatchObject({ reaction: '[{"type":"emoji","emoji":"❤"}]' });
  });

  test('what measure calls 4096 fits, and one more does not', async () => {
    const fits = sendOf('👍'.repeat(2048));
    expect(fits.type === 'send' && sender.measure(fits.body)).toBe(4096);
    await sender.deliver(fits, never);
    expect(await failed(sender.deliver(sendOf('x'.repeat(4097)), never))).toEqual({ kind: 'permanent', reason: 'too-large' });
  });

  test('connections are kept', async () => {
    let sockets = 0;
    // Not let go of by the server while the test is held up.
    const counting = createServer({ keepAliveTimeout: 60_000 }, (_request, response) => {
      response.end(JSON.stringify({ ok: true, result: { message_id: 1, chat: { id: 1 } } }));
    }).on('connection', () => (sockets += 1));
    const { url, close } = await listening(counting);
    const own = createSender(createClient({ token, apiRoot: url, connections: 2 }));
    for (let count = 0; count < 5; count += 1) await own.deliver(sendOf('x'), never);
    await Promise.all(Array.from({ length: 20 }, () => own.deliver(sendOf('x'), never)));
    expect(sockets).toBeLessThanOrEqual(2);
    await own.close();
    await close();
  });
});

describe('what is refused', () => {
  test('an unknown chat, a wrong topic, a message that is gone', async () => {
    expect(await failed(sender.deliver(sendOf('x', { conversation: conversationId('-1') }), never))).toEqual({
      kind: 'permanent',
      reason: 'not-found',
    });
    expect(await failed(sender.deliver(sendOf('x', { conversation: conversationId(`${forumId}/8`) }), never))).toEqual({
      kind: 'permanent',
      reason: 'not-found',
    });
    const gone = { kind: 'permanent', reason: 'message-gone' };
    expect(await failed(sender.deliver(editOf(messageId('999'), 'x'), never))).toEqual(gone);
    expect(await failed(sender.deliver(reactOf(messageId('999'), '👍', true), never))).toEqual(gone);
  });

  test('a bot that was removed from the chat', async () => {
    telegram.setBotStatus(groupId, 'kicked');
    const error = await failureOf(sender.deliver(sendOf('x'), never));
    expect(error.failure).toEqual({ kind: 'permanent', reason: 'forbidden' });
    expect(error.message).toContain('Add it again');
    expect(error.answer.status).toBe(403);
  });

  test('a group that became a supergroup tells where it went', async () => {
    const moved = telegram.upgradeToSupergroup(groupId);
    expect(await failed(sender.deliver(sendOf('x'), never))).toEqual({ kind: 'permanent', reason: 'moved', movedTo: moved });
  });

  test('a wrong token', async () => {
    const wrong = createSender(createClient({ token: '7000001:wrong', apiRoot: telegram.url }));
    expect(await failed(wrong.deliver(sendOf('x'), never))).toEqual({ kind: 'unauthorised' });
    await wrong.close();
  });

  test('too many messages: the time to wait comes with it, in milliseconds', async () => {
    telegram.faults.add({ fault: { kind: 'rate-limit', retryAfterMs: 7_000 }, times: 1 });
    expect(await failed(sender.deliver(sendOf('x'), never))).toEqual({ kind: 'rate-limited', retryAfterMs: 7_000, scope: 'conversation' });
    expect(shown()).toEqual([]);
  });

  test('formatting that Telegram refuses is left out, and the words arrive', async () => {
    const server = createServer((request, response) => {
      let form = '';
      request.on('data', (chunk: Buffer) => (form += chunk.toString()));
      request.on('end', () => {
        const bad = new URLSearchParams(form).get('entities') !== '[]';
        response.statusCode = bad ? 400 : 200;
        response.end(
          JSON.stringify(
            bad
              ? { ok: false, error_code: 400, description: "Bad Request: can't parse entities" }
              : { ok: true, result: { message_id: 5 } },
          ),
        );
      });
    });
    const { url, close } = await listening(server);
    const own = createSender(createClient({ token, apiRoot: url }));
    const body = [{ type: 'paragraph' as const, children: [{ type: 'bold' as const, children: [{ type: 'text' as const, text: 'hi' }] }] }];
    expect(await own.deliver(sendOf('', { body }), never)).toEqual({ message: '5' });
    await own.close();
    await close();
  });
});

describe('what fails on the way', () => {
  test.each([500, 502, 503])('a %i from the API or a proxy is tried later, and was asked for once', async (status) => {
    telegram.faults.add({ fault: { kind: 'status', status }, times: 1 });
    expect(await failed(sender.deliver(sendOf('x'), never))).toEqual({ kind: 'transient' });
    telegram.faults.add({ fault: { kind: 'status', status, html: true }, times: 1 });
    expect(await failed(sender.deliver(sendOf('x'), never))).toEqual({ kind: 'transient' });
    expect(telegram.calls).toHaveLength(2);
  });

  test('a page of a proxy that calls the body too large', async () => {
    telegram.faults.add({ fault: { kind: 'status', status: 413, html: true }, times: 1 });
    expect(await failed(sender.deliver(sendOf('x'), never))).toEqual({ kind: 'permanent', reason: 'too-large' });
  });

  test.each(['reset', 'accept-then-reset', 'hang'] as const)(
    '%s after the request left is ambiguous, and was asked for once',
    async (kind) => {
      telegram.faults.add({ fault: { kind } });
      const deliver = () => failed(sender.deliver(sendOf('x'), never));
      const failure = kind === 'hang' ? outOfTime(deliver, () => telegram.faults.hits.hang === 1) : deliver();
      expect(await failure).toEqual({ kind: 'ambiguous' });
      expect(telegram.calls).toHaveLength(1);
      expect(shown()).toHaveLength(kind === 'accept-then-reset' ? 1 : 0);
    },
  );

  test('a refused connection and an unknown host are transient: nothing was sent', async () => {
    const { url, close } = await listening(createServer());
    await close();
    const refused = createSender(createClient({ token, apiRoot: url }));
    const error = await failureOf(refused.deliver(sendOf('x'), never));
    expect(error.failure).toEqual({ kind: 'transient' });
    expect(error.answer.code).toBe('ECONNREFUSED');
    const unknown = createSender(createClient({ token, apiRoot: 'http://telegram.invalid' }));
    expect(await failed(unknown.deliver(sendOf('x'), never))).toEqual({ kind: 'transient' });
    await Promise.all([refused.close(), unknown.close()]);
  });

  test('TLS that is none is transient', async () => {
    const tls = createSender(createClient({ token, apiRoot: telegram.url.replace('http:', 'https:') }));
    expect(await failed(tls.deliver(sendOf('x'), never))).toEqual({ kind: 'transient' });
    await tls.close();
  });

  test('an address that is none says nothing of the token', async () => {
    const broken = createSender(createClient({ token, apiRoot: 'nonsense' }));
    await failureOf(broken.deliver(sendOf('x'), never));
    await broken.close();
  });

  test('stopping before anything was sent, and while the answer is awaited', async () => {
    expect(await failed(sender.deliver(sendOf('x'), AbortSignal.abort()))).toEqual({ kind: 'shutting-down' });
    expect(telegram.calls).toEqual([]);
    telegram.faults.add({ fault: { kind: 'hang' } });
    const stop = new AbortController();
    const outcome = failed(sender.deliver(sendOf('x'), stop.signal));
    await expect.poll(() => telegram.calls.length).toBe(1);
    stop.abort();
    expect(await outcome).toEqual({ kind: 'ambiguous' });
  });

  test('stopping while all connections are busy: this one was not sent', async () => {
    const narrow = createSender(createClient({ token, apiRoot: telegram.url, connections: 1 }));
    telegram.faults.add({ fault: { kind: 'hang' } });
    const stop = new AbortController();
    const first = failed(narrow.deliver(sendOf('one'), stop.signal));
    await expect.poll(() => telegram.calls.length).toBe(1);
    const second = failed(narrow.deliver(sendOf('two'), stop.signal));
    stop.abort();
    expect([await first, await second]).toEqual([{ kind: 'ambiguous' }, { kind: 'shutting-down' }]);
    await narrow.close();
  });
});

async function listening(server: Server): Promise<{ readonly url: string; close(): Promise<void> }> {
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise<void>((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
