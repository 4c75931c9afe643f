import { createHash } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import { conversationId, DeliveryError, MediaError, messageId, type OutgoingFile, type Sender } from '@bridge/core';
import type { CometChatSimulator } from '@bridge/simulators';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { capabilities } from './capabilities.ts';
import { createClient } from './client.ts';
import { apiKey, editOf, guid, reactOf, sendOf, startCometChat } from './fixtures/bridge.ts';
import { createSender } from './send.ts';

const never = new AbortController().signal;
const nothing = [] as const;
const bytes = Buffer.from('not really a picture');
let cometchat: CometChatSimulator;
let sender: Sender;
let media: Server;
let mediaUrl: string;

beforeEach(async () => {
  // Where the bridge would show its files.
  media = createServer((request, response) => {
    response.statusCode = request.url?.includes('missing') === true ? 404 : 200;
    response.end(bytes);
  });
  await new Promise<void>((resolve) => void media.listen(0, '127.0.0.1', resolve));
  const address = media.address();
  mediaUrl = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}/media`;
  await start({});
});
afterEach(async () => {
  expect(cometchat.violations).toEqual([]);
  await sender.close();
  await cometchat.close();
  media.closeAllConnections();
  await new Promise((resolve) => void media.close(resolve));
});

async function start(options: Parameters<typeof startCometChat>[0], senderMode: 'puppets' | 'single' = 'puppets'): Promise<void> {
  cometchat = await startCometChat(options);
  sender = createSender(createClient({ base: cometchat.url, apiKey }), { senderMode, bridgeUid: 'bridge' });
}

const restart = async (...args: Parameters<typeof start>): Promise<void> => {
  await sender.close();
  await cometchat.close();
  await start(...args);
};

/** Its bytes are never asked for: CometChat is given the link. */
const file = (name: string, mime: string, more: Partial<OutgoingFile> = {}): OutgoingFile => ({
  kind: 'file',
  name,
  mime,
  bytes: bytes.length,
  url: `${mediaUrl}/${encodeURIComponent(name)}`,
  open: () => Promise.reject(new MediaError('not to be opened', 'refused')),
  ...more,
});
const image = (name: string, more: Partial<OutgoingFile> = {}) => file(name, 'image/png', { kind: 'image', ...more });
const shown = (room = guid) => cometchat.messages(room).filter((message) => !message.deleted);
const sent = async (text: string, files: readonly OutgoingFile[], more: Parameters<typeof sendOf>[1] = {}) => {
  const words = text === '' ? { body: nothing } : {};
  const { message } = await sender.deliver(sendOf(text, { ...more, ...words, files }), never);
  const found = cometchat
    .messages('bridge_user_cometchat-uid-1')
    .concat(cometchat.messages(guid))
    .find(({ id }) => id === message);
  if (found === undefined) throw new Error('the message is not there');
  return found;
};

describe('files', () => {
  test('an image with its caption is one message, and whoever looks at it gets its bytes', async () => {
    const message = await sent('look', [image('cat.png')]);
    expect(message).toMatchObject({
      text: 'look',
      author: { name: 'Ana Sousa (Telegram)' },
      source: { type: 'image', category: 'message' },
    });
    expect(message.source).toMatchObject({
      data: {
        attachments: [{ url: `${mediaUrl}/cat.png`, name: 'cat.png', mimeType: 'image/png', extension: 'png', size: String(bytes.length) }],
        metadata: { bridge: { v: 1 } },
      },
    });
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    await expect.poll(() => shown()[0]?.files).toMatchObject([{ kind: 'image', name: 'cat.png', size: bytes.length, sha256 }]);
  });

  test.each<[string, readonly Partial<OutgoingFile>[], string]>([
    [
      'images',
      [
        { kind: 'image', mime: 'image/png' },
        { kind: 'animation', mime: 'image/gif' },
      ],
      'image',
    ],
    ['an animation that is a video', [{ kind: 'animation', mime: 'video/mp4' }], 'video'],
    ['a sticker that is a picture', [{ kind: 'sticker', mime: 'image/webp' }], 'image'],
    ['a sticker that is a video', [{ kind: 'sticker', mime: 'video/webm' }], 'video'],
    ['a sticker that is neither', [{ kind: 'sticker', mime: 'application/x-tgsticker' }], 'file'],
    [
      'pictures and a sticker that is none',
      [
        { kind: 'image', mime: 'image/png' },
        { kind: 'sticker', mime: 'video/webm' },
      ],
      'file',
    ],
    ['an image of which no more is known', [{ kind: 'image', mime: 'application/octet-stream' }], 'image'],
    ['a picture sent as a file', [{ kind: 'file', mime: 'image/png' }], 'file'],
    [
      'a video and a round one',
      [
        { kind: 'video', mime: 'video/mp4' },
        { kind: 'round-video', mime: 'video/mp4' },
      ],
      'video',
    ],
    ['a voice message', [{ kind: 'voice', mime: 'audio/ogg' }], 'audio'],
  ])('%s', async (_what, files, type) => {
    const message = await sent(
      '',
      files.map((one, index) => file(`f${index}.bin`, 'x/y', one)),
    );
    expect(message.source).toMatchObject({ type });
    expect(message.files?.map(({ kind }) => kind)).toEqual(files.map(() => type));
  });

  test('a sticker that cannot be seen says its emoji; one that can does not', async () => {
    const sticker = (mime: string) => file('sticker.tgs', mime, { kind: 'sticker', alt: '😺' });
    expect((await sent('', [sticker('application/x-tgsticker')])).text).toBe('😺');
    expect((await sent('', [sticker('image/webp')], { step: 1 })).text).toBe('');
    expect((await sent('mine', [sticker('video/webm')], { step: 2 })).text).toBe('mine\n😺');
  });

  test('ten files with long names and links fit beside the longest caption', async () => {
    const long = `${'ж'.repeat(110)}.png`;
    const url = `https://bridge.example.org/media/${'t'.repeat(520)}`;
    const caption = 'a'.repeat(capabilities.files.captionMaxLength);
    const files = Array.from({ length: capabilities.files.maxPerMessage }, () => image(long, { url }));
    const message = await sent(caption, files);
    expect(message.files).toHaveLength(10);
    for (const { name } of message.files ?? []) expect(name).toMatch(/^ж{50,}\.png$/);
  });

  test('names without an ending and types without a name get what CometChat wants', async () => {
    const message = await sent('', [file('README', 'text/x-readme+md'), file('x', ''), file('a.TAR.GZ', 'application/gzip')]);
    expect(message.source).toMatchObject({
      data: {
        attachments: [
          { name: 'README', extension: 'xreadmemd', mimeType: 'text/x-readme+md' },
          { name: 'x', extension: 'bin', mimeType: 'application/octet-stream' },
          { name: 'a.TAR.GZ', extension: 'gz' },
        ],
      },
    });
  });

  test('without a link there is no file, and nothing is posted', async () => {
    const { url: _none, ...unlinked } = image('cat.png');
    const error: unknown = await sender.deliver(sendOf('look', { files: [unlinked] }), never).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(DeliveryError);
    expect(String(error)).toContain('PUBLIC_URL');
    expect(cometchat.messages(guid)).toEqual([]);
  });

  test('go out in one-to-one conversations and with the bridge’s own user as well', async () => {
    const direct = { conversation: conversationId('user:cometchat-uid-1') };
    expect(await sent('look', [image('cat.png')], direct)).toMatchObject({ author: { id: 'bridge' }, files: [{ name: 'cat.png' }] });
    await restart({}, 'single');
    expect(await sent('look', [image('cat.png')])).toMatchObject({ author: { id: 'bridge' }, files: [{ name: 'cat.png' }] });
  });
});

describe.each([false, true])('an edit, where the API %s what it is not told', (editReplaces) => {
  beforeEach(() => restart({ editReplaces }));

  test('of a caption leaves the files alone', async () => {
    const { id } = await sent('one', [image('a.png'), image('b.png')]);
    await sender.deliver(editOf(id, 'two', { shows: 'caption' }), never);
    expect(shown()).toMatchObject([{ text: 'two', files: [{ name: 'a.png' }, { name: 'b.png' }] }]);
    await sender.deliver(editOf(id, '', { shows: 'caption', body: nothing }), never);
    expect(shown()).toMatchObject([{ text: '', files: [{ name: 'a.png' }, { name: 'b.png' }] }]);
    expect(cometchat.messages(guid)).toHaveLength(1);
  });

  test('of text costs no look at the message', async () => {
    const { id } = await sent('one', []);
    const before = cometchat.calls.length;
    await sender.deliver(editOf(id, 'two'), never);
    expect(cometchat.calls.slice(before).map(({ method }) => method)).toEqual(['PUT']);
    expect(shown()).toMatchObject([{ text: 'two' }]);
  });
});

describe('threads', () => {
  const root = () => cometchat.post({ room: guid, author: 'cometchat-uid-1', text: 'root' }).id;
  const into = (thread: string) => ({ thread: messageId(thread) });

  test('a message goes into the thread, as its author', async () => {
    const thread = root();
    expect(await sent('in it', [], into(thread))).toMatchObject({ text: 'in it', thread, author: { name: 'Ana Sousa (Telegram)' } });
    expect(await sent('', [image('cat.png')], { ...into(thread), step: 1 })).toMatchObject({ thread, files: [{ name: 'cat.png' }] });
  });

  test('an answer to what is in a thread goes into that thread', async () => {
    const thread = root();
    const { id } = await sent('in it', [], into(thread));
    expect(await sent('and this', [], { ...into(id), step: 1 })).toMatchObject({ thread });
  });

  test('whose beginning is gone is no reason to say nothing', async () => {
    const message = await sent('still said', [], into('999'));
    expect(message).toMatchObject({ room: guid, text: 'still said' });
    expect(message).not.toHaveProperty('thread');
  });

  test('of another conversation is none', async () => {
    const elsewhere = cometchat.post({ room: 'cometchat-uid-2', author: 'cometchat-uid-1', text: 'private' }).id;
    const message = await sent('said here', [], into(elsewhere));
    expect(message).toMatchObject({ room: guid, text: 'said here' });
    expect(message).not.toHaveProperty('thread');
  });

  test('in a one-to-one conversation', async () => {
    const thread = cometchat.post({ room: 'cometchat-uid-1', author: 'cometchat-uid-1', text: 'x' }).id;
    expect(Number(thread)).toBeGreaterThan(0);
    const { id } = await sent('begin', [], { conversation: conversationId('user:cometchat-uid-1') });
    expect(await sent('go on', [], { conversation: conversationId('user:cometchat-uid-1'), step: 1, ...into(id) })).toMatchObject({
      thread: id,
    });
  });
});

describe('reactions', () => {
  const reactionsOf = (id: string) => cometchat.messages(guid).find((message) => message.id === id)?.reactions;

  test('are those of the people who react, who are made and let in for it', async () => {
    const { id } = cometchat.post({ room: guid, author: 'cometchat-uid-1', text: 'hi' });
    await sender.deliver(reactOf(id, '👍', true), never);
    expect(reactionsOf(id)).toEqual([{ emoji: '👍', by: 'bridge_telegram_5550001' }]);
    expect(cometchat.users.find(({ uid }) => uid === 'bridge_telegram_5550001')?.name).toBe('Ana Sousa (Telegram)');
    expect(cometchat.members(guid)).toContain('bridge_telegram_5550001');
    await sender.deliver(reactOf(id, '👍', false), never);
    expect(reactionsOf(id)).toEqual([]);
  });

  test('to what is gone: taking away is done, adding is told', async () => {
    const { id } = cometchat.post({ room: guid, author: 'cometchat-uid-1', text: 'hi' });
    await sender.deliver(reactOf('999', '👍', false), never);
    await expect(sender.deliver(reactOf('999', '👍', true), never)).rejects.toThrow('does not exist');
    expect(Number(id)).toBe(1);
  });

  test('one more than the message can have is a dead letter that says why, and not tried for a day', async () => {
    const { id } = cometchat.post({ room: guid, author: 'cometchat-uid-1', text: 'hi' });
    for (let count = 0; count < 25; count += 1)
      cometchat.react({ room: guid, message: id, author: 'cometchat-uid-1', emoji: String.fromCodePoint(0x1f600 + count) });
    const error: unknown = await sender.deliver(reactOf(id, '🦄', true), never).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ failure: { kind: 'permanent', reason: 'invalid' } });
    expect(String(error)).toContain('25');
  });

  test('where one user stands for all, each emoji is put there once', () => {
    expect(sender.reactionsBy?.(conversationId(`group:${guid}`))).toBe('person');
    expect(sender.reactionsBy?.(conversationId('user:cometchat-uid-1'))).toBe('emoji');
    const single = createSender(createClient({ base: cometchat.url, apiKey }), { senderMode: 'single', bridgeUid: 'bridge' });
    expect(single.reactionsBy?.(conversationId(`group:${guid}`))).toBe('emoji');
  });
});
