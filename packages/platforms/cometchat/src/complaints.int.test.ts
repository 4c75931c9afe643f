import {
  type Body,
  conversationId,
  MediaError,
  messageId,
  type OutgoingFile,
  paragraphs,
  plan,
  type BridgeEvent,
  type Command,
  deliveryId,
  platformId,
  eventSchema,
  type Copy,
  type Sender,
} from '@bridge/core';
import type { CometChatSimulator } from '@bridge/simulators';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { capabilities } from './capabilities.ts';
import { createClient } from './client.ts';
import { ana, apiKey, guid, startCometChat } from './fixtures/bridge.ts';
import { createSender } from './send.ts';

// What people complain of about bridges, each with what happens here: an event of another platform, planned and sent.

const telegram = platformId('telegram');
const room = conversationId(`group:${guid}`);
let cometchat: CometChatSimulator;
let sender: Sender;
let restarts = 0;
beforeEach(async () => {
  cometchat = await startCometChat();
  sender = newSender();
});
afterEach(async () => {
  expect(cometchat.violations).toEqual([]);
  await sender.close();
  await cometchat.close();
});

const newSender = (): Sender => createSender(createClient({ base: cometchat.url, apiKey }), { senderMode: 'puppets', bridgeUid: 'bridge' });

/** As after a crash: nothing of the process is left. */
async function restart(): Promise<void> {
  await sender.close();
  restarts += 1;
  sender = newSender();
}

type Attachment = BridgeEvent['content']['attachments'][number];
const attachment = (kind: Attachment['kind'], name: string, mime: string): Attachment => ({ kind, name, mime, handle: name, bytes: 10 });
const wrote = (body: Body, more: object = {}): BridgeEvent =>
  eventSchema.parse({
    v: 1,
    type: 'message.created',
    id: 'telegram_1',
    source: telegram,
    message: '1',
    eventKey: 'k1',
    author: ana,
    channel: { id: '-100', name: 'Hikers', type: 'group' },
    timestamp: '2025-10-07T16:00:00.000Z',
    platform: {},
    ...more,
    content: { text: '', attachments: [], metadata: {}, body, ...('content' in more ? Object(more.content) : {}) },
  });

/** Plans and carries out, as the sender's role does; gives what stands there for it afterwards. */
async function carry(event: BridgeEvent, copies: readonly Copy[] = [], replyTo?: string): Promise<readonly Copy[]> {
  const linkOf = (index: number) => `https://bridge.example.org/media/${index}`;
  const planned = plan({
    event,
    capabilities,
    bridge: 'town',
    measure: (body) => sender.measure(body),
    impersonates: sender.impersonates(room),
    replies: false,
    originName: 'Telegram',
    copies,
    linkOf,
    ...(replyTo === undefined ? {} : { replyTo: messageId(replyTo) }),
  });
  if ('nothing' in planned) throw new Error(`nothing was to be done: ${planned.nothing}`);
  const done: Copy[] = [];
  const fileAt = (index: number): OutgoingFile => {
    const { kind, name, mime = '' } = event.content.attachments[index] ?? attachment('file', 'x', 'x/y');
    return { kind, name, mime, url: linkOf(index), open: () => Promise.reject(new MediaError('never asked for', 'refused')) };
  };
  for (const [index, step] of planned.steps.entries()) {
    if (step.type === 'skip') continue;
    const base = {
      delivery: deliveryId(`${event.eventKey}-${restarts}`, telegram, room),
      step: index,
      conversation: room,
      ambiguous: false,
    };
    const more = { author: event.author, origin: telegram };
    const command: Command =
      step.type === 'send' ? { ...base, ...step, ...more, files: step.files.map(fileAt) } : { ...base, ...step, ...more };
    const { message } = await sender.deliver(command, new AbortController().signal);
    if (step.type === 'send') done.push({ message, shows: step.files.length === 0 ? 'text' : 'caption' });
  }
  return done.length === 0 ? copies : done;
}

const shown = () => cometchat.messages(guid).filter((message) => !message.deleted);
const text = (value: string): Body => paragraphs(value);

test('reactions are not carried', async () => {
  const copies = await carry(wrote(text('hi')));
  await carry(wrote([], { type: 'reaction.added', emoji: '🎉', eventKey: 'k2' }), copies);
  expect(shown()).toMatchObject([{ text: 'hi', reactions: [{ emoji: '🎉', by: 'bridge_telegram_5550001' }] }]);
});

test('attachments arrive as URLs in the text', async () => {
  await carry(wrote(text('look'), { content: { attachments: [attachment('image', 'cat.jpg', 'image/jpeg')] } }));
  expect(shown()).toMatchObject([{ text: 'look', files: [{ kind: 'image', name: 'cat.jpg' }] }]);
});

test('an edit after a restart is posted anew', async () => {
  const copies = await carry(wrote(text('one')));
  await restart();
  await carry(wrote(text('two'), { type: 'message.edited', revision: '2', eventKey: 'k2' }), copies);
  expect(cometchat.messages(guid)).toMatchObject([{ text: 'two' }]);
});

test('an edit of a caption posts the file again', async () => {
  const content = { attachments: [attachment('image', 'cat.jpg', 'image/jpeg')] };
  const copies = await carry(wrote(text('one'), { content }));
  await carry(wrote(text('two'), { type: 'message.edited', revision: '2', eventKey: 'k2', content }), copies);
  expect(cometchat.messages(guid)).toMatchObject([{ text: 'two', files: [{ name: 'cat.jpg' }] }]);
});

test('a reply loses the puppet', async () => {
  const [original] = await carry(wrote(text('really?')));
  await carry(wrote(text('yes'), { eventKey: 'k2', replyTo: { message: '7', author: 'Kai', excerpt: 'really?' } }), [], original?.message);
  expect(shown().at(-1)).toMatchObject({ text: expect.stringMatching(/Kai: really\?[^]*yes/), author: { name: 'Ana Sousa (Telegram)' } });
});

test('bold becomes italic, underline and spoiler are lost with their words', async () => {
  const children = (['bold', 'underline', 'spoiler'] as const).map((type) => ({
    type,
    children: [{ type: 'text' as const, text: `${type} ` }],
  }));
  await carry(wrote([{ type: 'paragraph', children }]));
  expect(shown()).toMatchObject([{ text: expect.stringMatching(/bold\s+underline\s+spoiler/) }]);
});

test('@everyone pings', async () => {
  await carry(wrote(text('@everyone <@all:all> <@uid:cometchat-uid-1>')));
  expect(shown()[0]?.text).not.toMatch(/<@(all|uid):/);
  expect(shown()[0]?.text).toContain('@everyone');
});

test('names are cut by bytes, and end in half a character', async () => {
  const displayName = '🇵🇹'.repeat(64);
  await carry(wrote(text('hi'), { author: { ...ana, displayName } }));
  const name = shown()[0]?.author.name ?? '';
  expect(name).toMatch(/^(🇵🇹){44} \(Telegram\)$/u);
  expect([...name].length).toBeLessThanOrEqual(100);
});

test('a name with "discord" or "cometchat" in it is refused, and the message lost', async () => {
  for (const [index, displayName] of ['Discord', 'clyde', 'CometChat Admin', 'app_system', 'bridge'].entries())
    await carry(wrote(text(displayName), { author: { ...ana, id: `user-${index}`, displayName }, eventKey: `k${index}` }));
  expect(shown().map(({ author }) => author.name)).toEqual(
    ['Discord', 'clyde', 'CometChat Admin', 'app_system', 'bridge'].map((name) => `${name} (Telegram)`),
  );
});

test('stickers and round videos are dropped', async () => {
  await carry(wrote([], { content: { attachments: [attachment('sticker', 's.webp', 'image/webp')] } }));
  await carry(wrote([], { eventKey: 'k2', content: { attachments: [attachment('round-video', 'r.mp4', 'video/mp4')] } }));
  expect(shown()).toMatchObject([{ files: [{ kind: 'image', name: 's.webp' }] }, { files: [{ kind: 'video', name: 'r.mp4' }] }]);
});

test('albums are split into single messages', async () => {
  const attachments = Array.from({ length: 10 }, (_, index) => attachment('image', `${index}.jpg`, 'image/jpeg'));
  await carry(wrote(text('ten'), { content: { attachments } }));
  expect(shown()).toHaveLength(1);
  expect(shown()[0]?.files?.map(({ name }) => name)).toEqual(attachments.map(({ name }) => name));
});

test('text over 4096 characters is lost', async () => {
  const long = Array.from({ length: 3_000 }, (_, index) => `word${index}`).join(' ');
  await carry(wrote(text(long)));
  expect(shown().length).toBeGreaterThan(1);
  expect(
    shown()
      .map((message) => message.text)
      .join(' ')
      .split(/\s+/),
  ).toEqual(long.split(' '));
});
