import { conversationId, eventSchema } from '@bridge/core';
import { describe, expect, test } from 'vitest';
import kinds from './fixtures/bot-api-kinds.json' with { type: 'json' };
import { fromAna } from './fixtures/chats.ts';
import { parseUpdate } from './parse.ts';
import { receiveUpdate } from './source.ts';

// The kinds, and the least that each may hold, are those of the description of Bot API 10.1.
const parse = (raw: unknown) =>
  parseUpdate({ eventKey: '1', conversation: conversationId('1'), raw: JSON.parse(JSON.stringify(raw)) }, 7000001);

describe('a message of every kind there is', () => {
  test.each(Object.entries(kinds.messages))('%s is told, or dropped under a name', (kind, value) => {
    for (const update of ['message', 'edited_message', 'channel_post', 'edited_channel_post']) {
      const parsed = parse({ update_id: 1, [update]: fromAna(1, { [kind]: value }) });
      if (parsed.kind === 'dropped') expect(parsed.reason).toMatch(/^(service|private)-/);
      if (parsed.kind !== 'events') continue;
      const [event] = parsed.events;
      expect(eventSchema.safeParse(event).success).toBe(true);
      expect(`${event?.content.text}${event?.content.attachments.map(({ kind: of }) => of).join()}`).not.toBe('');
      expect(event?.content.text).not.toContain('[empty message]');
    }
  });

  test.each(Object.entries(kinds.messages))('%s does no harm where it is null, or of another shape', (kind) => {
    for (const value of [null, 0, '', 'x', [], {}, [{}], [null]])
      expect(() => parse({ update_id: 1, message: fromAna(1, { [kind]: value }) })).not.toThrow();
  });
});

const photo = [{ file_id: 'p', file_unique_id: 'u', width: 1, height: 1 }];
/** Every field of the kinds in which people's own words may stand, the optional ones too. */
const written: Readonly<Record<string, object>> = {
  checklist: { title: '§title', tasks: [{ id: 1, text: '§task' }] },
  checklist_tasks_added: { tasks: [{ id: 2, text: '§added' }] },
  contact: { phone_number: '§number', first_name: '§first', last_name: '§last' },
  game: { title: '§title', description: '§description', text: '§scores', photo },
  gift: { gift: { id: 'g' }, text: '§wishes' },
  giveaway: { winner_count: 1, prize_description: '§prize' },
  giveaway_winners: { winner_count: 1, prize_description: '§prize', winners: [{ id: 1, is_bot: false, first_name: '§winner' }] },
  invoice: { title: '§title', description: '§description', start_parameter: '', currency: 'EUR', total_amount: 100 },
  poll: {
    question: '§question',
    description: '§description',
    options: [{ text: '§option', voter_count: 1, media: { photo } }],
    explanation: '§explanation',
    is_closed: true,
    media: { photo },
  },
  poll_option_added: { option_text: '§option' },
  poll_option_deleted: { option_text: '§option' },
  story: { chat: { id: -1, type: 'channel', title: '§title' }, id: 1 },
  unique_gift: { gift: { base_name: '§name', number: 7, name: 'n' }, origin: 'upgrade' },
  venue: { location: { latitude: 1, longitude: 2 }, title: '§title', address: '§address' },
};
test.each(Object.entries(written))('no word of a %s is lost', (kind, value) => {
  expect(Object.keys(kinds.messages)).toContain(kind);
  const parsed = parse({ update_id: 1, message: fromAna(1, { [kind]: value }) });
  const text = parsed.kind === 'events' ? (parsed.events[0]?.content.text ?? '') : '';
  for (const word of JSON.stringify(value).match(/§\w+/g) ?? []) expect(text).toContain(word);
});

test('a poll comes with its pictures, and those of its options', () => {
  const parsed = parse({ update_id: 1, message: fromAna(1, { poll: written['poll'] }) });
  expect(parsed.kind === 'events' && parsed.events[0]?.content.attachments.map(({ kind }) => kind)).toEqual(['image', 'image']);
  const open = parse({ update_id: 1, message: fromAna(1, { poll: { ...written['poll'], is_closed: false } }) });
  // It would give the answer away.
  expect(open.kind === 'events' && open.events[0]?.content.text).not.toContain('§explanation');
});

test.each(kinds.updates)('an update of the kind %s is taken, or refused under a name', (kind) => {
  const received = receiveUpdate({ update_id: 1, [kind]: fromAna(1, { text: 'x' }) });
  expect(received.ok || received.reason === 'unsupported-update').toBe(true);
});

test('files that stand in a rich message come with it, however deep', () => {
  const photo = { type: 'photo', photo: [{ file_id: 'p', file_unique_id: 'u', width: 1, height: 1 }] };
  const voice = { type: 'voice_note', voice_note: { file_id: 'v', file_unique_id: 'w', duration: 1 } };
  const blocks = [
    { type: 'paragraph', text: 'a' },
    { type: 'collage', blocks: [photo, { type: 'video', video: { file_id: 'm' } }] },
    voice,
  ];
  const parsed = parse({ update_id: 1, message: fromAna(1, { rich_message: { blocks } }) });
  expect(parsed.kind === 'events' && parsed.events[0]?.content.attachments.map(({ kind }) => kind)).toEqual(['image', 'video', 'voice']);
});
