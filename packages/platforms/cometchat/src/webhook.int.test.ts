import { createServer, type Server } from 'node:http';
import type { BridgeEvent, PlatformInstance, RawEvent } from '@bridge/core';
import { refuseUrls } from '@bridge/core';
import type { CometChatSimulator, CometChatSimulatorOptions } from '@bridge/simulators';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { apiKey, deleteOf, editOf, guid, sendOf, startCometChat } from './fixtures/bridge.ts';
import { platform } from './index.ts';

const password = 'Webhook1Secret';
const never = new AbortController().signal;
const log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
let cometchat: CometChatSimulator | undefined;
let instance: PlatformInstance | undefined;
let server: Server;
let url: string;
let raws: RawEvent[];
let events: BridgeEvent[];
let own: number;
let ignored: string[];

beforeEach(async () => {
  [raws, events, own, ignored] = [[], [], 0, []];
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => void chunks.push(chunk));
    request.on('end', () => {
      response.statusCode = take(request.headers, Buffer.concat(chunks));
      response.end();
    });
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  url = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}/cometchat`;
});
afterEach(async () => {
  await instance?.sender.close();
  await cometchat?.close();
  server.closeAllConnections();
  await new Promise((resolve) => void server.close(resolve));
});

async function start(options: Partial<CometChatSimulatorOptions>, moderation: 'relay' | 'approved' = 'relay'): Promise<CometChatSimulator> {
  const started = await startCometChat({ webhook: { url, username: 'cometchat', password }, ...options });
  cometchat = started;
  instance = platform.create(
    {
      appId: '2345678',
      region: 'eu',
      apiKey,
      apiUrl: started.url,
      webhookUsername: 'cometchat',
      webhookSecret: password,
      senderMode: 'puppets',
      bridgeUid: 'bridge',
      moderation,
      catchUpSeconds: 60,
    },
    { log, requireAuth: true, openUrl: refuseUrls },
  );
  return started;
}

/** What ingress and router do with a call. */
function take(headers: object, body: Buffer): number {
  const named = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
  const verified = instance?.webhook?.verify({ headers: named, body });
  if (!verified?.ok) return 401;
  const received = instance?.webhook?.receive(JSON.parse(body.toString('utf8')));
  if (received?.ok === false) {
    if (received.reason === 'own') own += 1;
    else ignored.push(received.reason);
  }
  for (const raw of received?.ok ? received.events : []) {
    raws.push(raw);
    const parsed = instance?.parse(raw);
    if (parsed?.kind === 'events') events.push(...parsed.events);
    if (parsed?.kind === 'own') own += 1;
  }
  return 200;
}

describe.each(['action', 'flat'] as const)('edits and deletes in the %s shape', (editShape) => {
  test('of a person are carried, in the conversation of the message', async () => {
    const app = await start({ editShape });
    const { id } = app.post({ room: guid, author: 'cometchat-uid-1', text: 'hi' });
    app.edit({ room: guid, message: id, text: 'hello' });
    app.edit({ room: guid, message: id, text: 'hello!' });
    app.remove({ room: guid, message: id });
    await expect.poll(() => events.length).toBe(4);
    expect(events.map(({ type, message, content }) => [type, message, content.text])).toEqual([
      ['message.created', id, 'hi'],
      ['message.edited', id, 'hello'],
      ['message.edited', id, 'hello!'],
      ['message.deleted', id, ''],
    ]);
    for (const event of events)
      expect(event).toMatchObject({ author: { displayName: 'Andrew Joseph' }, channel: { id: `group:${guid}`, name: 'Hiking Group' } });
    expect(new Set(raws.map(({ conversation }) => conversation))).toEqual(new Set([`group:${guid}`]));
    expect(new Set(raws.map(({ eventKey }) => eventKey)).size).toBe(4);
  });

  test('of the bridge are its own', async () => {
    await start({ editShape });
    const message = await instance?.sender.deliver(sendOf('x'), never);
    await instance?.sender.deliver(editOf(message?.message ?? '', 'y'), never);
    await instance?.sender.deliver(deleteOf(message?.message ?? ''), never);
    await expect.poll(() => own).toBe(3);
    expect(events).toEqual([]);
  });
});

test('what the bridge sends is known before its call is answered', async () => {
  await start({ echoFirst: true });
  await instance?.sender.deliver(sendOf('x'), never);
  expect(own).toBe(1);
  expect(events).toEqual([]);
});

test('legacy webhooks', async () => {
  const app = await start({ webhookVersion: 'legacy' });
  app.post({ room: guid, author: 'cometchat-uid-1', text: 'hi' });
  await expect.poll(() => events.length).toBe(1);
  expect(events[0]).toMatchObject({
    author: { id: 'cometchat-uid-1', displayName: 'Andrew Joseph' },
    channel: { id: `group:${guid}` },
    content: { text: 'hi' },
  });
});

test('threads, reactions and one-to-one conversations', async () => {
  const app = await start({
    people: [
      { id: 'cometchat-uid-1', name: 'Andrew Joseph' },
      { id: 'cometchat-uid-2', name: 'George Alan' },
      { id: 'bridge', name: 'Bridge' },
    ],
  });
  const { id } = app.post({ room: guid, author: 'cometchat-uid-1', text: 'hi' });
  app.post({ room: guid, author: 'cometchat-uid-2', text: 'yes', thread: id });
  app.react({ room: guid, message: id, author: 'cometchat-uid-2', emoji: '👍' });
  app.react({ room: guid, message: id, author: 'cometchat-uid-2', emoji: '👍', on: false });
  app.post({ room: 'bridge', author: 'cometchat-uid-1', text: 'to the bridge' });
  app.post({ room: 'cometchat-uid-2', author: 'cometchat-uid-1', text: 'to a friend' });
  await expect.poll(() => events.length + ignored.length).toBe(6);
  expect(ignored).toEqual(['private-conversation']);
  expect(JSON.stringify(raws)).not.toContain('to a friend');
  // Two conversations keep no order between them.
  const found = (type: string) =>
    events.filter((event) => event.type === type).toSorted((a, b) => a.content.text.localeCompare(b.content.text));
  expect(found('message.created')).toMatchObject([
    { content: { text: 'hi' } },
    { content: { text: 'to the bridge' }, channel: { id: 'user:cometchat-uid-1', type: 'direct' } },
    { content: { text: 'yes' }, thread: { root: id } },
  ]);
  expect(found('reaction.added')).toMatchObject([
    { emoji: '👍', message: id, channel: { id: `message:${id}` }, author: { displayName: 'George Alan' } },
  ]);
  expect(found('reaction.removed')).toMatchObject([{ emoji: '👍', message: id }]);
});

describe('moderation', () => {
  const from = { room: guid, author: 'cometchat-uid-1', moderation: 'pending' as const };
  const told = () => events.map(({ type, message, content }) => [type, message, content.text]);

  test('relayed at once: what is blocked later is deleted again, what is approved was carried', async () => {
    const app = await start({});
    const good = app.post({ ...from, text: 'good' }).id;
    const bad = app.post({ ...from, text: 'bad' }).id;
    app.moderate({ message: good, status: 'approved' });
    app.moderate({ message: bad, status: 'disapproved' });
    app.edit({ room: guid, message: bad, text: 'worse' });
    await expect.poll(() => events.length + ignored.length).toBe(5);
    expect(told()).toEqual([
      ['message.created', good, 'good'],
      ['message.created', bad, 'bad'],
      ['message.deleted', bad, ''],
    ]);
    expect(ignored).toEqual(['carried-before-moderation', 'moderation-disapproved']);
  });

  test('when approved: nothing is carried before, each once after, also by a person', async () => {
    const app = await start({}, 'approved');
    const [good, bad] = [app.post({ ...from, text: 'good' }).id, app.post({ ...from, text: 'bad' }).id];
    const free = app.post({ room: guid, author: 'cometchat-uid-1', text: 'not moderated' }).id;
    app.moderate({ message: good, status: 'approved' });
    app.moderate({ message: bad, status: 'disapproved' });
    app.moderate({ message: bad, status: 'approved', manual: true });
    await expect.poll(() => events.length).toBe(4);
    expect(told()).toEqual([
      ['message.created', free, 'not moderated'],
      ['message.created', good, 'good'],
      ['message.deleted', bad, ''],
      ['message.created', bad, 'bad'],
    ]);
    expect(ignored).toEqual(['moderation-pending', 'moderation-pending']);
    const keys = raws.map(({ eventKey }) => eventKey);
    expect(keys).toEqual([`sent:${free}`, `sent:${good}`, `blocked:${bad}`, `sent:${bad}`]);
  });

  test('when approved: an edit that came before is carried whether the message was or not', async () => {
    const app = await start({}, 'approved');
    const { id } = app.post({ ...from, text: 'one' });
    app.edit({ room: guid, message: id, text: 'two' });
    app.moderate({ message: id, status: 'approved' });
    await expect.poll(() => events.length).toBe(2);
    expect(told()).toEqual([
      ['message.created', id, 'two'],
      ['message.edited', id, 'two'],
    ]);
    expect(ignored).toEqual(['moderation-pending', 'moderation-pending']);
  });

  test('of what the bridge wrote is its own', async () => {
    const app = await start({});
    const sent = await instance?.sender.deliver(sendOf('x'), never);
    app.moderate({ message: sent?.message ?? '', status: 'disapproved' });
    await expect.poll(() => own).toBe(2);
    expect(events).toEqual([]);
  });
});

test('files, stickers, replies and who comes and goes', async () => {
  const triggers = ['message_sent', 'group_member_joined', 'group_member_left', 'group_member_added'];
  const app = await start({ webhook: { url, username: 'cometchat', password, triggers } });
  const files = ['a.png', 'b.png'].map((name) => ({ kind: 'image', name, mime: 'image/png', bytes: Buffer.from(name) }));
  const { id } = app.post({ room: guid, author: 'cometchat-uid-1', text: 'look', files });
  app.post({ room: guid, author: 'cometchat-uid-2', text: 'nice', replyTo: id });
  app.post({
    room: guid,
    author: 'cometchat-uid-2',
    text: '',
    files: [{ kind: 'sticker', name: 'wave', mime: 'image/webp', bytes: Buffer.from('w') }],
  });
  app.post({
    room: guid,
    author: 'cometchat-uid-2',
    text: '',
    custom: { type: 'extension_poll', data: { question: 'Tea?', options: { 1: 'Yes' } } },
  });
  app.leave({ room: guid, author: 'cometchat-uid-2' });
  app.join({ room: guid, author: 'cometchat-uid-2' });
  await instance?.sender.deliver(sendOf('x'), never);
  await expect.poll(() => events.length + own).toBe(8);
  expect(events.filter((event) => !('notice' in event))).toMatchObject([
    {
      content: {
        text: 'look',
        attachments: [
          { kind: 'image', name: 'a.png', handle: `{"message":"${id}","index":0}`, mime: 'image/png', bytes: 5 },
          { kind: 'image', name: 'b.png', handle: `{"message":"${id}","index":1}` },
        ],
      },
    },
    { content: { text: 'nice' }, replyTo: { message: id, author: 'Andrew Joseph', excerpt: 'look' } },
    { content: { attachments: [{ kind: 'sticker', name: 'wave', alt: 'wave' }] } },
    { content: { text: '📊 Poll: Tea?\n• Yes' } },
  ]);
  expect(events.filter((event) => 'notice' in event)).toMatchObject([
    { notice: 'membership', author: { displayName: 'George Alan' }, content: { text: 'left the group' }, channel: { id: `group:${guid}` } },
    { notice: 'membership', content: { text: 'joined the group' } },
  ]);
  expect(new Set(raws.map(({ eventKey }) => eventKey)).size).toBe(raws.length);
});

test('a webhook with another password is refused', async () => {
  const app = await start({ webhook: { url, username: 'cometchat', password: 'guess' } });
  app.post({ room: guid, author: 'cometchat-uid-1', text: 'hi' });
  await expect.poll(() => app.webhookLog.length).toBe(1);
  expect([events, ignored]).toEqual([[], []]);
});
