import { platformId, userId } from '@bridge/core';
import type { CometChatSimulator } from '@bridge/simulators';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Client, createClient } from './client.ts';
import { puppetOf, Puppets, puppetWithoutLabel } from './ensure.ts';
import { apiKey, guid, startCometChat } from './fixtures/bridge.ts';

const never = new AbortController().signal;
let cometchat: CometChatSimulator;
let client: Client;
beforeEach(async () => {
  cometchat = await startCometChat();
  client = createClient({ base: cometchat.url, apiKey });
});
afterEach(async () => {
  expect(cometchat.violations).toEqual([]);
  client.close();
  await cometchat.close();
});
const called = () => cometchat.calls.map(({ method, path }) => `${method} ${path.replace(/^\/v3/, '')}`);

test('the latest users are remembered, the longest unused forgotten first', async () => {
  const puppets = new Puppets(client, 3);
  const ensure = (uid: string) => puppets.ensure(puppetOf(uid, 'Name'), never);
  for (const uid of ['a', 'b', 'c', 'a', 'd', 'a', 'c', 'd']) await ensure(uid);
  expect(called()).toEqual(['a', 'b', 'c', 'd'].flatMap((uid) => [`GET /users/${uid}`, 'POST /users']));
  await ensure('b');
  expect(called().slice(8)).toEqual(['GET /users/b']);
});

test('what failed is not remembered', async () => {
  const puppets = new Puppets(client);
  cometchat.faults.add({ fault: { kind: 'status', status: 500 }, times: 1 });
  await expect(puppets.ensure(puppetOf('u', 'Name'), never)).rejects.toThrow('500');
  await puppets.ensure(puppetOf('u', 'Name'), never);
  expect(cometchat.users.some(({ uid }) => uid === 'u')).toBe(true);
});

test('a name is changed where it differs, and only then', async () => {
  const puppets = new Puppets(client);
  for (const name of ['One', 'One', 'Two', 'Two']) await puppets.ensure(puppetOf('u', name), never);
  expect(called()).toEqual(['GET /users/u', 'POST /users', 'GET /users/u', 'PUT /users/u']);
  expect(cometchat.users.find(({ uid }) => uid === 'u')?.name).toBe('Two');
});

test('another process asks, and writes only what differs', async () => {
  const first = puppetOf('u', 'Name', 'https://example.org/a.png');
  await new Puppets(client).ensure(first, never);
  await new Puppets(client).ensure(first, never);
  expect(called()).toEqual(['GET /users/u', 'POST /users', 'GET /users/u']);
  await new Puppets(client).ensure(puppetOf('u', 'Name', 'https://example.org/b.png'), never);
  expect(called().slice(3)).toEqual(['GET /users/u', 'PUT /users/u']);
});

test('a user that two processes make at once is made once', async () => {
  await Promise.all([1, 2, 3].map(() => new Puppets(client).ensure(puppetOf('u', 'Name'), never)));
  expect(cometchat.users.filter(({ uid }) => uid === 'u')).toHaveLength(1);
});

test('who only reacts gets a name that says where from, and who has written keeps the one they have', async () => {
  const ana = { id: userId('1'), name: 'ana', displayName: 'Ana', isBot: false };
  const puppets = new Puppets(client);
  await puppets.ensure(puppetWithoutLabel('u', ana, platformId('telegram')), never);
  expect(cometchat.users.find(({ uid }) => uid === 'u')?.name).toBe('Ana (Telegram)');
  await puppets.ensure(puppetOf('u', 'Ana [admin] (Telegram)'), never);
  await puppets.ensure(puppetWithoutLabel('u', ana, platformId('telegram')), never);
  await new Puppets(client).ensure(puppetWithoutLabel('u', ana, platformId('telegram')), never);
  expect(cometchat.users.find(({ uid }) => uid === 'u')?.name).toBe('Ana [admin] (Telegram)');
});

test('a user without a visible name is called by its uid', () => {
  expect(puppetOf('u', '  ').name).toBe('u');
});

test('being a member already is as good as becoming one; being banned or unknown is not', async () => {
  const puppets = new Puppets(client);
  await puppets.ensure(puppetOf('u', 'Name'), never);
  await puppets.join(guid, 'u', never);
  await puppets.join(guid, 'u', never);
  expect(cometchat.members(guid)).toContain('u');
  await client.call({ method: 'POST', path: `/groups/${guid}/members`, body: { usersToBan: ['u'] } }, never);
  await expect(puppets.join(guid, 'u', never)).rejects.toThrow('ERR_BANNED_GROUPMEMBER');
  await expect(puppets.join('nowhere', 'u', never)).rejects.toThrow('ERR_GUID_NOT_FOUND');
});
