import { expect, test } from 'vitest';
import { apiBase, conversationOf, member, settings, targetOf } from './config.ts';

test('a member is a group or a person, and the way back is the same', () => {
  expect(conversationOf({ group: 'cometchat-guid-1' })).toBe('group:cometchat-guid-1');
  expect(conversationOf({ user: 'cometchat-uid-1' })).toBe('user:cometchat-uid-1');
  expect(targetOf(conversationOf({ group: 'G_1' }))).toEqual({ receiverType: 'group', receiver: 'G_1' });
  expect(targetOf(conversationOf({ user: 'u-1' }))).toEqual({ receiverType: 'user', receiver: 'u-1' });
});

test('uids are lower case at CometChat, whatever was written', () => {
  expect(member.parse({ user: 'Andrew' })).toEqual({ user: 'andrew' });
});

test.each([{ group: '' }, { group: 'a b' }, { group: 'a/b' }, { user: 'x'.repeat(101) }, { group: 'a', user: 'b' }, {}, { guid: 'a' }])(
  'refused as a member: %j',
  (value) => {
    expect(member.safeParse(value).success).toBe(false);
  },
);

test('the API follows from app id and region, or is given', () => {
  const app = { appId: '2345678', region: 'eu', apiUrl: undefined } as const;
  expect(apiBase(app)).toBe('https://2345678.api-eu.cometchat.io/v3');
  expect(apiBase({ ...app, apiUrl: 'https://chat.example.org/v3/' })).toBe('https://chat.example.org/v3');
});

test('only the three regions', () => {
  for (const region of ['us', 'eu', 'in']) expect(settings.region.schema.safeParse(region).success).toBe(true);
  for (const region of ['US', 'asia', '']) expect(settings.region.schema.safeParse(region).success).toBe(false);
});

test('how often is caught up is a whole number of seconds', () => {
  const { schema } = settings.catchUpSeconds;
  for (const [given, taken] of [
    ['60', 60],
    ['0', 0],
    ['3600', 3_600],
  ])
    expect(schema.parse(given)).toBe(taken);
  for (const given of ['-1', '1.5', 'often', '3601']) expect(schema.safeParse(given).error?.issues[0]?.message).toMatch(/second|hour/);
});
