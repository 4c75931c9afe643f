import { conversationId, DeliveryError, messageId, platformId, userId, refuseUrls, whileOurs } from '@bridge/core';
import type { Body, Command, DeliveryFailure, DeliveryId, Log, Sender } from '@bridge/core';
import { startDiscordSimulator } from '@bridge/simulators';
import type { DiscordSimulator } from '@bridge/simulators';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { identityOf } from './config.ts';
import type { Settle } from './earlier.ts';
import { token } from './fixtures/payloads.ts';
import { platform } from './index.ts';
import { createApi } from './rest.ts';
import { createSender } from './send.ts';
import { webhookTitle } from './webhooks.ts';

const silent: Log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
const room = '1200000000000000001';
const thread = '1200000000000000002';
const ana = '1300000000000000001';

let sim: DiscordSimulator;
const senders: Sender[] = [];
beforeEach(async () => {
  sim = await startDiscordSimulator({
    token,
    people: [{ id: ana, name: 'Ana' }],
    rooms: [{ id: room, name: 'general', threads: [{ id: thread, name: 'plans' }] }],
  });
});
afterEach(async () => {
  await Promise.all(senders.splice(0).map(async (sender) => sender.close()));
  await sim.close();
});

function senderOf(mode: 'puppets' | 'single', settings: { readonly token?: string; readonly apiUrl?: string } = {}): Sender {
  const { sender } = platform.create(
    { token, apiUrl: sim.url, senderMode: mode, applicationId: undefined, publicKey: undefined, webhookSecret: undefined, ...settings },
    { log: silent, requireAuth: true, openUrl: refuseUrls },
  );
  senders.push(sender);
  return sender;
}

const body = (text: string): Body => [{ type: 'paragraph', children: [{ type: 'text', text }] }];
const author = { id: userId('u1'), name: 'bo', displayName: 'Bo', isBot: false, avatar: 'https://pictures.test/bo.png' };
const origin = platformId('telegram');
const common = { delivery: 'abcdefghij0123456789' as DeliveryId, step: 0, ambiguous: false, conversation: conversationId(room) };
const send = (text: string, fields: Partial<Extract<Command, { type: 'send' }>> = {}): Command => ({
  ...common,
  type: 'send',
  author,
  origin,
  label: 'Bo (Telegram)',
  body: body(text),
  files: [],
  ...fields,
});
const edit = (message: string, text: string): Command => ({
  ...common,
  type: 'edit',
  message: messageId(message),
  shows: 'text',
  author,
  origin,
  label: 'Bo (Telegram)',
  body: body(text),
});
const remove = (message: string): Command => ({ ...common, type: 'delete', message: messageId(message) });
const go = new AbortController().signal;
const posted = (where = room) => sim.messages(where).filter(({ deleted }) => !deleted);

async function failureOf(promise: Promise<unknown>): Promise<DeliveryFailure> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof DeliveryError)) throw new Error(`expected a DeliveryError, got ${String(error)}`);
  expect(JSON.stringify([error.message, error.answer])).not.toContain(sim.webhooks[0]?.token ?? token);
  return error.failure;
}

describe('puppets', () => {
  test('a message has its author, its picture and its text as written', async () => {
    const receipt = await senderOf('puppets').deliver(send('*hi* @everyone <@1> # x'), go);
    const [message] = posted();
    expect(message).toMatchObject({
      id: receipt.message,
      text: '*hi* @everyone <@1> # x',
      author: { name: 'Bo (Telegram)', avatarUrl: author.avatar },
    });
    expect(receipt.messageUrl).toBe(`https://discord.com/channels/${sim.guildId}/${room}/${receipt.message}`);
    expect(sim.calls.at(-1)?.body).toMatchObject({ allowed_mentions: { parse: [] } });
  });

  test('one webhook serves a channel and its threads, and is found again by the next process', async () => {
    const sender = senderOf('puppets');
    await Promise.all([sender.deliver(send('one'), go), sender.deliver(send('two', { conversation: conversationId(thread) }), go)]);
    await senderOf('puppets').deliver(send('three'), go);
    expect(sim.webhooks.map(({ name }) => name)).toEqual([webhookTitle]);
    expect(posted().map(({ text }) => text)).toEqual(['one', 'three']);
    expect(posted(thread).map(({ text }) => text)).toEqual(['two']);
  });

  test('a known channel costs one call a message', async () => {
    const sender = senderOf('puppets');
    await sender.deliver(send('one'), go);
    const before = sim.calls.length;
    await sender.deliver(send('two'), go);
    expect(sim.calls.length - before).toBe(1);
  });

  test('a webhook of somebody else, even of our name, is not used', async () => {
    sim.addWebhook({ room, name: webhookTitle, applicationId: '1999999999999999999' });
    sim.addWebhook({ room, name: webhookTitle });
    await senderOf('puppets').deliver(send('hi'), go);
    expect(sim.webhooks).toHaveLength(3);
  });

  test('a webhook that was removed is made anew, within the same attempt', async () => {
    const sender = senderOf('puppets');
    await sender.deliver(send('one'), go);
    const [old] = sim.webhooks;
    sim.deleteWebhook(old?.id ?? '');
    await sender.deliver(send('two'), go);
    expect(posted().map(({ text }) => text)).toContain('two');
    expect(sim.webhooks).toHaveLength(1);
    expect(sim.webhooks[0]?.id).not.toBe(old?.id);
  });

  test('edits and deletes', async () => {
    const sender = senderOf('puppets');
    const { message } = await sender.deliver(send('one', { conversation: conversationId(thread) }), go);
    await sender.deliver({ ...edit(message, 'two'), conversation: conversationId(thread) }, go);
    expect(message).toBe(`${thread}/${posted(thread)[0]?.id}`);
    expect(posted(thread)).toMatchObject([{ text: 'two' }]);
    await sender.deliver({ ...remove(message), conversation: conversationId(thread) }, go);
    expect(posted(thread)).toEqual([]);
  });

  test("what the bot wrote in single mode can still be edited and deleted, and a person's message deleted", async () => {
    const { message } = await senderOf('single').deliver(send('one'), go);
    const sender = senderOf('puppets');
    await sender.deliver(edit(message, 'two'), go);
    expect(posted()).toMatchObject([{ text: 'two' }]);
    await sender.deliver(remove(message), go);
    await sender.deliver(remove(sim.post({ room, author: ana, text: 'mine' }).id), go);
    expect(posted()).toEqual([]);
  });

  test('without Manage Webhooks it is said', async () => {
    sim.setPermissions(room, { MANAGE_WEBHOOKS: false });
    await expect(senderOf('puppets').deliver(send('x'), go)).rejects.toThrow(/Manage Webhooks/);
  });

  test('a name that Discord refuses is made legal', async () => {
    await senderOf('puppets').deliver(send('x', { label: 'discord and Clyde (Discord)' }), go);
    expect(posted()[0]?.author.name).not.toMatch(/discord|clyde/i);
  });

  test('what is lost before anything was posted is not ambiguous', async () => {
    sim.faults.add({ fault: { kind: 'reset' }, match: /GET \/channels/, times: 1 });
    const sender = senderOf('puppets');
    expect(await failureOf(sender.deliver(send('x'), go))).toEqual({ kind: 'transient' });
    await sender.deliver(send('y'), go);
    expect(posted().map(({ text }) => text)).toEqual(['y']);
  });
});

describe('single', () => {
  test('the same step twice is one message, another step another', async () => {
    const sender = senderOf('single');
    const first = await sender.deliver(send('one'), go);
    expect(await sender.deliver(send('one', { ambiguous: true }), go)).toEqual(first);
    await sender.deliver(send('two', { step: 1 }), go);
    expect(posted().map(({ text }) => text)).toEqual(['one', 'two']);
  });

  test('edits and deletes', async () => {
    const sender = senderOf('single');
    const { message } = await sender.deliver(send('one'), go);
    await sender.deliver(edit(message, 'two'), go);
    expect(posted()).toMatchObject([{ text: 'two' }]);
    await sender.deliver(remove(message), go);
    expect(posted()).toEqual([]);
  });
});

describe.each(['puppets', 'single'] as const)('an attempt whose answer was lost: %s', (mode) => {
  const post = mode === 'puppets' ? /POST \/webhooks/ : /POST \/channels\/\d+\/messages$/;
  const lose = async (kind: 'reset' | 'accept-then-reset', command: Command): Promise<void> => {
    sim.faults.add({ fault: { kind }, match: post, times: 1 });
    expect(await failureOf(senderOf(mode).deliver(command, go))).toEqual({ kind: 'ambiguous' });
  };
  const again = (command: Command, settle: Settle = () => Promise.resolve()) => {
    const identity = identityOf({ token, applicationId: undefined });
    const sender = createSender({ api: createApi({ token, apiUrl: sim.url }), identity, mode, settle });
    senders.push(sender);
    return sender.deliver({ ...command, ambiguous: true }, go);
  };
  const texts = () => posted().map(({ text }) => text);

  test('what did arrive is found, and not sent again', async () => {
    await lose('accept-then-reset', send('hello'));
    const receipt = await again(send('hello'));
    expect(posted()).toMatchObject([{ id: receipt.message, text: 'hello' }]);
    expect(receipt.messageUrl).toContain(`/${room}/${receipt.message}`);
  });

  test('what did not arrive is sent', async () => {
    await lose('reset', send('hello'));
    const begun = performance.now();
    await senderOf(mode).deliver({ ...send('hello'), ambiguous: true }, go);
    expect(texts()).toEqual(['hello']);
    // Not before it was waited for.
    expect(performance.now() - begun).toBeGreaterThan(1_400);
  });

  test('what arrives while it is looked for is found', async () => {
    const [looked, arrived] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const looking = again(send('hello'), () => (looked.resolve(), arrived.promise));
    await Promise.race([looked.promise, looking]);
    expect(sim.calls.filter(({ path }) => path.endsWith('/messages'))).toHaveLength(1);
    const first = await senderOf(mode).deliver(send('hello'), go);
    arrived.resolve();
    expect((await looking).message).toBe(first.message);
    expect(texts()).toEqual(['hello']);
  });

  test('a process whose right to it runs out before a request makes none', async () => {
    let requests = -1;
    do {
      requests += 1;
      let left = requests;
      const ours = () => {
        left -= 1;
        return left >= 0;
      };
      expect(texts()).toEqual([]);
      const before = sim.calls.length;
      const failure = await whileOurs(ours, () => senderOf(mode).deliver(send('hello'), go)).then(
        () => undefined,
        (error: unknown) => error,
      );
      if (failure === undefined) continue;
      expect(failure).toMatchObject({ failure: { kind: 'shutting-down' } });
      expect(sim.calls.length - before).toBe(requests);
    } while (texts().length === 0);
    // What comes before the message itself is asked for first.
    expect(requests).toBeGreaterThan(1);
  });

  test('the same words by the same person just before are another message', async () => {
    const sender = senderOf(mode);
    await sender.deliver(send('ok', { delivery: 'a' as DeliveryId }), go);
    await lose('reset', send('ok', { delivery: 'b' as DeliveryId }));
    await again(send('ok', { delivery: 'b' as DeliveryId }));
    await lose('accept-then-reset', send('ok', { delivery: 'c' as DeliveryId }));
    await again(send('ok', { delivery: 'c' as DeliveryId }));
    await sender.deliver(send('ok', { delivery: 'c' as DeliveryId, step: 1 }), go);
    expect(texts()).toEqual(['ok', 'ok', 'ok', 'ok']);
  });

  test('it is found behind much talk, in a thread too, and when Discord has forgotten the nonce', async () => {
    await sim.close();
    sim = await startDiscordSimulator({
      token,
      people: [{ id: ana, name: 'Ana' }],
      rooms: [{ id: room, name: 'general', threads: [{ id: thread, name: 'plans' }] }],
      nonceMemoryMs: 1,
    });
    const command = send('hello', { conversation: conversationId(thread) });
    await lose('accept-then-reset', command);
    for (let index = 0; index < 250; index += 1) sim.post({ room: thread, author: ana, text: `${index}` });
    await again(command);
    expect(sim.messages(thread).filter(({ text }) => text === 'hello')).toHaveLength(1);
  });

  test('a mark that somebody copied does not count', async () => {
    await senderOf(mode).deliver(send('hello'), go);
    const { source, id } = posted()[0] ?? {};
    const content = z.object({ content: z.string() }).parse(source).content;
    sim.remove({ room, message: id ?? '' });
    sim.post({ room, author: ana, text: content });
    await again(send('hello', { delivery: 'other' as DeliveryId }));
    const other = send('hello', mode === 'puppets' ? {} : { delivery: 'third' as DeliveryId });
    await again(other);
    expect(sim.messages(room).filter(({ viaApi, deleted }) => viaApi && !deleted)).toHaveLength(2);
  });

  test('when it cannot be looked for, nothing is sent', async () => {
    sim.faults.add({ fault: { kind: 'status', status: 500 }, match: /GET \/channels\/\d+\/messages/, times: 1 });
    expect((await failureOf(again(send('hello')))).kind).toBe('transient');
    expect(posted()).toEqual([]);
  });

  test('edits, deletes and reactions may be done twice', async () => {
    const sender = senderOf(mode);
    const { message } = await sender.deliver(send('one'), go);
    const react = (on: boolean): Command => ({ ...common, type: 'react', message, author, origin, emoji: '👍', on });
    for (const command of [edit(message, 'two'), react(true), react(false), react(false), remove(message), react(false)]) {
      // By two processes, since one keeps to the limit that reactions have.
      await senderOf(mode).deliver(command, go);
      expect(await again(command)).toMatchObject({ message });
    }
    expect(posted()).toEqual([]);
  });
});

describe.each(['puppets', 'single'] as const)('what can go wrong: %s', (mode) => {
  const post = mode === 'puppets' ? /POST \/webhooks/ : /POST \/channels\/\d+\/messages/;
  const nowhere = conversationId('1200000000000000999');
  const notFound = { kind: 'permanent', reason: 'not-found' };

  test.each<[string, Parameters<DiscordSimulator['faults']['add']>[0]['fault'], DeliveryFailure]>([
    ['500', { kind: 'status', status: 500 }, { kind: 'transient' }],
    ['a page of HTML', { kind: 'status', status: 502, html: true }, { kind: 'transient' }],
    ["a proxy's 403", { kind: 'status', status: 403, html: true }, { kind: 'rate-limited', retryAfterMs: 300_000, scope: 'platform' }],
    ['reset', { kind: 'reset' }, { kind: 'ambiguous' }],
    ['reset after it was posted', { kind: 'accept-then-reset' }, { kind: 'ambiguous' }],
  ])('%s', async (_name, fault, failure) => {
    sim.faults.add({ fault, match: post, times: 1 });
    const sender = senderOf(mode);
    expect(await failureOf(sender.deliver(send('x'), go))).toEqual(failure);
    expect(sim.calls.filter(({ method, path }) => post.test(`${method} ${path}`))).toHaveLength(1);
  });

  test.each([
    [false, 'conversation'],
    [true, 'platform'],
  ] as const)('429, global: %s', async (global, scope) => {
    sim.faults.add({ fault: { kind: 'rate-limit', retryAfterMs: 3_000, global }, match: post, times: 1 });
    const failure = await failureOf(senderOf(mode).deliver(send('x'), go));
    expect(failure).toMatchObject({ kind: 'rate-limited', scope });
    expect(failure.kind === 'rate-limited' && failure.retryAfterMs).toBeGreaterThanOrEqual(3_000);
  });

  test('a channel that does not exist', async () => {
    expect(await failureOf(senderOf(mode).deliver(send('x', { conversation: nowhere }), go))).toEqual(notFound);
  });

  test('an id that is none of Discord', async () => {
    expect(await failureOf(senderOf(mode).deliver(send('x', { conversation: conversationId('../users') }), go))).toEqual(notFound);
    expect(sim.calls).toHaveLength(0);
  });

  test('a bad token pauses, and a good one works again in the same process', async () => {
    const sender = senderOf(mode);
    sim.setToken('another');
    expect(await failureOf(sender.deliver(send('x'), go))).toEqual({ kind: 'unauthorised' });
    sim.setToken(token);
    await sender.deliver(send('y'), go);
    expect(posted().map(({ text }) => text)).toEqual(['y']);
  });

  test('too long', async () => {
    expect(await failureOf(senderOf(mode).deliver(send('x'.repeat(2_001)), go))).toEqual({ kind: 'permanent', reason: 'too-large' });
  });

  test('editing what is gone, or reacting to it, is final, deleting it is done', async () => {
    const sender = senderOf(mode);
    const { message } = await sender.deliver(send('x'), go);
    sim.remove({ room, message });
    const gone = { kind: 'permanent', reason: 'message-gone' };
    expect(await failureOf(sender.deliver(edit(message, 'y'), go))).toEqual(gone);
    const react = (on: boolean): Command => ({ ...common, type: 'react', message, author, origin, emoji: '👍', on });
    expect(await failureOf(senderOf(mode).deliver(react(true), go))).toEqual(gone);
    expect(await senderOf(mode).deliver(react(false), go)).toEqual({ message });
    expect(await sender.deliver(remove(message), go)).toEqual({ message });
  });

  test('a reply to what is gone is an ordinary message', async () => {
    const sender = senderOf(mode);
    const { message } = await sender.deliver(send('x'), go);
    sim.remove({ room, message });
    await sender.deliver(send('answer', { step: 1, replyTo: message }), go);
    expect(posted().filter(({ deleted }) => !deleted)).toMatchObject([{ text: 'answer' }]);
  });

  test('not allowed to write', async () => {
    sim.setPermissions(room, { VIEW_CHANNEL: false });
    expect(await failureOf(senderOf(mode).deliver(send('x'), go))).toEqual({ kind: 'permanent', reason: 'forbidden' });
  });

  test('Discord is not there', async () => {
    expect(await failureOf(senderOf(mode, { apiUrl: 'http://127.0.0.1:1/api' }).deliver(send('x'), go))).toEqual({ kind: 'transient' });
  });

  test('stopping before anything is sent', async () => {
    expect(await failureOf(senderOf(mode).deliver(send('x'), AbortSignal.abort()))).toEqual({ kind: 'shutting-down' });
    expect(posted()).toEqual([]);
  });

  test('stopping while Discord has the message leaves it unknown', async () => {
    sim.faults.add({ fault: { kind: 'hang' }, match: post });
    const stop = new AbortController();
    const failure = failureOf(senderOf(mode).deliver(send('x'), stop.signal));
    await expect.poll(() => sim.calls.some(({ method, path }) => post.test(`${method} ${path}`))).toBe(true);
    stop.abort();
    expect(await failure).toEqual({ kind: 'ambiguous' });
  });
});
