import { eventSchema } from '@bridge/core';
import { ComponentType, EmbedType, GatewayDispatchEvents, MessageType, StickerFormatType } from 'discord-api-types/v10';
import { describe, expect, test } from 'vitest';
import { Directory } from './directory.ts';
import { attachment, channel, guild, messageOf } from './fixtures/payloads.ts';
import { rawEventOf } from './gateway-events.ts';
import { parseRaw } from './parse.ts';

// Everything that Discord documents, by the types that are kept up to it: a new version of them brings what is new here.
const identity = { applicationId: '77', own: new Set(['42']) };
const valuesOf = (all: object): readonly (readonly [string, number])[] =>
  Object.entries(all).flatMap(([name, value]) => (typeof value === 'number' ? [[name, value] as const] : []));

function carried(t: string, d: unknown) {
  const ignored: string[] = [];
  const directory = new Directory();
  const event = rawEventOf({ t, d, s: 1 }, { sessionId: 's', at: 5, directory, identity, ignored: (reason) => void ignored.push(reason) });
  return { ignored, parsed: event === undefined ? undefined : parseRaw(event, identity) };
}
const create = (fields: Parameters<typeof messageOf>[0]) => carried('MESSAGE_CREATE', messageOf(fields)).parsed;
const textOf = (parsed: ReturnType<typeof create>): string => (parsed?.kind === 'events' ? (parsed.events[0]?.content.text ?? '') : '');

describe('a message of every type', () => {
  /** Nothing that people wrote for the room stands in these: they are Discord's own notes to a server's managers. */
  const dropped = new Set(
    (
      'GuildDiscoveryDisqualified GuildDiscoveryRequalified GuildDiscoveryGracePeriodInitialWarning GuildDiscoveryGracePeriodFinalWarning ' +
      'ThreadStarterMessage GuildInviteReminder AutoModerationAction RoleSubscriptionPurchase InteractionPremiumUpsell StageSpeaker ' +
      'StageRaiseHand GuildApplicationPremiumSubscription GuildIncidentAlertModeEnabled GuildIncidentAlertModeDisabled ' +
      'GuildIncidentReportRaid GuildIncidentReportFalseAlarm PurchaseNotification'
    ).split(' '),
  );
  const withoutWords = /^(Recipient|Call$|ChannelIcon|ChannelPinned|UserJoin|GuildBoost)/;

  test.each(valuesOf(MessageType))('%s (%i) is told with its words, or dropped under a name', (name, type) => {
    const parsed = create({ type, content: '§words' });
    if (dropped.has(name)) return expect(parsed).toEqual({ kind: 'dropped', reason: expect.stringMatching(/^[a-z-]+$/) });
    expect(parsed?.kind === 'events' && eventSchema.safeParse(parsed.events[0]).success).toBe(true);
    expect(textOf(parsed)).toContain(withoutWords.test(name) ? '' : '§words');
    expect(textOf(parsed)).not.toBe('');
  });

  test('and one of tomorrow is dropped under a name', () => {
    expect(create({ type: 4711, content: 'x' })).toEqual({ kind: 'dropped', reason: 'system-message' });
  });
});

const written = Object.values(EmbedType).filter((type) => type !== EmbedType.PollResult);
test.each(written)('an embed of the type %s loses no words', (type) => {
  const embed = {
    type,
    title: '§title',
    description: '§description',
    url: 'https://a.test/§url',
    author: { name: '§author' },
    footer: { text: '§footer' },
    provider: { name: 'p' },
    fields: [{ name: '§name', value: '§value' }],
  };
  const text = textOf(create({ content: '', embeds: [embed] }));
  for (const word of ['§title', '§description', '§author', '§footer', '§name', '§value']) expect(text).toContain(word);
});

test('the result of a poll, whose fields have names of their own, loses no words', () => {
  const fields = [
    { name: 'poll_question_text', value: '§question' },
    { name: 'victor_answer_text', value: '§answer' },
    { name: 'victor_answer_votes', value: '3' },
    { name: 'total_votes', value: '5' },
  ];
  const text = textOf(create({ type: 46, content: '', embeds: [{ type: EmbedType.PollResult, fields }] }));
  for (const word of ['§question', '§answer']) expect(text).toContain(word);
});

test.each(valuesOf(StickerFormatType))('a sticker of the format %s (%i) is a file, or words', (_name, format) => {
  const parsed = create({ content: '', sticker_items: [{ id: '9', name: '§wave', format_type: format }] });
  const files = parsed?.kind === 'events' ? parsed.events[0]?.content.attachments.map(({ alt }) => alt) : [];
  expect(`${textOf(parsed)}${files?.join()}`).toContain('§wave');
});

test.each(valuesOf(ComponentType))('a component of the type %s (%i) loses no words', (_name, type) => {
  const inner = { type, content: '§content', label: '§label', components: [{ type: 10, content: '§inside' }] };
  const text = textOf(create({ content: '', components: [{ type: 17, components: [inner] }] }));
  for (const word of ['§content', '§label', '§inside']) expect(text).toContain(word);
});

test.each(['image/png', 'image/gif', 'image/webp', 'video/mp4', 'video/webm', 'audio/ogg', 'audio/mpeg', 'application/pdf', undefined])(
  'an attachment of the type %s is one',
  (type) => {
    const { content_type: _own, ...rest } = attachment;
    const parsed = create({ content: '', attachments: [type === undefined ? rest : { ...rest, content_type: type }] });
    expect(parsed?.kind === 'events' && parsed.events[0]?.content.attachments).toHaveLength(1);
  },
);

describe('an event of every type', () => {
  const bodies: readonly unknown[] = [
    messageOf({}),
    { id: '1', channel_id: channel, guild_id: guild },
    { ids: ['1'], channel_id: channel },
    { user_id: '1', channel_id: channel, message_id: '2', emoji: { id: null, name: '👍' } },
    {},
    null,
    undefined,
    'x',
    [],
    [null],
  ];
  test.each(Object.values(GatewayDispatchEvents))('%s becomes events, or is counted under a name, whatever it holds', (t) => {
    for (const d of bodies) {
      const { ignored, parsed } = carried(t, d);
      expect(ignored).toHaveLength(parsed === undefined ? 1 : 0);
      for (const reason of ignored) expect(reason).toMatch(/^[a-z-]+$/);
      if (parsed?.kind === 'dropped') expect(parsed.reason).toMatch(/^[a-z-]+$/);
    }
  });

  test('what is nested deeper than the stack is counted too', () => {
    const deep: unknown = JSON.parse(`${'['.repeat(50_000)}${']'.repeat(50_000)}`);
    const { ignored } = carried('MESSAGE_CREATE', { ...messageOf({}), zz: deep });
    expect(ignored).toEqual(['nested-too-deeply']);
  });
});
