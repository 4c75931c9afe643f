import { describe, expect, test } from 'vitest';
import { Directory } from './directory.ts';
import { channel, guild, messageOf } from './fixtures/payloads.ts';
import { rawEventOf } from './gateway-events.ts';
import type { Dispatch } from './gateway-events.ts';

const identity = { applicationId: '77', own: new Set(['42']) };
const keyOf = (dispatch: Partial<Dispatch>, sessionId = 'session'): string | undefined =>
  rawEventOf({ t: 'MESSAGE_CREATE', d: {}, s: 1, ...dispatch }, { sessionId, at: 0, directory: new Directory(), identity })?.eventKey;

describe('event keys', () => {
  const reaction = { user_id: '1', channel_id: channel, message_id: '2', emoji: { id: null, name: '👍' } };
  test.each<[string, Partial<Dispatch>, string | undefined]>([
    ['a message', { d: messageOf({}) }, 'create.1424612739296531001'],
    ['an edit', { t: 'MESSAGE_UPDATE', d: messageOf({ edited_timestamp: 'T' }) }, 'update.1424612739296531001.T'],
    ['an unfurled link', { t: 'MESSAGE_UPDATE', d: messageOf({}) }, undefined],
    ['a deletion', { t: 'MESSAGE_DELETE', d: { id: '5', channel_id: channel } }, 'delete.5'],
    ['somebody typing', { t: 'TYPING_START', d: { channel_id: channel } }, undefined],
    ['a message without an id', { d: { channel_id: channel } }, undefined],
    ['what our webhook wrote', { d: messageOf({ webhook_id: '8', application_id: '77' }) }, undefined],
    ['what another webhook wrote', { d: messageOf({ webhook_id: '8', application_id: '78' }) }, 'create.1424612739296531001'],
    ['what our bot wrote', { d: messageOf({ author: { id: '42', username: 'bridge' } }) }, undefined],
  ])('%s', (_name, dispatch, key) => void expect(keyOf(dispatch)).toBe(key));

  test('several deletions have one key, whatever their order', () => {
    const bulk = (ids: readonly string[]): string | undefined => keyOf({ t: 'MESSAGE_DELETE_BULK', d: { ids, channel_id: channel } });
    expect(bulk(['1', '2'])).toBe(bulk(['2', '1']));
    expect(bulk(['1', '2'])).not.toBe(bulk(['1', '3']));
  });

  test('the same reaction at another time is another event, and the same one replayed is the same', () => {
    const add = { t: 'MESSAGE_REACTION_ADD', d: reaction };
    expect(keyOf({ ...add, s: 4 })).toBe(keyOf({ ...add, s: 4 }));
    const keys = [
      keyOf({ ...add, s: 4 }),
      keyOf({ ...add, s: 5 }),
      keyOf({ ...add, s: 4 }, 'another'),
      keyOf({ ...add, t: 'MESSAGE_REACTION_REMOVE', s: 4 }),
      keyOf({ ...add, s: 4, d: { ...reaction, emoji: { id: '9', name: '👍' } } }),
    ];
    expect(new Set(keys).size).toBe(keys.length);
  });
});

describe('names', () => {
  const directory = new Directory();
  directory.learn('GUILD_CREATE', {
    id: guild,
    channels: [{ id: channel, name: 'general', type: 0 }, { id: '7', name: 'rules', type: 0 }, null],
    threads: [{ id: '8', name: 'plans', type: 11 }],
    roles: [{ id: '9', name: 'Mods' }],
  });
  const event = (fields: Parameters<typeof messageOf>[0]) =>
    rawEventOf({ t: 'MESSAGE_CREATE', d: messageOf(fields), s: 1 }, { sessionId: 's', at: 5, directory, identity });

  test('travel with the message that needs them', () => {
    const fields = { content: '<#7> <@&9> <#404>' };
    expect(event(fields)?.raw).toEqual({
      t: 'MESSAGE_CREATE',
      d: messageOf(fields),
      at: 5,
      channel: { name: 'general', thread: false },
      channels: { 7: 'rules' },
      roles: { 9: 'Mods' },
    });
  });
  test('a thread is one', () => void expect(event({ channel_id: '8' })?.raw).toMatchObject({ channel: { name: 'plans', thread: true } }));
});

describe('servers', () => {
  test('are counted as they come and go, and an outage is not a loss', () => {
    const directory = new Directory();
    directory.assumeGuilds(3);
    expect(directory.guilds).toBe(3);
    directory.learn('READY', { guilds: [{ id: '1', unavailable: true }] });
    directory.learn('GUILD_CREATE', { id: '2' });
    expect(directory.guilds).toBe(2);
    directory.learn('GUILD_DELETE', { id: '2', unavailable: true });
    expect(directory.guilds).toBe(2);
    directory.learn('GUILD_DELETE', { id: '2' });
    expect(directory.guilds).toBe(1);
  });
});
