import { conversationId } from '@bridge/core';
import { describe, expect, test } from 'vitest';
import { ana, date, forum, fromAna, group } from './fixtures/chats.ts';
import { parseUpdate } from './parse.ts';
import { parseRichMessage } from './rich-message.ts';

const parse = (raw: object, botId = 7000001) =>
  parseUpdate({ eventKey: '1', conversation: conversationId('1'), raw: JSON.parse(JSON.stringify(raw)) }, botId);
function only(raw: object) {
  const parsed = parse(raw);
  const [event] = parsed.kind === 'events' ? parsed.events : [];
  if (!event) throw new Error(`no event: ${JSON.stringify(parsed)}`);
  return event;
}

test('a message in a topic answers nobody, though Telegram says that it answers the topic', () => {
  const opening = { message_id: 7, chat: forum, date, forum_topic_created: { name: 'Ideas' } };
  const inTopic = { message_id: 20, from: ana, chat: forum, date, message_thread_id: 7, is_topic_message: true, text: 'x' };
  expect(only({ message: { ...inTopic, reply_to_message: opening } }).replyTo).toBeUndefined();
  expect(only({ message: { ...inTopic, reply_to_message: { message_id: 7, chat: forum, date } } }).replyTo).toBeUndefined();
  expect(
    only({ message: { ...inTopic, reply_to_message: { message_id: 19, from: ana, chat: forum, date, text: 'y' } } }).replyTo,
  ).toMatchObject({ message: '19' });
});

describe('a group that becomes a supergroup', () => {
  const moved = { kind: 'moved', from: '-4969601855', to: '-1001' };
  test('is told by the old chat', () => {
    expect(parse({ message: fromAna(1, { migrate_to_chat_id: -1001 }) })).toEqual(moved);
  });
  test('and by the new one', () => {
    const chat = { id: -1001, title: 'Community', type: 'supergroup' };
    expect(parse({ message: { ...fromAna(1, { migrate_from_chat_id: -4969601855 }), chat } })).toEqual(moved);
  });
  test('but never moves to itself', () => {
    expect(parse({ message: fromAna(1, { migrate_to_chat_id: group.id }) })).toEqual({ kind: 'dropped', reason: 'service-migration' });
  });
});

describe('revisions', () => {
  const revision = (fields: object) => {
    const event = only({ edited_message: fromAna(1, fields) });
    return event.type === 'message.edited' ? event.revision : undefined;
  };
  test('two edits within one second differ, the same one twice does not', () => {
    expect(revision({ text: 'a', edit_date: date })).not.toBe(revision({ text: 'b', edit_date: date }));
    expect(revision({ text: 'a', edit_date: date })).not.toBe(revision({ text: 'a', edit_date: date + 1 }));
    expect(revision({ text: 'a', edit_date: date })).toBe(revision({ text: 'a', edit_date: date }));
  });
  test('a change of formatting alone is an edit', () => {
    const bold = { text: 'a', edit_date: date, entities: [{ type: 'bold', offset: 0, length: 1 }] };
    expect(revision(bold)).not.toBe(revision({ text: 'a', edit_date: date }));
  });
});

test.each([-1, 1e300, 8.64e12 + 1, 253_402_300_800])('a date that no calendar has, %d, is the epoch', (bad) => {
  expect(only({ message: { message_id: 1, from: ana, chat: group, date: bad, text: 'x' } }).timestamp).toBe('1970-01-01T00:00:00.000Z');
});

test.each(['constructor', '__proto__', 'toString', 'hasOwnProperty'])('%s is a word like any other', (word) => {
  const entities = [{ type: word, offset: 0, length: 1 }];
  const event = only({ message: { message_id: 1, from: ana, chat: { ...group, type: word }, date, text: word, entities } });
  expect(event).toMatchObject({ channel: { type: 'group' }, content: { body: [{ children: [{ type: 'text', text: word }] }] } });
  expect(parseRichMessage({ blocks: [{ type: word, text: { type: word, text: 'x' } }] })).toEqual([
    { type: 'paragraph', children: [{ type: 'text', text: 'x' }] },
  ]);
});

test('somebody else’s bot is carried; the bridge’s is its own also when it edits', () => {
  const bot = { id: 42, is_bot: true, first_name: 'Other' };
  expect(only({ message: { ...fromAna(1, { text: 'x' }), from: bot } }).author).toMatchObject({ isBot: true, displayName: 'Other' });
  expect(parse({ edited_message: { ...fromAna(1, { text: 'x' }), from: bot } }, 42)).toEqual({ kind: 'own' });
  expect(
    parse(
      {
        message_reaction: { chat: group, message_id: 1, user: bot, date, old_reaction: [], new_reaction: [{ type: 'emoji', emoji: '👍' }] },
      },
      42,
    ),
  ).toEqual({
    kind: 'own',
  });
});

test('a message of no kind that is known is told by its name, never dropped', () => {
  expect(only({ message: fromAna(1, { hologram: {} }) }).content.text).toBe('[hologram: to be seen in Telegram only]');
  expect(only({ message: fromAna(1, {}) }).content.text).toBe('[empty message]');
});

test('rich messages of any depth are read without exhausting the stack', () => {
  const deep = JSON.parse(`{"blocks":${'[{"type":"details","blocks":'.repeat(20_000)}[]${'}]'.repeat(20_000)}}`);
  expect(Array.isArray(parseRichMessage(deep))).toBe(true);
  const text = JSON.parse(`{"blocks":[{"type":"paragraph","text":${'['.repeat(20_000)}"x"${']'.repeat(20_000)}}]}`);
  expect(Array.isArray(parseRichMessage(text))).toBe(true);
});

test('a file that is too large to be fetched is told in words, the others are files', () => {
  const photo = [{ file_id: 'p', file_size: 1_000 }];
  const parsed = (document: object) =>
    parseUpdate(
      { eventKey: '1', conversation: conversationId('1'), raw: { message: fromAna(1, { caption: 'look', photo, document }) } },
      7,
      2_000,
    );
  const shown = (document: object) => {
    const result = parsed(document);
    const { text = '', attachments = [] } = (result.kind === 'events' && result.events[0]?.content) || {};
    return [text, attachments.map(({ kind }) => kind)];
  };
  expect(shown({ file_id: 'd', file_size: 2_000 })).toEqual(['look', ['image', 'file']]);
  expect(shown({ file_id: 'd', file_name: 'plan.pdf', file_size: 2_001 })).toEqual([
    'look\n\n📎 File: plan.pdf (2 kB) (to be seen in Telegram only: too large for a bot)',
    ['image'],
  ]);
});

describe('a reply to a copy of ours', () => {
  const bot = { id: 7000001, is_bot: true, first_name: 'Bridge' };
  const bold = [{ type: 'bold', offset: 0, length: 13 }];
  const quoted = (fields: object) =>
    only({ message: fromAna(2, { text: 'yes', reply_to_message: { message_id: 1, from: bot, chat: group, date, ...fields } }) }).replyTo;

  test('quotes whose words it holds, not the bot', () => {
    expect(quoted({ text: 'Kai (Discord)\nreally?', entities: bold })).toMatchObject({ author: 'Kai (Discord)', excerpt: 'really?' });
    expect(quoted({ caption: 'Kai (Discord)\na cat', caption_entities: bold, photo: [{ file_id: 'p' }] })).toMatchObject({
      author: 'Kai (Discord)',
      excerpt: 'a cat',
    });
    expect(quoted({ caption: 'Kai (Discord)', caption_entities: bold, photo: [{ file_id: 'p' }] })).toMatchObject({
      author: 'Kai (Discord)',
    });
  });

  test('is taken as it stands where it begins with no name', () => {
    expect(quoted({ text: 'Kai (Discord) is here', entities: bold })).toMatchObject({ author: 'Bridge', excerpt: 'Kai (Discord) is here' });
    expect(quoted({ text: 'really?' })).toMatchObject({ author: 'Bridge', excerpt: 'really?' });
    expect(
      only({
        message: fromAna(2, {
          text: 'yes',
          reply_to_message: { message_id: 1, from: ana, chat: group, date, text: 'Kai (Discord)\nx', entities: bold },
        }),
      }).replyTo,
    ).toMatchObject({ author: 'Ana Sousa' });
  });
});
