import {
  type Attachment,
  type Block,
  type Body,
  type BridgeEvent,
  type Inline,
  eventSchema,
  messageId,
  plainText,
  userId,
} from '@bridge/core';
import type { SimFile, TelegramSimulator } from '@bridge/simulators';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createClient } from './api.ts';
import { groupId, startTelegram, token } from './fixtures/bridge.ts';
import { carry } from './fixtures/carry.ts';
import { bytesOf, testFile } from './fixtures/files.ts';
import { ana, channel, date, fromAna } from './fixtures/chats.ts';
import { foundByTdlib, hasTdlib } from './fixtures/tdlib.ts';
import { platform } from './index.ts';
import { parseUpdate } from './parse.ts';
import { createSender } from './send.ts';

/** What people complain about in bridges that they have used, by the complaint. */
let telegram: TelegramSimulator;
beforeEach(async () => {
  telegram = await startTelegram();
});
afterEach(async () => {
  expect(telegram.violations).toEqual([]);
  await telegram.close();
});

/** A sender as a process has it that was just started: it knows nothing of what was sent before. */
async function carried(event: BridgeEvent, known: Parameters<typeof carry>[2] = {}) {
  const sender = createSender(createClient({ token, apiRoot: telegram.url }));
  try {
    return await carry(sender, event, known);
  } finally {
    await sender.close();
  }
}
const shown = () => telegram.messages(groupId).filter(({ deleted }) => !deleted);
const text = (value: string): Inline => ({ type: 'text', text: value });
const paragraph = (...children: readonly Inline[]): Block => ({ type: 'paragraph', children });

function written(body: Body, change: object = {}): BridgeEvent {
  return eventSchema.parse({
    v: 1,
    type: 'message.created',
    id: 'discord_1',
    source: 'discord',
    message: '1',
    eventKey: '1',
    author: { id: userId('7'), name: 'kai', displayName: 'Kai', isBot: false },
    channel: { id: '42', name: 'general', type: 'channel' },
    timestamp: '2026-01-01T00:00:00.000Z',
    platform: {},
    content: { text: plainText(body), attachments: [], metadata: {}, body },
    ...change,
  });
}
const attached = (words: string, attachments: readonly Attachment[], change: object = {}): BridgeEvent => {
  const body = words === '' ? [] : [paragraph(text(words))];
  return written(body, { content: { text: words, attachments, metadata: {}, body }, ...change });
};
const cat: Attachment = { kind: 'image', name: 'cat.png', handle: 'h', mime: 'image/png', bytes: 1_000 };
const catFile = () => testFile({ kind: 'image', name: 'cat.png', mime: 'image/png', bytes: bytesOf('png') });

/** The events of one update, as they would be routed. */
const heard = (raw: object): readonly BridgeEvent[] => {
  const parsed = parseUpdate(
    { eventKey: '1', conversation: platform.conversationOf({ chat: groupId }), raw: JSON.parse(JSON.stringify(raw)) },
    7,
  );
  return parsed.kind === 'events' ? parsed.events : [];
};

describe('“reactions are not bridged”', () => {
  const reaction = (emoji: string, type = 'reaction.added') => written([], { type, emoji, message: '1' });

  test('they are put on the message, and taken away', async () => {
    const [sent] = await carried(written([paragraph(text('hi'))]));
    const copies = [{ message: sent?.message ?? messageId('0'), shows: 'text' as const }];
    await carried(reaction('🎉'), { copies, reactions: ['🎉'] });
    expect(shown()[0]?.reactions).toMatchObject([{ emoji: '🎉' }]);
    // Two people like it, and one is surprised: a bot has one reaction, so it is the one that most people have.
    await carried(reaction('👍'), { copies, reactions: ['😱', '👍', '👍'] });
    expect(shown()[0]?.reactions).toMatchObject([{ emoji: '👍' }]);
    await carried(reaction('👍', 'reaction.removed'), { copies, reactions: [] });
    expect(shown()[0]?.reactions).toEqual([]);
  });

  test('one that Telegram does not have is told in words, in reply to the message', async () => {
    const [sent] = await carried(written([paragraph(text('hi'))]));
    const copies = [{ message: sent?.message ?? messageId('0'), shows: 'text' as const }];
    await carried({ ...reaction('🦖'), replyTo: { message: messageId('1'), excerpt: 'hi' } }, { copies, reactions: ['🦖'] });
    expect(shown()).toMatchObject([
      { text: expect.stringContaining('hi') },
      { text: expect.stringContaining('reacted 🦖'), replyTo: sent?.message },
    ]);
  });

  test('people’s own come from Telegram', () => {
    const change = { old_reaction: [], new_reaction: [{ type: 'emoji', emoji: '👍' }] };
    const raw = {
      update_id: 1,
      message_reaction: { chat: { id: -1, type: 'supergroup', title: 'x' }, message_id: 5, user: ana, date, ...change },
    };
    expect(heard(raw)).toMatchObject([{ type: 'reaction.added', emoji: '👍', message: '5' }]);
  });
});

test('“attachments are posted as URLs”: they are shown as what they are, with no address beside them', async () => {
  await carried(attached('look', [cat]), { files: [catFile()] });
  expect(shown()).toMatchObject([{ text: 'Kai (Discord)\nlook', files: [{ kind: 'photo', name: 'cat.png' }] }]);
  expect(shown()[0]?.text).not.toContain('http');
});

test('“after a restart an edit is posted again”: it changes the message that is there', async () => {
  const [sent] = await carried(written([paragraph(text('one'))]));
  const copies = [{ message: sent?.message ?? messageId('0'), shows: 'text' as const }];
  await carried(written([paragraph(text('two'))], { type: 'message.edited', revision: '2' }), { copies });
  expect(shown().map((message) => [message.id, message.text])).toEqual([[sent?.message, 'Kai (Discord)\ntwo']]);
});

test('“editing a caption posts the file again”: only the words change', async () => {
  const [sent] = await carried(attached('one', [cat]), { files: [catFile()] });
  const copies = [{ message: sent?.message ?? messageId('0'), shows: 'caption' as const }];
  const again = catFile();
  await carried(attached('two', [cat], { type: 'message.edited', revision: '2' }), { copies, files: [again] });
  expect(shown()).toMatchObject([{ id: sent?.message, text: 'Kai (Discord)\ntwo', files: [{ kind: 'photo' }] }]);
  expect(again.opened).toBe(0);
});

describe('“bold becomes italic; underline and spoiler are lost”', () => {
  const styles = { bold: 'bold', italic: 'italic', underline: 'underline', strike: 'strikethrough', spoiler: 'spoiler' } as const;

  test.each(Object.entries(styles))('%s arrives as what it is', async (style, entity) => {
    await carried(written([paragraph({ type: style as keyof typeof styles, children: [text('word')] })]));
    expect(shown()[0]?.source).toMatchObject({
      text: 'Kai (Discord)\nword',
      entities: [
        { type: 'bold', offset: 0, length: 13 },
        { type: entity, offset: 14, length: 4 },
      ],
    });
  });

  test.each(Object.entries(styles))('%s comes from Telegram as what it is', (style, entity) => {
    const [event] = heard({ message: fromAna(1, { text: 'word', entities: [{ type: entity, offset: 0, length: 4 }] }) });
    expect(event?.content.body).toEqual([paragraph({ type: style as keyof typeof styles, children: [text('word')] })]);
  });
});

test('“@everyone and @names ping people”: no mention that the author did not write here is one', async () => {
  const mention = (label: string): Inline => ({ type: 'mention', kind: label === 'everyone' ? 'everyone' : 'user', id: '9', label });
  await carried(written([paragraph(mention('everyone'), text(' '), mention('durov'))]));
  const [message] = shown();
  expect(message?.source).toMatchObject({ entities: [{ type: 'bold' }] });
  expect(message?.text).toMatch(/@.everyone @.durov/);
  if (hasTdlib) expect(foundByTdlib(message?.text ?? '').entities).toEqual([]);
  // Also where it is plain text, as on CometChat.
  await carried(written([paragraph(text('@everyone and @Here, not @hereafter'))]));
  expect(shown().at(-1)?.text).toContain('@\u2060everyone and @\u2060Here, not @hereafter');
});

describe('“polls, forwards, stickers and round videos are dropped”', () => {
  const file = { file_id: 'f', file_unique_id: 'u' };
  test.each<[string, object, object]>([
    ['a poll', { poll: { question: 'Tea?', options: [{ text: 'Yes' }, { text: 'No' }] } }, { text: '📊 Poll: Tea?\n• Yes\n• No' }],
    ['a forward', { text: 'news', forward_origin: { type: 'channel', chat: channel, date } }, { text: 'Forwarded from News\nnews' }],
    [
      'a forwarded photo',
      { photo: [file], caption: 'news', forward_origin: { type: 'user', sender_user: ana, date } },
      { text: 'Forwarded from Ana Sousa\nnews', attachments: [{ kind: 'image' }] },
    ],
    ['a sticker', { sticker: { ...file, emoji: '🐈' } }, { attachments: [{ kind: 'sticker', alt: '🐈', mime: 'image/webp' }] }],
    [
      'a moving sticker',
      { sticker: { ...file, emoji: '🐈', is_animated: true } },
      { attachments: [{ kind: 'sticker', mime: 'application/x-tgsticker' }] },
    ],
    ['a round video', { video_note: file }, { attachments: [{ kind: 'round-video', mime: 'video/mp4' }] }],
    ['a voice message', { voice: file }, { attachments: [{ kind: 'voice', mime: 'audio/ogg' }] }],
    ['a location', { location: { latitude: 1, longitude: 2 } }, { text: expect.stringContaining('1.00000, 2.00000') }],
    ['a contact', { contact: { first_name: 'Bo', phone_number: '+1' } }, { text: '👤 Bo, +1' }],
  ])('%s comes in', (_what, fields, content) => {
    expect(heard({ message: fromAna(1, fields) })).toMatchObject([{ type: 'message.created', content }]);
  });

  test('stickers and round videos go out', async () => {
    const sticker: Attachment = { kind: 'sticker', name: 's.webp', handle: 'h', mime: 'image/webp', alt: '🐈' };
    const round: Attachment = { kind: 'round-video', name: 'r.mp4', handle: 'h', mime: 'video/mp4' };
    await carried(attached('', [sticker, round]), {
      files: [
        testFile({ kind: 'sticker', name: 's.webp', mime: 'image/webp', alt: '🐈', bytes: bytesOf('webp') }),
        testFile({ kind: 'round-video', name: 'r.mp4', mime: 'video/mp4', bytes: bytesOf('mp4') }),
      ],
    });
    expect(shown().flatMap(({ files = [] }) => files.map(({ kind }) => kind))).toEqual(['sticker', 'video_note']);
    // Neither has a caption, so whose they are stands before them.
    expect(shown()[0]?.text).toBe('Kai (Discord)');
  });
});

describe('“albums fall apart”', () => {
  test('one goes out as one, with its words', async () => {
    const [receipt] = await carried(attached('trip', [cat, cat, cat]), { files: [catFile(), catFile(), catFile()] });
    expect(receipt?.also).toHaveLength(2);
    expect(shown().map((message) => message.text)).toEqual(['Kai (Discord)\ntrip', '', '']);
    expect(telegram.calls.map(({ path }) => path)).toEqual(['/sendMediaGroup']);
  });

  test('one comes in with its parts tied together', () => {
    const file: SimFile = { kind: 'image', name: 'a.png', mime: 'image/png', bytes: bytesOf('png') };
    telegram.post({ room: groupId, author: '5550001', text: 'trip', files: [file, file] });
    const part = (id: number, fields: object) =>
      heard({ message: fromAna(id, { photo: [{ file_id: 'f' }], media_group_id: '9', ...fields }) });
    expect([...part(1, {}), ...part(2, { caption: 'trip' })]).toMatchObject([
      { album: '9', content: { text: '' } },
      { album: '9', content: { text: 'trip' } },
    ]);
  });
});

test('“text over 4096 characters is lost”: it arrives whole, in as many messages as it takes', async () => {
  const words = Array.from({ length: 2_000 }, (_, index) => `word${index}`);
  const receipts = await carried(written([paragraph(text(words.join(' ')))]));
  expect(receipts.length).toBeGreaterThan(1);
  expect(shown().flatMap((message) => message.text.match(/word\d+/g) ?? [])).toEqual(words);
});

test('“a long text beside a picture is lost”: it goes before the picture', async () => {
  const words = Array.from({ length: 400 }, (_, index) => `word${index}`);
  await carried(attached(words.join(' '), [cat]), { files: [catFile()] });
  expect(shown().map(({ files = [] }) => files.length)).toEqual([0, 1]);
  expect(shown().flatMap((message) => message.text.match(/word\d+/g) ?? [])).toEqual(words);
});

test('“replies are not shown”: they hang on the message that they answer', async () => {
  const [sent] = await carried(written([paragraph(text('one'))]));
  await carried(written([paragraph(text('two'))], { replyTo: { message: 'x', author: 'Bo', excerpt: 'one' } }), {
    replyTo: sent?.message ?? messageId('0'),
  });
  expect(shown()[1]).toMatchObject({ text: 'Kai (Discord)\ntwo', replyTo: sent?.message });
});

test('“a reply to an old message says nothing of it”: it is quoted', async () => {
  await carried(written([paragraph(text('two'))], { replyTo: { message: 'x', author: 'Bo', excerpt: 'one' } }));
  expect(shown()[0]?.text).toBe('Kai (Discord)\nBo: one\ntwo');
});
