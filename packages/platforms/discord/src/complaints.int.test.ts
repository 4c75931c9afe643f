import { conversationId, messageId, paragraphs, plan, platformId, refuseUrls, splitBody, userId } from '@bridge/core';
import type { Author, Body, BridgeEvent, Command, Copy, DeliveryId, Log, OutgoingFile, PlanInput, PlatformInstance } from '@bridge/core';
import { startDiscordSimulator } from '@bridge/simulators';
import type { DiscordPost, DiscordSimulator } from '@bridge/simulators';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Directory } from './directory.ts';
import { token } from './fixtures/payloads.ts';
import { rawEventOf } from './gateway-events.ts';
import { platform } from './index.ts';

/** What users of another bridge have complained about, each by a test of its name. */
const silent: Log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
const room = '1200000000000000001';
const ana = '1300000000000000001';
const go = new AbortController().signal;

let sim: DiscordSimulator;
const instances: PlatformInstance[] = [];
beforeEach(async () => {
  sim = await startDiscordSimulator({ token, people: [{ id: ana, name: 'Ana' }], rooms: [{ id: room, name: 'general' }] });
});
afterEach(async () => {
  await Promise.all(instances.splice(0).map(async ({ sender }) => sender.close()));
  await sim.close();
});

/** A process of the bridge. */
function discord(senderMode: 'puppets' | 'single' = 'puppets'): PlatformInstance {
  const instance = platform.create(
    { token, apiUrl: sim.url, senderMode, applicationId: undefined, publicKey: undefined, webhookSecret: undefined },
    { log: silent, requireAuth: true, openUrl: refuseUrls },
  );
  instances.push(instance);
  return instance;
}

const bo: Author = { id: userId('u1'), name: 'bo', displayName: 'Bo', isBot: false };
type Fields = Partial<Pick<BridgeEvent, 'replyTo' | 'author'>> & { readonly body?: Body; readonly files?: readonly OutgoingFile[] };
const said = (text: string, { body = paragraphs(text), files = [], ...more }: Fields = {}) => ({
  v: 1 as const,
  id: 'telegram_1',
  source: platformId('telegram'),
  message: messageId('1'),
  eventKey: 'k',
  author: bo,
  channel: { id: conversationId('c'), name: 'c', type: 'group' as const },
  timestamp: '2026-01-01T00:00:00.000Z',
  platform: {},
  content: { text, metadata: {}, body, attachments: files.map(({ kind, name }) => ({ kind, name, handle: name, bytes: name.length })) },
  ...more,
});
const created = (text: string, fields: Fields = {}): BridgeEvent => ({ ...said(text, fields), type: 'message.created' });

let deliveries = 0;
/** Carries an event out as the bridge does; gives what now shows it. */
async function carry(
  event: BridgeEvent,
  more: { readonly files?: readonly OutgoingFile[]; readonly mode?: 'puppets' | 'single' } & Partial<PlanInput> = {},
) {
  const { files = [], mode = 'puppets', ...known } = more;
  const { sender } = discord(mode);
  const conversation = conversationId(room);
  const planned = plan({
    event,
    capabilities: platform.capabilities,
    measure: (body) => sender.measure(body),
    impersonates: sender.impersonates(conversation),
    replies: sender.replies?.(conversation) ?? false,
    originName: 'Telegram',
    copies: [],
    linkTo: (message) => sender.linkTo?.(conversation, message),
    ...known,
  });
  if ('nothing' in planned) throw new Error(planned.nothing);
  const delivery = `c${(deliveries += 1)}` as DeliveryId;
  const shown: Copy[] = [];
  for (const [step, one] of planned.steps.entries()) {
    if (one.type === 'skip') continue;
    const base = { delivery, step, conversation, ambiguous: false, author: event.author, origin: event.source };
    const command: Command =
      one.type === 'send' ? { ...base, ...one, files: one.files.flatMap((at) => files[at] ?? []) } : { ...base, ...one };
    const { message } = await sender.deliver(command, go);
    if (one.type === 'send') shown.push({ message, shows: one.files.length > 0 ? 'caption' : 'text' });
  }
  return shown;
}
const file = (name: string): OutgoingFile => ({
  kind: 'image',
  name,
  mime: 'image/png',
  open: async () =>
    Promise.resolve({
      body: (async function* body() {
        yield Buffer.from(name);
      })(),
    }),
});
const shown = () => sim.messages(room).filter(({ deleted, viaApi }) => !deleted && viaApi);
const source = (): string => JSON.stringify(shown().at(-1)?.source);

/** What somebody wrote there, as the bridge hears it. */
async function heard(post: Partial<DiscordPost>): Promise<BridgeEvent> {
  const { id } = sim.post({ room, author: ana, text: '', ...post });
  const answer = await fetch(`${sim.url}/v10/channels/${room}/messages/${id}`, { headers: { authorization: `Bot ${token}` } });
  const d: unknown = await answer.json();
  const identity = { applicationId: undefined, own: new Set<string>() };
  const raw = rawEventOf({ t: 'MESSAGE_CREATE', d, s: 1 }, { sessionId: 's', at: 0, directory: new Directory(), identity });
  const parsed = raw === undefined ? undefined : discord().parse(raw);
  const [event] = parsed?.kind === 'events' ? parsed.events : [];
  if (event === undefined) throw new Error(`nothing was heard of it: ${JSON.stringify(parsed)}`);
  return event;
}

describe('to Discord', () => {
  test('reactions do not arrive', async () => {
    const { id } = sim.post({ room, author: ana, text: 'hello' });
    const reaction: BridgeEvent = { ...said(''), type: 'reaction.added', emoji: '👍' };
    await carry(reaction, { copies: [{ message: messageId(id), shows: 'text' }], reactions: ['👍'] });
    expect(sim.messages(room)[0]?.reactions).toEqual([{ emoji: '👍', by: sim.botId }]);
    await carry(
      { ...said(''), type: 'reaction.removed', emoji: '👍' },
      { copies: [{ message: messageId(id), shows: 'text' }], reactions: [] },
    );
    expect(sim.messages(room)[0]?.reactions).toEqual([]);
  });

  test('attachments arrive as URLs', async () => {
    const files = [file('cat.png')];
    await carry(created('look', { files }), { files });
    expect(shown()).toMatchObject([{ text: 'look', files: [{ name: 'cat.png', size: 7 }] }]);
  });

  test('albums are split', async () => {
    const files = [file('a.png'), file('b.png'), file('c.png')];
    await carry(created('', { files }), { files });
    expect(shown()).toHaveLength(1);
    expect(shown()[0]?.files).toHaveLength(3);
  });

  test('an edit after a restart is posted again', async () => {
    const copies = await carry(created('one'));
    // Each `carry` is another process, which knows nothing but what Redis does.
    await carry({ ...said('two'), type: 'message.edited', revision: '2' }, { copies });
    expect(shown().map(({ text }) => text)).toEqual(['two']);
  });

  test('an edit of a caption posts the file again', async () => {
    const files = [file('cat.png')];
    const copies = await carry(created('one', { files }), { files });
    await carry({ ...said('two', { files }), type: 'message.edited', revision: '2' }, { copies, files });
    expect(shown()).toMatchObject([{ text: 'two', files: [{ name: 'cat.png' }] }]);
  });

  test('a reply loses the name and picture of who wrote it', async () => {
    await carry(created('hello'));
    const replyTo = { message: messageId('0'), author: 'Ana', excerpt: 'really?' };
    await carry(created('yes', { replyTo }), { replyTo: messageId(shown()[0]?.id ?? '') });
    expect(shown()[1]?.author.name).toBe('Bo (Telegram)');
    expect(shown()[1]?.text).toContain('Ana: really?');
    await carry(created('yes', { replyTo }), { replyTo: messageId(shown()[0]?.id ?? ''), mode: 'single' });
    expect(shown()[2]?.replyTo).toBe(shown()[0]?.id);
  });

  test('bold becomes italic', async () => {
    await carry(created('', { body: [{ type: 'paragraph', children: [{ type: 'bold', children: [{ type: 'text', text: 'b' }] }] }] }));
    expect(source()).toContain('"**b**');
  });

  test.each([
    ['underline', '__x__'],
    ['spoiler', '||x||'],
  ] as const)('%s is lost', async (type, expected) => {
    await carry(created('', { body: [{ type: 'paragraph', children: [{ type, children: [{ type: 'text', text: 'x' }] }] }] }));
    expect(source()).toContain(expected);
  });

  test('@everyone pings', async () => {
    await carry(created('@everyone @here <@1300000000000000001> <@&1>', { author: { ...bo, displayName: '@everyone' } }));
    for (const call of sim.calls.filter(({ method }) => method === 'POST').slice(-1))
      expect(call.body).toMatchObject({ allowed_mentions: { parse: [] }, username: expect.not.stringContaining('@everyone') });
    expect(shown()[0]?.text).toBe('@everyone @here <@1300000000000000001> <@&1>');
  });

  test('names are cut by bytes', async () => {
    const displayName = '👍🏽'.repeat(40);
    await carry(created('x', { author: { ...bo, displayName } }));
    const name = shown()[0]?.author.name ?? '';
    expect(name).toMatch(/^(?:👍🏽)+… \(Telegram\)$/u);
    expect(name.length).toBeLessThanOrEqual(80);
  });

  test.each(['discord', 'Clyde the bot', 'DISCORDIA'])('a nick with “%s” in it is refused, and the message lost', async (displayName) => {
    await carry(created('x', { author: { ...bo, displayName } }));
    expect(shown()).toMatchObject([{ text: 'x' }]);
  });

  test('long text is lost', async () => {
    const words = Array.from({ length: 1_200 }, (_, index) => `word${index}`).join(' ');
    await carry(created(words));
    expect(shown().length).toBeGreaterThan(4);
    expect(
      shown()
        .map(({ text }) => text)
        .join(' '),
    ).toBe(words);
    const { sender } = discord();
    expect(splitBody(paragraphs(words), { fits: (part) => sender.measure(part) <= 2_000 })).toHaveLength(shown().length);
  });
});

describe('from Discord', () => {
  const answers = [{ answer_id: 1, poll_media: { text: 'Pizza' } }];
  const poll = { question: { text: 'Lunch?' }, answers, expiry: null, allow_multiselect: false, layout_type: 1 };
  test.each<[string, () => Partial<DiscordPost>, string]>([
    ['polls', () => ({ extra: { poll } }), '📊 Poll: Lunch?\n- Pizza'],
    ['embeds', () => ({ embeds: [{ title: 'News', description: 'of *today*' }] }), '> News\n> \n> of today'],
    ['forwards', () => ({ forward: sim.post({ room, author: ana, text: 'before' }).id }), 'Forwarded\n> before'],
  ])('%s are dropped', async (_name, post, text) => {
    const { content } = await heard(post());
    expect(content.text.replaceAll('\n\n', '\n')).toBe(text);
  });

  test('stickers are dropped', async () => {
    const { content } = await heard({ files: [{ kind: 'sticker', name: 'wave', mime: 'image/png', bytes: Buffer.from('1') }] });
    expect(content.attachments).toMatchObject([{ kind: 'sticker', alt: 'wave', mime: 'image/png' }]);
  });

  test('voice messages are dropped', async () => {
    const { content } = await heard({ files: [{ kind: 'voice', name: 'voice-message.ogg', mime: 'audio/ogg', bytes: Buffer.from('1') }] });
    expect(content.attachments).toMatchObject([{ kind: 'voice', mime: 'audio/ogg' }]);
  });

  test('what a reply is to is lost', async () => {
    const { id } = sim.post({ room, author: ana, text: 'really?' });
    expect((await heard({ text: 'yes', replyTo: id })).replyTo).toEqual({ message: id, author: 'Ana', excerpt: 'really?' });
  });

  test('underline and spoilers are lost', async () => {
    const { content } = await heard({ text: '__a__ ||b||' });
    expect(content.body).toMatchObject([{ children: [{ type: 'underline' }, { type: 'text' }, { type: 'spoiler' }] }]);
  });
});
