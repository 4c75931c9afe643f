import { createServer } from 'node:http';
import { type CatchUpContext, conversationId, type ConversationId, type PlatformInstance, type RawEvent } from '@bridge/core';
import type { CometChatSimulator } from '@bridge/simulators';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { apiKey, deleteOf, editOf, guid, sendOf, settingsOf, startCometChat } from './fixtures/bridge.ts';
import { openUrlFor } from './fixtures/open-url.ts';
import { platform } from './index.ts';

const never = new AbortController().signal;
const group = conversationId(`group:${guid}`);
const direct = conversationId('user:cometchat-uid-1');
const person = { room: guid, author: 'cometchat-uid-1' };
let cometchat: CometChatSimulator;
let instance: PlatformInstance;
let stored: string | undefined;
let emitted: RawEvent[];
let warned: object[];
let refuse: boolean;

beforeEach(async () => {
  [stored, emitted, warned, refuse] = [undefined, [], [], false];
  cometchat = await startCometChat({
    people: ['cometchat-uid-1', 'cometchat-uid-2', 'bridge'].map((id) => ({ id, name: id })),
  });
  const quiet = () => undefined;
  instance = platform.create(settingsOf(cometchat), {
    log: { debug: quiet, info: quiet, warn: (fields) => void warned.push(fields), error: quiet },
    requireAuth: true,
    openUrl: openUrlFor(),
  });
});
afterEach(async () => {
  vi.useRealTimers();
  expect(cometchat.violations).toEqual([]);
  await instance.sender.close();
  await cometchat.close();
});

/** A round three minutes after the last, when nobody waits for a webhook of what was sent before. */
async function round(conversations: readonly ConversationId[] = [group], signal = never): Promise<void> {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 180_000 });
  await roundNow(conversations, signal);
}

async function roundNow(conversations: readonly ConversationId[] = [group], signal = never): Promise<void> {
  const context: CatchUpContext = {
    conversations,
    signal,
    checkpoint: { load: async () => stored, save: async (value) => void (stored = value) },
    emit: async (event) => {
      if (refuse) throw new Error('Redis does not take it');
      emitted.push(event);
    },
  };
  await instance.catchUp?.round(context);
}

/** What the router makes of it, each event once as the queue takes it. */
function told(): readonly string[] {
  const once = new Map(emitted.map((event) => [event.eventKey, event]));
  return [...once.values()].flatMap((event) => {
    const parsed = instance.parse(event);
    return parsed.kind === 'events'
      ? parsed.events.map(({ type, message, content }) => `${type} ${message} ${content.text}`.trim())
      : [parsed.kind];
  });
}

test('begins with what comes after the first look', async () => {
  cometchat.post({ ...person, text: 'before' });
  await round();
  expect(told()).toEqual([]);
  const { id } = cometchat.post({ ...person, text: 'after' });
  await round();
  expect(told()).toEqual([`message.created ${id} after`]);
  expect(emitted[0]).toMatchObject({ eventKey: `sent:${id}`, conversation: group });
});

test('finds messages, edits and deletes in their order, in groups and one-to-one conversations', async () => {
  await round([group, direct]);
  const one = cometchat.post({ ...person, text: 'one' }).id;
  const two = cometchat.post({ ...person, text: 'two' }).id;
  cometchat.edit({ room: guid, message: one, text: 'one!' });
  cometchat.remove({ room: guid, message: two });
  const three = cometchat.post({ room: 'bridge', author: 'cometchat-uid-1', text: 'three' }).id;
  await round([group, direct]);
  expect(told()).toEqual([
    `message.created ${one} one!`,
    `message.edited ${one} one!`,
    `message.deleted ${two}`,
    `message.created ${three} three`,
  ]);
});

test('says the same of an event as its webhook does, so that it is taken once', async () => {
  const hooks: string[] = [];
  const server = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk: Buffer) => void (text += chunk.toString('utf8')));
    request.on('end', () => {
      const received = instance.webhook?.receive(JSON.parse(text));
      if (received?.ok) hooks.push(...received.events.map(({ eventKey }) => eventKey));
      response.end();
    });
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  cometchat.setWebhook({ url: `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}/` });
  await round();
  const [one, two] = [cometchat.post({ ...person, text: 'one' }).id, cometchat.post({ ...person, text: 'two' }).id];
  cometchat.edit({ room: guid, message: one, text: 'one!' });
  cometchat.remove({ room: guid, message: two });
  await expect.poll(() => hooks.length).toBe(4);
  await round();
  // What was deleted before it was looked at is not posted first.
  expect(emitted.map(({ eventKey }) => eventKey)).toEqual(hooks.filter((key) => key !== `sent:${two}`));
  server.closeAllConnections();
  await new Promise((resolve) => void server.close(resolve));
});

test('takes nothing of the bridge’s own', async () => {
  await round([group]);
  const { message } = await instance.sender.deliver(sendOf('mine'), never);
  await instance.sender.deliver(editOf(message, 'mine!'), never);
  await instance.sender.deliver(deleteOf(message), never);
  await instance.sender.deliver(sendOf('mine too', { step: 1 }), never);
  await round([group]);
  expect(told()).toEqual([]);
});

test('leaves what is young to its webhook, and what comes after it', async () => {
  await round();
  const first = cometchat.post({ ...person, text: 'first' }).id;
  await roundNow();
  expect(told()).toEqual([]);
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 121_000 });
  const second = cometchat.post({ ...person, text: 'second' }).id;
  await roundNow();
  expect(told()).toEqual([`message.created ${first} first`]);
  await round();
  await round();
  expect(emitted.map(({ eventKey }) => eventKey)).toEqual([`sent:${first}`, `sent:${second}`]);
});

test('does not say of what its webhook told that it was sent, once it is deleted', async () => {
  await round();
  const { id } = cometchat.post({ ...person, text: 'first' });
  await roundNow();
  cometchat.remove({ room: guid, message: id });
  await round();
  expect(told()).toEqual([`message.deleted ${id}`]);
});

test('does not carry what is so old that nobody remembers whether it was carried', async () => {
  await round();
  cometchat.post({ ...person, text: 'old' });
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 21 * 3_600_000 });
  await round();
  expect(told()).toEqual([]);
});

test('goes through any number of pages', async () => {
  await round();
  for (let count = 0; count < 350; count += 1) cometchat.post({ ...person, text: String(count) });
  await round();
  expect(told()).toHaveLength(350);
  expect(cometchat.calls.filter(({ path }) => path.endsWith('/messages'))).toHaveLength(5);
});

describe('when something fails', () => {
  test('one room does not keep the others from being looked at, and it is said once', async () => {
    const rooms = [conversationId('group:nowhere'), group];
    await round(rooms);
    cometchat.post({ ...person, text: 'after' });
    await round(rooms);
    expect(told()).toHaveLength(1);
    expect(warned).toEqual([{ conversation: 'group:nowhere', why: '404 ERR_GUID_NOT_FOUND' }]);
    expect(JSON.stringify(warned)).not.toContain(apiKey);
  });

  test.each([
    { kind: 'status', status: 500 } as const,
    { kind: 'status', status: 200, html: true } as const,
    { kind: 'reset' } as const,
    { kind: 'rate-limit', retryAfterMs: 1_000 } as const,
  ])('nothing is passed over: %j', async (fault) => {
    await round();
    const { id } = cometchat.post({ ...person, text: 'after' });
    cometchat.faults.add({ fault, match: /\/messages$/, times: 1 });
    await round();
    expect(told()).toEqual([]);
    await round();
    expect(told()).toEqual([`message.created ${id} after`]);
  });

  test.each([
    { kind: 'rate-limit', retryAfterMs: 1_000 } as const,
    { kind: 'status', status: 503 } as const,
    { kind: 'status', status: 401 } as const,
  ])('what concerns the whole app ends the round: %j', async (fault) => {
    const rooms = [group, direct, conversationId('user:cometchat-uid-2')];
    await round(rooms);
    const before = stored;
    cometchat.faults.add({ fault });
    const calls = cometchat.calls.length;
    await round(rooms);
    await round(rooms);
    expect(cometchat.calls).toHaveLength(calls + 2);
    expect(stored).toBe(before);
    expect(warned).toMatchObject([{ conversation: 'all' }]);
  });

  test('what Redis does not take is offered again', async () => {
    await round();
    const { id } = cometchat.post({ ...person, text: 'after' });
    refuse = true;
    await expect(round()).rejects.toThrow('Redis');
    refuse = false;
    await round();
    expect(told()).toEqual([`message.created ${id} after`]);
  });

  test('a checkpoint that nobody can read is begun anew', async () => {
    stored = 'not json';
    await round();
    const { id } = cometchat.post({ ...person, text: 'after' });
    await round();
    expect(told()).toEqual([`message.created ${id} after`]);
  });

  test('a round that is stopped loses no place', async () => {
    await round();
    const before = stored;
    await round([group], AbortSignal.abort());
    expect(stored).toBe(before);
  });
});

test('is off where nobody wants it', () => {
  expect(platform.settings.catchUpSeconds.schema.parse('0')).toBe(0);
  expect(instance.catchUp?.everyMs).toBe(60_000);
});
