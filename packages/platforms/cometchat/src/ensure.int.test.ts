import type { CometChatSimulator } from '@bridge/simulators';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Client, createClient } from './client.ts';
import { puppetOf, Puppets } from './ensure.ts';
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
  const ensure = (uid: string) => puppets.ensure(puppetOf(uid, 'Name', undefined), never);
  for (const uid of ['a', 'b', 'c', 'a', 'd', 'a', 'c', 'd']) await ensure(uid);
  expect(called()).toEqual(['POST /users', 'POST /users', 'POST /users', 'POST /users']);
  await ensure('b');
  expect(called().slice(4)).toEqual(['POST /users', 'PUT /users/b']);
});

test('what failed is not remembered', async () => {
  const puppets = new Puppets(client);
  cometchat.faults.add({ fault: { kind: 'status', status: 500 }, times: 1 });
  await expect(puppets.ensure(puppetOf('u', 'Name', undefined), never)).rejects.toThrow('500');
  await puppets.ensure(puppetOf('u', 'Name', undefined), never);
  expect(cometchat.users.some(({ uid }) => uid === 'u')).toBe(true);
});

test('a name is changed where it differs, and only then', async () => {
  const puppets = new Puppets(client);
  for (const name of ['One', 'One', 'Two', 'Two']) await puppets.ensure(puppetOf('u', name, undefined), never);
  expect(called()).toEqual(['POST /users', 'PUT /users/u']);
  expect(cometchat.users.find(({ uid }) => uid === 'u')?.name).toBe('Two');
});

test('a user without a visible name is called by its uid', () => {
  expect(puppetOf('u', '  ', undefined).name).toBe('u');
});

test('being a member already is as good as becoming one; being banned or unknown is not', async () => {
  const puppets = new Puppets(client);
  await puppets.ensure(puppetOf('u', 'Name', undefined), never);
  await puppets.join(guid, 'u', never);
  await puppets.join(guid, 'u', never);
  expect(cometchat.members(guid)).toContain('u');
  await client.call({ method: 'POST', path: `/groups/${guid}/members`, body: { usersToBan: ['u'] } }, never);
  await expect(puppets.join(guid, 'u', never)).rejects.toThrow('ERR_BANNED_GROUPMEMBER');
  await expect(puppets.join('nowhere', 'u', never)).rejects.toThrow('ERR_GUID_NOT_FOUND');
});
