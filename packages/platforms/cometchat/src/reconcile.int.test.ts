import { conversationId, DeliveryError, messageId, platformId, type Sender, whileOurs } from '@bridge/core';
import type { CometChatSimulator } from '@bridge/simulators';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createClient } from './client.ts';
import { apiKey, deleteOf, editOf, guid, reactOf, sendOf, startCometChat } from './fixtures/bridge.ts';
import type { Settle } from './recent.ts';
import { createSender } from './send.ts';

const never = new AbortController().signal;
const direct = conversationId('user:cometchat-uid-1');
let cometchat: CometChatSimulator;
let sender: Sender;
const senders: Sender[] = [];
/** `settle`: the wait between the two looks, as the bridge itself has it where absent. */
function senderOf(settle?: Settle): Sender {
  const settings = { senderMode: 'puppets', bridgeUid: 'bridge', ...(settle === undefined ? {} : { settle }) } as const;
  const made = createSender(createClient({ base: cometchat.url, apiKey }), settings);
  senders.push(made);
  return made;
}
beforeEach(async () => {
  cometchat = await startCometChat();
  sender = senderOf(() => Promise.resolve());
});
afterEach(async () => {
  expect(cometchat.violations).toEqual([]);
  await Promise.all(senders.splice(0).map((one) => one.close()));
  await cometchat.close();
});

const room = (conversation?: string) => (conversation === direct ? 'bridge_user_cometchat-uid-1' : guid);
const shown = (conversation?: string) => cometchat.messages(room(conversation)).filter((message) => !message.deleted);
const again = (text: string, more: Parameters<typeof sendOf>[1] = {}) =>
  sendOf(text, { ambiguous: true, begunAt: Date.now() - 1_000, ...more });
const kindOf = async (promise: Promise<unknown>) => {
  const error: unknown = await promise.catch((reason: unknown) => reason);
  return error instanceof DeliveryError ? error.failure.kind : undefined;
};

/** Sends, and loses the answer. */
async function lose(command: ReturnType<typeof sendOf>): Promise<void> {
  const stop = cometchat.faults.add({ fault: { kind: 'accept-then-reset' }, match: /^POST \/messages(\/\d+\/thread)?$/ });
  let kind = await kindOf(sender.deliver(command, never));
  // The first one is refused for want of membership, and that answer is lost too.
  if (shown(command.conversation).length === 0) {
    stop();
    await sender.deliver({ ...sendOf('warm'), conversation: command.conversation, step: 99 }, never);
    cometchat.faults.add({ fault: { kind: 'accept-then-reset' }, match: /^POST \/messages(\/\d+\/thread)?$/ });
    kind = await kindOf(sender.deliver(command, never));
  }
  expect(kind).toBe('ambiguous');
  cometchat.faults.clear();
}

describe.each([undefined, direct])('a send whose answer was lost, in %s', (conversation) => {
  const where = conversation === undefined ? {} : { conversation };
  test('is found by its mark and not repeated', async () => {
    await lose(sendOf('once', where));
    const before = cometchat.calls.length;
    const { message } = await sender.deliver(again('once', where), never);
    const copies = shown(conversation).filter(({ text }) => text === 'once');
    expect(copies.map(({ id }) => id)).toEqual([message]);
    expect(cometchat.calls.slice(before).every(({ method }) => method === 'GET')).toBe(true);
  });

  test('that never arrived is sent', async () => {
    await sender.deliver(sendOf('warm', { step: 99, ...where }), never);
    cometchat.faults.add({ fault: { kind: 'reset' }, match: /^POST \/messages$/, times: 1 });
    expect(await kindOf(sender.deliver(sendOf('once', where), never))).toBe('ambiguous');
    const begun = performance.now();
    const { message } = await senderOf().deliver(again('once', where), never);
    expect(shown(conversation).filter(({ text }) => text === 'once')).toMatchObject([{ id: message }]);
    // Not before it was waited for.
    expect(performance.now() - begun).toBeGreaterThan(1_400);
  });
});

test('one that arrives while it is looked for is found', async () => {
  const [looked, arrived] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const looking = senderOf(() => (looked.resolve(), arrived.promise)).deliver(again('once'), never);
  await Promise.race([looked.promise, looking]);
  expect(cometchat.calls.filter(({ method, path }) => method === 'GET' && path.endsWith('/messages'))).toHaveLength(2);
  const first = await sender.deliver(sendOf('once'), never);
  arrived.resolve();
  expect(await looking).toEqual({ message: first.message });
  expect(shown().filter(({ text }) => text === 'once')).toHaveLength(1);
});

test('a process whose right to it runs out before a request makes none', async () => {
  const hello = () => shown().filter(({ text }) => text === 'hello').length;
  let requests = -1;
  do {
    requests += 1;
    let left = requests;
    const ours = () => {
      left -= 1;
      return left >= 0;
    };
    expect(hello()).toBe(0);
    const before = cometchat.calls.length;
    const failure = await whileOurs(ours, () => senderOf().deliver(sendOf('hello'), never)).then(
      () => undefined,
      (error: unknown) => error,
    );
    if (failure === undefined) continue;
    expect(failure).toMatchObject({ failure: { kind: 'shutting-down' } });
    expect(cometchat.calls.length - before).toBe(requests);
  } while (hello() === 0);
  expect(requests).toBeGreaterThan(1);
});

test('the same words of another step, or another delivery, are not taken for it', async () => {
  await sender.deliver(sendOf('twice'), never);
  const second = await sender.deliver(again('twice', { step: 1 }), never);
  expect(shown().map(({ id }) => id)).toContain(second.message);
  expect(shown()).toHaveLength(2);
});

test('what a person sent with the same words is not taken for it', async () => {
  cometchat.post({ room: guid, author: 'cometchat-uid-1', text: 'hello', metadata: { bridge: { delivery: 'other', step: 0 } } });
  await sender.deliver(again('hello'), never);
  expect(shown()).toHaveLength(2);
});

test('one that a moderator has deleted since is not posted again', async () => {
  await lose(sendOf('once'));
  const lost = shown().find(({ text }) => text === 'once');
  cometchat.remove({ room: guid, message: lost?.id ?? '' });
  expect(await sender.deliver(again('once'), never)).toEqual({ message: lost?.id });
  expect(shown().filter(({ text }) => text === 'once')).toEqual([]);
});

test('one in a thread is found there', async () => {
  const root = cometchat.post({ room: guid, author: 'cometchat-uid-1', text: 'root' });
  const thread = messageId(root.id);
  await sender.deliver(sendOf('warm', { step: 99 }), never);
  await lose(sendOf('once', { thread }));
  await sender.deliver(again('once', { thread }), never);
  expect(shown().filter(({ text }) => text === 'once')).toHaveLength(1);
});

test('its own tag finds it, however much was said since', async () => {
  await lose(sendOf('once'));
  for (let count = 0; count < 2_500; count += 1) cometchat.post({ room: guid, author: 'cometchat-uid-1', text: `more ${count}` });
  const before = cometchat.calls.length;
  const { message } = await sender.deliver(again('once'), never);
  expect(cometchat.calls.slice(before)).toHaveLength(1);
  expect(shown().filter(({ text }) => text === 'once')).toMatchObject([{ id: message }]);
});

describe('where the app does not search by tag', () => {
  beforeEach(
    () => void cometchat.faults.add({ fault: { kind: 'status', status: 400 }, match: /^GET \/groups\/[^/]+\/messages$/, times: 1 }),
  );
  const listed = () => cometchat.calls.filter(({ method, path }) => method === 'GET' && path.endsWith('/messages')).length;

  test('it is looked for page by page, back to when the attempt began', async () => {
    const { message } = await sender.deliver(sendOf('once'), never);
    for (let count = 0; count < 250; count += 1) cometchat.post({ room: guid, author: 'cometchat-uid-1', text: `more ${count}` });
    expect(await sender.deliver(again('once'), never)).toEqual({ message });
    expect(listed()).toBe(4);
  });

  test('messages from before the attempt are not gone through', async () => {
    for (let count = 0; count < 250; count += 1) cometchat.post({ room: guid, author: 'cometchat-uid-1', text: `old ${count}` });
    await sender.deliver(again('once', { begunAt: Date.now() + 3_600_000 }), never);
    expect(listed()).toBe(3);
    expect(shown().filter(({ text }) => text === 'once')).toHaveLength(1);
  });

  test('the search ends', async () => {
    for (let count = 0; count < 2_500; count += 1) cometchat.post({ room: guid, author: 'cometchat-uid-1', text: `more ${count}` });
    await sender.deliver(again('once'), never);
    expect(listed()).toBe(22);
  });
});

test.each([
  ['fails', { kind: 'status', status: 500 } as const, 'transient'],
  ['is answered by a proxy', { kind: 'status', status: 200, html: true } as const, 'transient'],
  ['is limited', { kind: 'rate-limit', retryAfterMs: 2_000 } as const, 'rate-limited'],
  ['is lost', { kind: 'reset' } as const, 'transient'],
  ['is refused the key', { kind: 'status', status: 401 } as const, 'unauthorised'],
])('while the search %s nothing is sent', async (_what, fault, kind) => {
  await lose(sendOf('once'));
  cometchat.faults.add({ fault, match: /^GET \/groups/ });
  expect(await kindOf(sender.deliver(again('once'), never))).toBe(kind);
  cometchat.faults.clear();
  await sender.deliver(again('once'), never);
  expect(shown().filter(({ text }) => text === 'once')).toHaveLength(1);
});

test('a send that is in no doubt searches nothing', async () => {
  await sender.deliver(sendOf('one'), never);
  expect(cometchat.calls.some(({ path }) => path.endsWith(`${guid}/messages`))).toBe(false);
});

test('edits, deletes and reactions whose answer was lost are simply done again', async () => {
  const { message } = await sender.deliver(sendOf('one'), never);
  for (const command of [editOf(message, 'two'), reactOf(message, '👍', true), reactOf(message, '👍', false), deleteOf(message)]) {
    cometchat.faults.add({ fault: { kind: 'accept-then-reset' }, match: /^(PUT|DELETE|POST) \/messages/, times: 1 });
    expect(await kindOf(sender.deliver(command, never))).toBe('ambiguous');
    expect(await sender.deliver({ ...command, ambiguous: true }, never)).toMatchObject({ message });
  }
  expect(cometchat.messages(guid)).toMatchObject([{ deleted: true }]);
});

test('the mark says what a second bridge program needs to know', async () => {
  const { message } = await sender.deliver(sendOf('one', { origin: platformId('discord'), step: 3 }), never);
  expect(shown().find(({ id }) => id === message)?.source).toMatchObject({
    muid: `${sendOf('').delivery}-3`,
    data: { metadata: { bridge: { v: 1, delivery: sendOf('').delivery, step: 3, origin: 'discord' } } },
  });
});
