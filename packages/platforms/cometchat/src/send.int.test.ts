import { createServer } from 'node:http';
import { conversationId, DeliveryError, type DeliveryFailure, platformId, type Sender, userId } from '@bridge/core';
import type { CometChatSimulator } from '@bridge/simulators';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createClient } from './client.ts';
import { ana, apiKey, deleteOf, editOf, guid, reactOf, sendOf, startCometChat } from './fixtures/bridge.ts';
import { outOfTime } from './fixtures/time.ts';
import { createSender } from './send.ts';

const never = new AbortController().signal;
const puppet = 'bridge_telegram_5550001';
const puppets = { senderMode: 'puppets', bridgeUid: 'bridge' } as const;
let cometchat: CometChatSimulator;
let sender: Sender;
beforeEach(async () => {
  cometchat = await startCometChat();
  sender = createSender(createClient({ base: cometchat.url, apiKey }), puppets);
});
afterEach(async () => {
  // A client whose calls the API does not know is wrong, whatever it answers.
  expect(cometchat.violations).toEqual([]);
  await sender.close();
  await cometchat.close();
});

async function failureOf(promise: Promise<unknown>): Promise<DeliveryError> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof DeliveryError)) throw new Error(`expected a DeliveryError, got ${String(error)}`);
  const told = `${error.message} ${JSON.stringify(error.answer)} ${error.stack}`;
  expect(told).not.toContain(apiKey);
  expect(told).not.toContain('hush');
  expect(error.cause).toBeUndefined();
  return error;
}
const failed = async (promise: Promise<unknown>): Promise<DeliveryFailure> => (await failureOf(promise)).failure;
const shown = (room = guid) => cometchat.messages(room).filter((message) => !message.deleted);
const called = () => cometchat.calls.map(({ method, path }) => `${method} ${path.replace(/^\/v3/, '')}`);

describe('puppets', () => {
  test('the first message makes the author’s user, adds it to the group and is sent once', async () => {
    const receipt = await sender.deliver(sendOf('hello'), never);
    expect(called()).toEqual([`GET /users/${puppet}`, 'POST /users', 'POST /messages', `POST /groups/${guid}/members`, 'POST /messages']);
    const [message, ...others] = shown();
    expect(others).toEqual([]);
    expect(receipt).toEqual({ message: message?.id });
    expect(message).toMatchObject({ text: 'hello', author: { id: puppet, name: 'Ana Sousa (Telegram)' } });
    expect(message?.source).toMatchObject({
      muid: `${sendOf('').delivery}-0`,
      tags: ['bridge', `bridge-${sendOf('').delivery}-0`],
      data: { metadata: { bridge: { v: 1, delivery: sendOf('').delivery, step: 0, origin: 'telegram' } } },
    });
  });

  test('the second one costs one call', async () => {
    await sender.deliver(sendOf('one'), never);
    const before = cometchat.calls.length;
    await sender.deliver(sendOf('two'), never);
    expect(called().slice(before)).toEqual(['POST /messages']);
  });

  test('a user that is there from an earlier run is brought up to date', async () => {
    await sender.deliver(sendOf('one', { author: { ...ana, avatar: 'https://example.org/old.png' } }), never);
    const later = createSender(createClient({ base: cometchat.url, apiKey }), puppets);
    const before = cometchat.calls.length;
    await later.deliver(sendOf('two', { label: 'Ana S. (Telegram)', author: { ...ana, avatar: 'https://example.org/new.png' } }), never);
    expect(called().slice(before)).toEqual([`GET /users/${puppet}`, `PUT /users/${puppet}`, 'POST /messages']);
    expect(cometchat.users.find(({ uid }) => uid === puppet)).toMatchObject({
      name: 'Ana S. (Telegram)',
      avatar: 'https://example.org/new.png',
    });
    await later.deliver(sendOf('three', { label: 'Ana S. (Telegram)' }), never);
    expect(cometchat.users.find(({ uid }) => uid === puppet)?.avatar).not.toBe('https://example.org/new.png');
    await later.close();
  });

  test('a name that is too long is cut, an avatar that no other can fetch is left out', async () => {
    await sender.deliver(sendOf('x', { label: '👍'.repeat(120), author: { ...ana, avatar: 'data:image/png;base64,AAAA' } }), never);
    const user = cometchat.users.find(({ uid }) => uid === puppet);
    expect(user?.name).toBe('👍'.repeat(100));
    expect(user?.avatar ?? '').not.toContain('data:');
  });

  test('authors of different platforms, and of hostile ids, have users of their own', async () => {
    await sender.deliver(sendOf('a', { origin: platformId('discord') }), never);
    await sender.deliver(sendOf('b', { author: { ...ana, id: userId('Ünï/çödé') } }), never);
    await sender.deliver(sendOf('c', { author: { ...ana, id: userId('ünï/çödé') } }), never);
    const uids = shown().map(({ author }) => author.id);
    expect(new Set(uids).size).toBe(3);
    expect(uids[0]).toBe('bridge_discord_5550001');
    for (const uid of uids) expect(uid).toMatch(/^bridge_[a-z0-9_-]{1,90}$/);
  });

  test('it says so', () => {
    expect(sender.impersonates(conversationId(`group:${guid}`))).toBe(true);
    expect(sender.impersonates(conversationId('user:cometchat-uid-1'))).toBe(false);
  });
});

test.each([guid, 'cometchat-uid-1'])('a user that somebody deletes is made again, for %s', async (receiver) => {
  const conversation = conversationId(receiver === guid ? `group:${guid}` : `user:${receiver}`);
  const admin = createClient({ base: cometchat.url, apiKey });
  await sender.deliver(sendOf('one', { conversation }), never);
  const uid = receiver === guid ? puppet : 'bridge';
  await admin.call({ method: 'DELETE', path: `/users/${uid}`, body: { permanent: true } }, never);
  await sender.deliver(sendOf('two', { conversation, step: 1 }), never);
  expect(cometchat.users.map((user) => user.uid)).toContain(uid);
  expect(shown(receiver === guid ? guid : 'bridge_user_cometchat-uid-1').map(({ text }) => text)).toEqual(['one', 'two']);
  admin.close();
});

describe('the bridge’s own user', () => {
  test('writes in one-to-one conversations', async () => {
    await sender.deliver(sendOf('hello', { conversation: conversationId('user:cometchat-uid-1') }), never);
    expect(shown('bridge_user_cometchat-uid-1')).toMatchObject([{ text: 'hello', author: { id: 'bridge' } }]);
    expect(called()).toEqual(['GET /users/bridge', 'POST /users', 'POST /messages']);
  });

  test('writes everywhere with single mode, and keeps the name that the operator gave it', async () => {
    await cometchat.close();
    cometchat = await startCometChat({ people: [{ id: 'bridge', name: 'Our Bridge' }] });
    const single = createSender(createClient({ base: cometchat.url, apiKey }), { senderMode: 'single', bridgeUid: 'bridge' });
    await single.deliver(sendOf('hello'), never);
    expect(shown()).toMatchObject([{ text: 'hello', author: { id: 'bridge', name: 'Our Bridge' } }]);
    expect(single.impersonates(conversationId(`group:${guid}`))).toBe(false);
    await single.close();
  });
});

describe('changes', () => {
  test('an edit by the author, and by somebody else', async () => {
    const { message } = await sender.deliver(sendOf('one'), never);
    expect(await sender.deliver(editOf(message, 'two'), never)).toEqual({ message });
    expect(shown()[0]).toMatchObject({ text: 'two', source: { data: { metadata: { bridge: { v: 1 } } } } });
    await sender.deliver(editOf(message, 'three', { author: { ...ana, id: userId('9'), displayName: 'Moderator' } }), never);
    expect(shown()[0]?.text).toBe('three');
  });

  test('an edit of, and a reaction to, what is gone', async () => {
    const gone = { kind: 'permanent', reason: 'message-gone' };
    expect(await failed(sender.deliver(editOf('999', 'x'), never))).toEqual(gone);
    const { message } = await sender.deliver(sendOf('one'), never);
    cometchat.remove({ room: guid, message });
    expect(await failed(sender.deliver(editOf(message, 'x'), never))).toEqual(gone);
    expect(await failed(sender.deliver(reactOf('999', '👍', true), never))).toEqual(gone);
    expect(await sender.deliver(reactOf('999', '👍', false), never)).toEqual({ message: '999' });
  });

  test('a delete, and the same again', async () => {
    const { message } = await sender.deliver(sendOf('one'), never);
    expect(await sender.deliver(deleteOf(message), never)).toEqual({ message });
    expect(await sender.deliver(deleteOf(message), never)).toEqual({ message });
    expect(shown()).toEqual([]);
  });

  test('a reaction by the author’s own user, there and away, twice each', async () => {
    const { id } = cometchat.post({ room: guid, author: 'cometchat-uid-1', text: 'hi' });
    await sender.deliver(reactOf(id, '👩‍👩‍👧‍👦', true), never);
    await sender.deliver(reactOf(id, '👩‍👩‍👧‍👦', true), never);
    expect(shown()[0]?.source).toMatchObject({ reactions: [{ reaction: '👩‍👩‍👧‍👦', uid: puppet }] });
    await sender.deliver(reactOf(id, '👩‍👩‍👧‍👦', false), never);
    await sender.deliver(reactOf(id, '👩‍👩‍👧‍👦', false), never);
    expect(shown()[0]?.source).toMatchObject({ reactions: [] });
  });
});

describe('text', () => {
  test('a mention token written elsewhere mentions nobody', async () => {
    await sender.deliver(sendOf('look <@uid:cometchat-uid-1>'), never);
    expect(shown()[0]?.text).toBe('look <\u200B@uid:cometchat-uid-1>');
  });

  test.each(['x', '"', '\n', 'é', '👍', '\u0000'])('9,000 bytes of %j as measured are taken', async (piece) => {
    const { body } = sendOf(piece);
    const count = Math.floor(9_000 / sender.measure(body));
    const full = sendOf(`a${piece.repeat(count - 1)}`);
    expect(sender.measure(full.body)).toBeLessThanOrEqual(9_000);
    await sender.deliver(full, never);
    expect(shown()).toHaveLength(1);
  });

  test('more is refused by CometChat for good', async () => {
    expect((await failed(sender.deliver(sendOf('x'.repeat(70_000)), never))).kind).toBe('permanent');
  });
});

describe('what fails', () => {
  test('an unknown group', async () => {
    const error = await failureOf(sender.deliver(sendOf('hush', { conversation: conversationId('group:nowhere') }), never));
    expect(error.failure).toEqual({ kind: 'permanent', reason: 'not-found' });
    expect(error.message).toContain('`group` in bridges.yaml');
  });

  test('an unknown person', async () => {
    expect(await failed(sender.deliver(sendOf('hush', { conversation: conversationId('user:nobody') }), never))).toEqual({
      kind: 'permanent',
      reason: 'not-found',
    });
  });

  test('a wrong key', async () => {
    const wrong = createSender(createClient({ base: cometchat.url, apiKey: 'wrong' }), puppets);
    expect(await failed(wrong.deliver(sendOf('hush'), never))).toEqual({ kind: 'unauthorised' });
    await wrong.close();
  });

  test('the app’s limit holds the whole platform', async () => {
    await sender.deliver(sendOf('one'), never);
    cometchat.faults.add({ fault: { kind: 'rate-limit', retryAfterMs: 15_000 }, times: 1 });
    expect(await failed(sender.deliver(sendOf('hush'), never))).toEqual({ kind: 'rate-limited', retryAfterMs: 15_000, scope: 'platform' });
  });

  test.each([500, 502, 503])('%i, from the API or a proxy, is tried later', async (status) => {
    await sender.deliver(sendOf('one'), never);
    const before = cometchat.calls.length;
    cometchat.faults.add({ fault: { kind: 'status', status }, times: 1 });
    expect(await failed(sender.deliver(sendOf('hush'), never))).toEqual({ kind: 'transient' });
    cometchat.faults.add({ fault: { kind: 'status', status, html: true }, times: 1 });
    expect(await failed(sender.deliver(sendOf('hush'), never))).toEqual({ kind: 'transient' });
    expect(cometchat.calls.length).toBe(before + 2);
  });

  /** Where nothing answers, the time runs out once the call has come. */
  const fails = (kind: string): Promise<DeliveryFailure> => {
    const deliver = () => failed(sender.deliver(sendOf('hush'), never));
    return kind === 'hang' ? outOfTime(deliver, () => cometchat.faults.hits.hang === 1) : deliver();
  };
  test.each(['reset', 'accept-then-reset', 'hang'] as const)('%s: a send is ambiguous, and made once', async (kind) => {
    await sender.deliver(sendOf('one'), never);
    const before = cometchat.calls.length;
    cometchat.faults.add({ fault: { kind }, match: /\/messages$/ });
    expect(await fails(kind)).toEqual({ kind: 'ambiguous' });
    expect(cometchat.calls.length).toBe(before + 1);
    expect(shown()).toHaveLength(kind === 'accept-then-reset' ? 2 : 1);
  });

  test.each(['reset', 'accept-then-reset', 'hang'] as const)('%s while the user is made: nothing of the message was sent', async (kind) => {
    cometchat.faults.add({ fault: { kind }, match: /\/users$/, times: 1 });
    expect(await fails(kind)).toEqual({ kind: 'transient' });
    await sender.deliver(sendOf('after all'), never);
    expect(shown().map(({ text }) => text)).toEqual(['after all']);
  });

  test('a refused connection, an unknown host and TLS that is none are transient', async () => {
    await cometchat.close();
    const bases = [cometchat.url, 'http://cometchat.invalid/v3'];
    for (const base of bases) {
      const away = createSender(createClient({ base, apiKey }), puppets);
      expect(await failed(away.deliver(deleteOf('1'), never))).toEqual({ kind: 'transient' });
      await away.close();
    }
    cometchat = await startCometChat();
    const tls = createSender(createClient({ base: cometchat.url.replace('http:', 'https:'), apiKey }), puppets);
    expect(await failed(tls.deliver(deleteOf('1'), never))).toEqual({ kind: 'transient' });
    await tls.close();
  });

  test('a redirect is not followed, least of all with the key', async () => {
    let asked = 0;
    const server = createServer((request, response) => {
      asked += 1;
      response.writeHead(302, { location: `http://${request.headers.host}/elsewhere` }).end();
    });
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const base = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}/v3`;
    const moved = createSender(createClient({ base, apiKey }), puppets);
    expect(await failed(moved.deliver(deleteOf('1'), never))).toEqual({ kind: 'transient' });
    expect(asked).toBe(1);
    await moved.close();
    await new Promise((resolve) => void server.close(resolve));
  });

  test('stopping before the send, while the user is made, and while the answer is awaited', async () => {
    expect(await failed(sender.deliver(sendOf('hush'), AbortSignal.abort()))).toEqual({ kind: 'shutting-down' });
    expect(cometchat.calls).toEqual([]);
    cometchat.faults.add({ fault: { kind: 'hang' } });
    expect(await stopped('hush')).toEqual({ kind: 'shutting-down' });
    cometchat.faults.clear();
    await sender.deliver(sendOf('one'), never);
    cometchat.faults.add({ fault: { kind: 'hang' } });
    expect(await stopped('hush')).toEqual({ kind: 'ambiguous' });
  });
});

/** Stops a delivery as soon as its call is under way. */
async function stopped(text: string): Promise<DeliveryFailure> {
  const stop = new AbortController();
  const before = cometchat.calls.length;
  const outcome = failed(sender.deliver(sendOf(text), stop.signal));
  await expect.poll(() => cometchat.calls.length).toBe(before + 1);
  stop.abort();
  return outcome;
}

test('connections are kept, and no more than wanted are opened', async () => {
  let sockets = 0;
  // Not let go of by the server while the test is held up.
  const server = createServer({ keepAliveTimeout: 60_000 }, (_request, response) => response.end('{"data":{"id":"1"}}'));
  server.on('connection', () => (sockets += 1));
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const base = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}/v3`;
  const client = createClient({ base, apiKey, connections: 2 });
  for (let count = 0; count < 5; count += 1) await client.call({ method: 'GET', path: '/x' }, never);
  expect(sockets).toBe(1);
  await Promise.all(Array.from({ length: 20 }, () => client.call({ method: 'GET', path: '/x' }, never)));
  expect(sockets).toBe(2);
  client.close();
  await new Promise((resolve) => void server.close(resolve));
});
