import { conversationId, eventSchema, type Parsed } from '@bridge/core';
import { describe, expect, test } from 'vitest';
import { andrew, action, hikers, inGroup, type Json, sentAt, webhook } from './fixtures/envelopes.ts';
import { parseWebhook } from './parse.ts';
import { webhookSource } from './source.ts';

const options = { username: 'u', password: 'p', bridgeUid: 'bridge', moderation: 'relay', requireAuth: true } as const;
const source = webhookSource(options);

/** What becomes of a webhook: its events, or the reason of whichever drops it. */
function carried(json: unknown): readonly Parsed[] {
  const received = source.receive(json);
  if (!received.ok) return [{ kind: 'dropped', reason: received.reason }];
  return received.events.map((event) => parseWebhook(event, options));
}
const isNamed = (parsed: Parsed): boolean =>
  parsed.kind === 'events'
    ? parsed.events.every((event) => eventSchema.safeParse(event).success)
    : parsed.kind === 'own' || (parsed.kind === 'dropped' && /^[a-z-]+$/.test(parsed.reason));
const textOf = (all: readonly Parsed[]): string =>
  all.flatMap((one) => (one.kind === 'events' ? one.events.map(({ content }) => content.text) : [])).join('\n');

/** Those of the current webhooks and of the legacy ones. https://www.cometchat.com/docs/rest-api/management-apis/webhooks/overview */
const triggers =
  'message_sent message_edited message_deleted message_reaction_added message_reaction_removed message_delivery_receipt message_read_receipt ' +
  'message_delivered_to_all message_read_by_all user_mentioned user_blocked user_unblocked user_connection_status_changed group_created ' +
  'group_updated group_deleted group_member_joined group_member_left group_member_added group_member_kicked group_member_banned ' +
  'group_member_unbanned group_member_scope_changed group_member_removed group_owner_transferred call_initiated call_started ' +
  'call_participant_joined call_participant_left call_ended call_busy call_cancelled call_rejected call_unanswered meeting_started ' +
  'meeting_participant_joined meeting_participant_left meeting_ended recording_generated transcription_generated after_campaign_completed ' +
  'after_campaign_failed after_notification_created after_feed_item_sent moderation_engine_approved moderation_engine_blocked ' +
  'moderation_engine_failed moderation_manual_approved message_pinned message_unpinned before_message after_message ' +
  'after_connection_status_changed a_trigger_of_tomorrow';

describe('a webhook of every trigger', () => {
  const message = inGroup('1', andrew, { text: 'hello' });
  const bodies: readonly unknown[] = [
    { message },
    message,
    { reaction: { id: '1', messageId: '2', reaction: '🏒', uid: 'cometchat-uid-1', reactedAt: sentAt } },
    { group: hikers.entity, members: { a: { uid: 'a', name: 'A' } }, by: andrew.entity },
    { message: action('edited', { id: '2', by: andrew, on: message }).data.message },
    {},
    { message: {} },
    { message: null, reaction: null, group: null },
    null,
    undefined,
    [],
    'x',
  ];
  test.each(triggers.split(' '))('%s becomes events, or is dropped under a name, whatever it holds', (trigger) => {
    for (const data of bodies) {
      const all = carried({ trigger, data, appId: '1', region: 'eu', webhook: 'w' });
      expect(all.length, JSON.stringify(data)).toBeGreaterThan(0);
      expect(all.every(isNamed), JSON.stringify(all)).toBe(true);
    }
  });
});

describe('a message of every kind', () => {
  const send = (data: Json, fields: Json) => carried(webhook('message_sent', inGroup('9', andrew, data, fields)));

  test.each(['text', 'image', 'video', 'audio', 'file', 'a-type-of-tomorrow'])('of the type %s keeps its words', (type) => {
    expect(textOf(send({ text: '§words' }, { type }))).toContain('§words');
  });
  test.each(['location', 'poll', 'extension_poll', 'sticker', 'extension_sticker', 'meeting', 'extension_whiteboard', 'my-own'])(
    'that is a custom one, %s, keeps its words, or says what it is',
    (type) => {
      expect(textOf(send({ text: '§words', customData: { text: '§inside' } }, { category: 'custom', type }))).not.toBe('');
      expect(textOf(send({ customData: { question: '§question', options: { a: '§option' } } }, { category: 'custom', type }))).not.toBe('');
    },
  );
  test.each(['interactive', 'card', 'agentic', 'a-category-of-tomorrow'])('of the category %s keeps its words', (category) => {
    expect(textOf(send({ text: '§words' }, { category, type: 'x' }))).toContain('§words');
    expect(textOf(send({ interactiveData: { title: '§title', formFields: [{ label: '§label' }] } }, { category, type: 'form' }))).toMatch(
      /§title[^]*§label/,
    );
  });
  test('with files keeps each of them, and their caption', () => {
    const attachments = ['a.png', 'b.png'].map((name) => ({
      url: `https://x.test/${name}`,
      name,
      mimeType: 'image/png',
      extension: 'png',
      size: 1,
    }));
    const all = send({ text: '§caption', attachments }, { type: 'image' });
    expect(textOf(all)).toBe('§caption');
    expect(
      all.flatMap((one) => (one.kind === 'events' ? one.events.flatMap(({ content }) => content.attachments.map(({ name }) => name)) : [])),
    ).toEqual(['a.png', 'b.png']);
  });
  test('parsing does not rely on what receiving has looked at', () => {
    for (const raw of [null, {}, [], 'x', { trigger: 'message_sent' }, { trigger: 'message_sent', data: { message: { id: '1' } } }]) {
      const event = { eventKey: 'k', conversation: conversationId('group:g'), raw };
      expect(isNamed(parseWebhook(event, options))).toBe(true);
    }
  });
});
