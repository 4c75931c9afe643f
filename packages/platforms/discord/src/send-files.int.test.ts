import { createHash, randomBytes } from 'node:crypto';
import { createServer } from 'node:net';
import { conversationId, MediaError, messageId, platformId, refuseUrls, userId } from '@bridge/core';
import type { Command, DeliveryId, Log, OutgoingFile, Receipt, Sender } from '@bridge/core';
import { startDiscordSimulator } from '@bridge/simulators';
import type { DiscordSimulator } from '@bridge/simulators';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { token } from './fixtures/payloads.ts';
import { html, json, startScriptedServer } from './fixtures/scripted-server.ts';
import { platform } from './index.ts';
import { Multipart } from './multipart.ts';
import { createTransport, NoAnswerError } from './transport.ts';

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

type Mode = 'puppets' | 'single';
function senderOf(mode: Mode, apiUrl = sim.url): Sender {
  const { sender } = platform.create(
    { token, apiUrl, senderMode: mode, applicationId: undefined, publicKey: undefined, webhookSecret: undefined },
    { log: silent, requireAuth: true, openUrl: refuseUrls },
  );
  senders.push(sender);
  return sender;
}

type Send = Extract<Command, { type: 'send' }>;
const author = { id: userId('u1'), name: 'bo', displayName: 'Bo', isBot: false };
const common = { delivery: 'd' as DeliveryId, step: 0, ambiguous: false, conversation: conversationId(room) };
let deliveries = 0;
const send = (text: string, fields: Partial<Send> = {}): Send => ({
  ...common,
  delivery: `d${(deliveries += 1)}` as DeliveryId,
  type: 'send',
  author,
  origin: platformId('telegram'),
  label: 'Bo (Telegram)',
  body: text === '' ? [] : [{ type: 'paragraph', children: [{ type: 'text', text }] }],
  files: [],
  ...fields,
});
const go = new AbortController().signal;
const shown = (where = room) => sim.messages(where).filter(({ deleted, viaApi }) => !deleted && viaApi);

async function* pieces(...all: readonly (Uint8Array | Error)[]): AsyncGenerator<Uint8Array> {
  for (const one of all) {
    await Promise.resolve();
    if (one instanceof Error) throw one;
    yield one;
  }
}
const file = (bytes: Uint8Array, fields: Partial<OutgoingFile> = {}): OutgoingFile => ({
  kind: 'image',
  name: 'cat.png',
  mime: 'image/png',
  open: async () => Promise.resolve({ body: pieces(bytes.subarray(0, 3), bytes.subarray(3)), bytes: bytes.length }),
  ...fields,
});
const sha = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const broken = (...before: readonly Uint8Array[]): OutgoingFile =>
  file(Buffer.alloc(0), { open: async () => Promise.resolve({ body: pieces(...before, new MediaError('It is gone.', 'gone')) }) });

describe.each<Mode>(['puppets', 'single'])('files: %s', (mode) => {
  test('one with its caption and description', async () => {
    const bytes = randomBytes(100_000);
    const { message } = await senderOf(mode).deliver(send('look', { files: [file(bytes, { alt: 'a cat' })] }), go);
    expect(shown()).toMatchObject([{ id: message, text: 'look', files: [{ name: 'cat.png', mime: 'image/png', sha256: sha(bytes) }] }]);
    expect(shown()[0]?.source).toMatchObject({ attachments: [{ description: 'a cat' }] });
    expect(sim.calls.at(-1)?.body).toMatchObject({ allowed_mentions: { parse: [] } });
  });

  test('an album is one message, in order, without a word', async () => {
    const all = Array.from({ length: 10 }, (_, index) => randomBytes(1_000 + index));
    await senderOf(mode).deliver(send('', { files: all.map((bytes, index) => file(bytes, { name: `${index}.png` })) }), go);
    expect(shown()).toHaveLength(1);
    expect(shown()[0]?.text).toBe('');
    expect(shown()[0]?.files?.map(({ name, sha256 }) => [name, sha256])).toEqual(all.map((bytes, index) => [`${index}.png`, sha(bytes)]));
  });

  test('a name of any kind arrives as it is', async () => {
    const names = ['größe 日本.png', 'a"b\r\nX-Evil: 1.png', 'x;y=z.png'];
    await senderOf(mode).deliver(send('', { files: names.map((name) => file(Buffer.from('1'), { name, mime: 'image/png\r\nX: 1' })) }), go);
    expect(shown()[0]?.files?.map(({ name }) => name)).toEqual([names[0], 'a"b\r\nX-Evil: 1.png', names[2]]);
    expect(shown()[0]?.files?.map(({ mime }) => mime)).toEqual(Array.from(names, () => 'application/octet-stream'));
  });

  test('a sticker that Discord cannot show stands beside its emoji', async () => {
    const sticker = file(Buffer.from('{}'), { kind: 'sticker', name: 'wave.tgs', mime: 'application/x-tgsticker', alt: '👋' });
    await senderOf(mode).deliver(send('', { files: [sticker] }), go);
    expect(shown()).toMatchObject([{ text: '👋', files: [{ name: 'wave.tgs' }] }]);
  });

  test.each<[string, readonly OutgoingFile[]]>([
    ['at once', [broken()]],
    ['after a while', [broken(randomBytes(300_000))]],
    ['behind another', [file(randomBytes(10)), broken(randomBytes(10))]],
    ['when it is opened', [file(Buffer.alloc(0), { open: async () => Promise.reject(new MediaError('It is gone.', 'gone')) })]],
  ])('one that cannot be had, %s, is told as it is, and nothing is posted', async (_name, files) => {
    const sender = senderOf(mode);
    const error: unknown = await sender.deliver(send('look', { files }), go).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(MediaError);
    expect(error).toMatchObject({ problem: 'gone' });
    await sender.deliver(send('without'), go);
    expect(shown().map(({ text }) => text)).toEqual(['without']);
  });

  test('one that is shorter than its source said is not posted', async () => {
    const short = file(Buffer.alloc(0), { open: async () => Promise.resolve({ body: pieces(Buffer.from('12')), bytes: 3 }) });
    await expect(senderOf(mode).deliver(send('', { files: [short] }), go)).rejects.toMatchObject({ problem: 'unavailable' });
    expect(shown()).toEqual([]);
  });

  test('one that Discord finds too large', async () => {
    const sending = senderOf(mode).deliver(send('', { files: [file(Buffer.alloc((20 << 20) + 1))] }), go);
    const error: unknown = await sending.catch((reason: unknown) => reason);
    // Told in words by the core, and no dead letter.
    expect(error).toBeInstanceOf(MediaError);
    expect(error).toMatchObject({ problem: 'too-large' });
    expect(shown()).toEqual([]);
  });

  test('an upload whose answer was lost is found again', async () => {
    const post = mode === 'puppets' ? /POST \/webhooks/ : /POST \/channels\/\d+\/messages$/;
    sim.faults.add({ fault: { kind: 'accept-then-reset' }, match: post, times: 1 });
    const command = send('', { files: [file(randomBytes(50_000))] });
    await expect(senderOf(mode).deliver(command, go)).rejects.toMatchObject({ failure: { kind: 'ambiguous' } });
    const { message } = await senderOf(mode).deliver({ ...command, ambiguous: true }, go);
    expect(shown().map(({ id }) => id)).toEqual([message]);
  });

  test('a caption is changed and the files stay', async () => {
    const sender = senderOf(mode);
    const { message } = await sender.deliver(send('one', { files: [file(randomBytes(10))] }), go);
    const { files: _files, ...words } = send('two');
    await sender.deliver({ ...words, type: 'edit', message, shows: 'caption' }, go);
    expect(shown()).toMatchObject([{ id: message, text: 'two', files: [{ name: 'cat.png' }] }]);
    await sender.deliver({ ...words, type: 'edit', message, shows: 'caption', body: [] }, go);
    expect(shown()).toMatchObject([{ id: message, text: '', files: [{ name: 'cat.png' }] }]);
  });
});

describe('an upload', () => {
  const posting = async (answer: Parameters<typeof startScriptedServer>[0], files: readonly OutgoingFile[], signal = go) => {
    const server = await startScriptedServer(answer);
    try {
      return await senderOf('single', server.url).deliver(send('', { files }), signal);
    } finally {
      await server.close();
    }
  };
  const endless = (opened: { closed: boolean; read: number }): OutgoingFile =>
    file(Buffer.alloc(0), {
      open: async (signal) =>
        Promise.resolve({
          body: (async function* body() {
            try {
              while (!signal.aborted) {
                opened.read += 65_536;
                yield Buffer.alloc(65_536);
                await new Promise(setImmediate);
              }
            } finally {
              opened.closed = true;
            }
          })(),
        }),
    });

  test('takes from its source no faster than Discord takes it', async () => {
    const seen = { closed: false, read: 0 };
    const stop = new AbortController();
    // Nobody reads what arrives.
    const deaf = createServer((socket) => void socket.on('error', () => undefined).pause());
    await new Promise<void>((resolve) => void deaf.listen(0, '127.0.0.1', resolve));
    const address = deaf.address();
    const transport = createTransport(20_000);
    const form = new Multipart({ payload: {}, files: [endless(seen)] });
    const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}/`;
    const failing = transport
      .request(url, { method: 'POST', headers: {}, body: form, signal: stop.signal, mayLeave: () => undefined })
      .catch((error: unknown) => error);
    let before = 0;
    const isStill = (): boolean => {
      const still = seen.read > 0 && seen.read === before;
      before = seen.read;
      return still;
    };
    await expect.poll(isStill, { interval: 200, timeout: 20_000 }).toBe(true);
    expect(seen.read).toBeLessThan(64 << 20);
    stop.abort();
    expect(await failing).toBeInstanceOf(NoAnswerError);
    await expect.poll(() => seen.closed).toBe(true);
    transport.close();
    deaf.close();
  });

  test('that is stopped half-way is no message, and its source is let go', async () => {
    const seen = { closed: false, read: 0 };
    const stop = new AbortController();
    const failing = posting(json(200, { id: '9' }), [endless(seen)], stop.signal).catch((error: unknown) => error);
    await expect.poll(() => seen.read).toBeGreaterThan(1_000_000);
    stop.abort();
    expect(await failing).toMatchObject({ failure: { kind: 'shutting-down' } });
    await expect.poll(() => seen.closed).toBe(true);
  });

  test.each([
    [500, { failure: { kind: 'transient' } }],
    [413, { name: 'MediaError', problem: 'too-large' }],
  ])('that is answered with %d is no message', async (status, failure) => {
    await expect(posting(html(status), [file(randomBytes(200_000))])).rejects.toMatchObject(failure);
  });
});

describe('replies', () => {
  const reply = async (mode: Mode, replyTo: string): Promise<Receipt> =>
    senderOf(mode).deliver(send('yes', { replyTo: messageId(replyTo) }), go);

  test('are replies where the bot writes itself', async () => {
    const { id } = sim.post({ room, author: ana, text: 'really?' });
    const sender = senderOf('single');
    expect(sender.replies?.(conversationId(room))).toBe(true);
    await reply('single', id);
    expect(shown()).toMatchObject([{ text: 'yes', replyTo: id }]);
  });

  test('to what is gone are ordinary messages', async () => {
    await reply('single', '1200000000000000077');
    expect(shown()).toMatchObject([{ text: 'yes' }]);
    expect(shown()[0]?.replyTo).toBeUndefined();
  });

  test('are not to be had of puppets, whose quote links to the message', async () => {
    const sender = senderOf('puppets');
    expect(sender.replies?.(conversationId(room))).toBe(false);
    await sender.deliver(send('first'), go);
    expect(sender.linkTo?.(conversationId(room), messageId('5'))).toBe(`https://discord.com/channels/${sim.guildId}/${room}/5`);
    expect(sender.linkTo?.(conversationId(room), messageId('4/5'))).toBe(`https://discord.com/channels/${sim.guildId}/4/5`);
    expect(sender.linkTo?.(conversationId('99'), messageId('5'))).toBeUndefined();
  });
});

describe.each<Mode>(['puppets', 'single'])('threads: %s', (mode) => {
  const into = (root: string, text = 'within', fields: Partial<Send> = {}): Send => send(text, { thread: messageId(root), ...fields });

  test('are started from the message, named by its words, and used again', async () => {
    const { id } = sim.post({
      room,
      author: ana,
      text: '**Where** do we meet tomorrow, and at what time? I would rather not be late again',
    });
    const { message, messageUrl } = await senderOf(mode).deliver(into(id), go);
    await senderOf(mode).deliver(into(id, 'another'), go);
    expect(shown()).toMatchObject([
      { text: 'within', thread: id },
      { text: 'another', thread: id },
    ]);
    expect(message).toBe(`${id}/${shown()[0]?.id}`);
    expect(messageUrl).toBe(`https://discord.com/channels/${sim.guildId}/${id}/${shown()[0]?.id}`);
    const started = sim.calls.find(({ path }) => path.endsWith('/threads'));
    expect(started?.body).toMatchObject({ name: 'Where do we meet tomorrow, and at what time? I would rather…' });
  });

  test.each(['', 'that may not be read'])('of a message without words %s have the name of who writes', async (text) => {
    const { id } = sim.post({ room, author: ana, text });
    sim.setPermissions(room, { READ_MESSAGE_HISTORY: text === '' });
    await senderOf(mode).deliver(into(id), go);
    expect(sim.calls.find(({ path }) => path.endsWith('/threads'))?.body).toMatchObject({ name: 'Bo (Telegram)' });
  });

  test('go on when their first message is gone; without both it is an ordinary message', async () => {
    const root = sim.post({ room, author: ana, text: 'root' }).id;
    sim.startThread({ room, author: ana, name: 'x', message: root });
    sim.remove({ room, message: root });
    await senderOf(mode).deliver(into(root), go);
    const gone = sim.post({ room, author: ana, text: 'gone' }).id;
    sim.remove({ room, message: gone });
    await senderOf(mode).deliver(into(gone, 'plain'), go);
    expect(shown().map(({ text, thread: within }) => [text, within])).toEqual([
      ['within', root],
      ['plain', undefined],
    ]);
  });

  test('what is in them is edited, reacted to, replied to and deleted, also once they were put away', async () => {
    const root = sim.post({ room, author: ana, text: 'root' }).id;
    const sender = senderOf(mode);
    const { message } = await sender.deliver(into(root), go);
    const { files: _files, ...words } = send('changed');
    const steps: readonly [Command, object][] = [
      [{ ...words, type: 'edit', message, shows: 'text' }, { text: 'changed' }],
      [{ ...words, type: 'react', message, emoji: '👍', on: true }, { reactions: [{ emoji: '👍', by: sim.botId }] }],
    ];
    for (const [command, seen] of steps) {
      sim.archive(root);
      await sender.deliver(command, go);
      expect(shown()).toMatchObject([seen]);
    }
    await sender.deliver(into(root, 'reply', { replyTo: message }), go);
    if (mode === 'single') expect(shown()[1]?.replyTo).toBe(shown()[0]?.id);
    sim.archive(root);
    await sender.deliver({ ...common, type: 'delete', message }, go);
    expect(shown().map(({ text }) => text)).toEqual(['reply']);
  });

  test('are none where a thread is bridged by itself', async () => {
    await senderOf(mode).deliver(into('1200000000000000077', 'x', { conversation: conversationId(thread) }), go);
    expect(shown(thread)).toMatchObject([{ text: 'x' }]);
  });

  test('are not started without the right, and it is said', async () => {
    const { id } = sim.post({ room, author: ana, text: 'root' });
    sim.setPermissions(room, { CREATE_PUBLIC_THREADS: false });
    await expect(senderOf(mode).deliver(into(id), go)).rejects.toThrow(/Create Public Threads/);
  });
});

describe('reactions', () => {
  const react = (message: string, emoji: string, on = true): Command => {
    const { files: _files, ...words } = send('');
    return { ...words, type: 'react', message: messageId(message), emoji, on };
  };

  test.each([
    ['❤', '❤️'],
    ['👍🏽', '👍🏽'],
    ['☺️', '☺️'],
    ['🏳‍🌈', '🏳️‍🌈'],
  ])('%s', async (emoji, expected) => {
    const { id } = sim.post({ room, author: ana, text: 'x' });
    await senderOf('puppets').deliver(react(id, emoji), go);
    expect(sim.messages(room)[0]?.reactions).toEqual([{ emoji: expected, by: sim.botId }]);
    await senderOf('puppets').deliver(react(id, emoji, false), go);
    expect(sim.messages(room)[0]?.reactions).toEqual([]);
  });

  test('that Discord does not know are refused for good', async () => {
    const { id } = sim.post({ room, author: ana, text: 'x' });
    await expect(senderOf('puppets').deliver(react(id, 'nonsense'), go)).rejects.toMatchObject({
      failure: { kind: 'permanent', reason: 'invalid' },
    });
  });
});

test('without link previews none are made', async () => {
  await senderOf('puppets').deliver(send('https://example.org', { linkPreviews: false }), go);
  expect(sim.calls.at(-1)?.body).toMatchObject({ flags: 4 });
});
