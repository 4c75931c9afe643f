import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type ApiAnswer, type DiscordBench, ids, startDiscordBench, token } from '../testing/discord-client.ts';
import type { DiscordWebhook } from './simulator.ts';

const hooksPath = `/channels/${ids.room}/webhooks`;
const avatar = 'data:image/png;base64,iVBORw0KGgo=';

describe('webhooks', () => {
  let bench: DiscordBench;
  let hook: DiscordWebhook;
  beforeAll(async () => {
    bench = await startDiscordBench({ seed: 1 });
  });
  afterAll(() => bench.close());
  beforeEach(async () => {
    bench.discord.setPermissions(ids.room, { MANAGE_WEBHOOKS: true });
    for (const { id } of bench.discord.webhooks) bench.discord.deleteWebhook(id);
    hook = bench.discord.addWebhook({ room: ids.room, name: 'Puppets', applicationId: ids.bot });
  });

  const execute = (body: unknown, query = '?wait=true', of: Pick<DiscordWebhook, 'id' | 'token'> = hook): Promise<ApiAnswer> =>
    bench.call(`POST /webhooks/${of.id}/${of.token}${query}`, { body, auth: false });
  const message = (id: string, query = ''): string => `/webhooks/${hook.id}/${hook.token}/messages/${id}${query}`;
  const nameError = (field: string, code: string, text: RegExp) => ({
    code: 50035,
    errors: { [field]: { _errors: [{ code, message: expect.stringMatching(text) }] } },
  });

  describe('themselves', () => {
    it('are made by the application, listed with token, and found by id', async () => {
      const { status, body } = await bench.call(`POST ${hooksPath}`, { body: { name: ' Bridge ', avatar } });
      expect(status).toBe(200);
      expect(body).toMatchObject({
        type: 1,
        name: 'Bridge',
        channel_id: ids.room,
        guild_id: bench.discord.guildId,
        application_id: ids.bot,
        user: { id: ids.bot },
      });
      expect(body.token).toMatch(/^[\w-]{68}$/);
      expect(body.avatar).toMatch(/^[0-9a-f]{32}$/);
      expect((await bench.call(`GET ${hooksPath}`)).body).toMatchObject([
        { id: hook.id, token: hook.token },
        { id: body.id, token: body.token },
      ]);
      expect((await bench.call(`GET /channels/${ids.other}/webhooks`)).body).toEqual([]);
      expect((await bench.call(`GET /guilds/${bench.discord.guildId}/webhooks`)).body).toHaveLength(2);
      expect((await bench.call(`GET /webhooks/${body.id}`)).body).toMatchObject({ id: body.id });
      const bare = await bench.call(`GET /webhooks/${body.id}/${body.token}`, { auth: false });
      expect(bare.body).toMatchObject({ id: body.id });
      expect(bare.body.user).toBeUndefined();
    });

    it.each([
      ['no name', {}, nameError('name', 'BASE_TYPE_REQUIRED', /required/)],
      ['an empty name', { name: '   ' }, nameError('name', 'BASE_TYPE_BAD_LENGTH', /between 1 and 80/)],
      ['a long name', { name: 'x'.repeat(81) }, nameError('name', 'BASE_TYPE_BAD_LENGTH', /between 1 and 80/)],
      [
        'Discord in the name',
        { name: 'My DisCord' },
        nameError('name', 'USERNAME_INVALID_CONTAINS', /^Username cannot contain "discord"$/),
      ],
      ['Clyde in the name', { name: 'xclydex' }, nameError('name', 'USERNAME_INVALID_CONTAINS', /"clyde"/)],
      ['a picture that is none', { name: 'x', avatar: 'http://x/y.png' }, nameError('avatar', 'IMAGE_INVALID', /image/)],
    ])('are not made with %s', async (_what, body, error) => {
      expect(await bench.call(`POST ${hooksPath}`, { body })).toMatchObject({ status: 400, body: error });
      expect(bench.discord.webhooks).toHaveLength(1);
    });

    it('are 15 per channel at most, and none in a thread', async () => {
      for (let n = 1; n < 15; n += 1) expect((await bench.call(`POST ${hooksPath}`, { body: { name: `n${n}` } })).status).toBe(200);
      expect(await bench.call(`POST ${hooksPath}`, { body: { name: 'more' } })).toMatchObject({ status: 400, body: { code: 30007 } });
      expect((await bench.call(`POST /channels/${ids.other}/webhooks`, { body: { name: 'elsewhere' } })).status).toBe(200);
      expect((await bench.call(`POST /channels/${ids.thread}/webhooks`, { body: { name: 'x' } })).body.code).toBe(50024);
    });

    it('need Manage Webhooks, but for one that the application owns', async () => {
      const foreign = bench.discord.addWebhook({ room: ids.room, name: 'Of a person' });
      bench.discord.setPermissions(ids.room, { MANAGE_WEBHOOKS: false });
      for (const line of [`GET ${hooksPath}`, `POST ${hooksPath}`, `GET /webhooks/${foreign.id}`]) {
        expect(await bench.call(line)).toMatchObject({ status: 403, body: { code: 50013, message: 'Missing Permissions' } });
      }
      expect((await bench.call(`GET /webhooks/${hook.id}`)).status).toBe(200);
      expect((await bench.call(`GET /guilds/${bench.discord.guildId}/webhooks`)).body).toEqual([]);
    });

    it("show a person's token, and not another application's", async () => {
      const own = bench.discord.addWebhook({ room: ids.room, name: 'Of a person' });
      bench.discord.addWebhook({ room: ids.room, name: 'Foreign', applicationId: '1999999999999999999' });
      const { body } = await bench.call(`GET ${hooksPath}`);
      expect(body[1]).toMatchObject({ name: 'Of a person', application_id: null, token: own.token });
      expect(body[2]).toMatchObject({ name: 'Foreign', application_id: '1999999999999999999' });
      expect(body[2].token).toBeUndefined();
    });

    it('are renamed, moved and deleted, with and without token', async () => {
      const byId = `/webhooks/${hook.id}`;
      const byToken = `${byId}/${hook.token}`;
      expect((await bench.call(`PATCH ${byId}`, { body: { name: 'New', channel_id: ids.other, avatar } })).body).toMatchObject({
        name: 'New',
        channel_id: ids.other,
      });
      expect(
        (await bench.call(`PATCH ${byToken}`, { body: { name: 'Newer', avatar: null, channel_id: ids.room }, auth: false })).body,
      ).toMatchObject({
        name: 'Newer',
        avatar: null,
        channel_id: ids.other,
      });
      expect((await bench.call(`PATCH ${byToken}`, { body: { name: 'clyde' }, auth: false })).status).toBe(400);
      expect((await bench.call(`DELETE ${byToken}`, { auth: false })).status).toBe(204);
      expect(await bench.call(`DELETE ${byId}`)).toMatchObject({ status: 404, body: { code: 10015 } });
    });
  });

  describe('posting', () => {
    it('posts with name and picture, without authorization', async () => {
      const { status, body } = await execute({ content: 'hi', username: ' Ana (CometChat) ', avatar_url: 'https://example.org/a.png' });
      expect(status).toBe(200);
      expect(body).toMatchObject({
        content: 'hi',
        channel_id: ids.room,
        webhook_id: hook.id,
        application_id: ids.bot,
        type: 0,
        author: {
          id: hook.id,
          username: 'Ana (CometChat)',
          bot: true,
          discriminator: '0000',
          avatar: expect.stringMatching(/^[0-9a-f]{32}$/),
        },
      });
      expect(bench.discord.messages(ids.room).at(-1)).toMatchObject({
        text: 'hi',
        author: { id: hook.id, name: 'Ana (CometChat)', avatarUrl: 'https://example.org/a.png', isBot: true },
        source: { webhookId: hook.id },
        viaApi: true,
      });
    });

    it('shows its own name where none is given, and no application for one of a person', async () => {
      const own = bench.discord.addWebhook({ room: ids.room, name: 'News' });
      const { body } = await execute({ content: 'x', username: null }, '?wait=true', own);
      expect(body).toMatchObject({ author: { username: 'News', avatar: null } });
      expect(body.application_id).toBeUndefined();
    });

    it('answers 204 without wait', async () => {
      for (const query of ['', '?wait=false', '?wait=0'])
        expect(await execute({ content: 'silent' }, query)).toMatchObject({ status: 204, body: undefined });
      expect(bench.discord.messages(ids.room).slice(-3)).toMatchObject([{ text: 'silent' }, { text: 'silent' }, { text: 'silent' }]);
    });

    it('ignores nonces and references, which webhooks do not have', async () => {
      const first = await execute({ content: 'x', nonce: 'same', enforce_nonce: true });
      const second = await execute({ content: 'x', nonce: 'same', enforce_nonce: true, message_reference: { message_id: first.body.id } });
      expect(second.body.id).not.toBe(first.body.id);
      expect(second.body).toMatchObject({ type: 0 });
      expect(second.body.nonce).toBeUndefined();
      expect(second.body.message_reference).toBeUndefined();
    });

    it('mentions only users unless told otherwise', async () => {
      expect((await execute({ content: `@everyone <@&5> <@${ids.kai}>` })).body).toMatchObject({
        mention_everyone: false,
        mention_roles: [],
        mentions: [{ id: ids.kai }],
      });
      expect((await execute({ content: '@everyone', allowed_mentions: { parse: ['everyone'] } })).body.mention_everyone).toBe(true);
    });

    it.each([
      ['an empty message', { content: ' ' }, { code: 50006 }],
      ['2001 characters', { content: 'x'.repeat(2001) }, nameError('content', 'BASE_TYPE_MAX_LENGTH', /2000 or fewer/)],
      ['a long name', { content: 'x', username: 'x'.repeat(81) }, nameError('username', 'BASE_TYPE_BAD_LENGTH', /between 1 and 80/)],
      ['an empty name', { content: 'x', username: '' }, nameError('username', 'BASE_TYPE_BAD_LENGTH', /between 1 and 80/)],
      ['Discord in the name', { content: 'x', username: 'Ana (Discord)' }, nameError('username', 'USERNAME_INVALID_CONTAINS', /"discord"/)],
      ['Clyde in the name', { content: 'x', username: 'CLYDE' }, nameError('username', 'USERNAME_INVALID_CONTAINS', /"clyde"/)],
      [
        'a picture of another scheme',
        { content: 'x', avatar_url: 'data:image/png;base64,AA==' },
        nameError('avatar_url', 'URL_TYPE_INVALID_SCHEME', /http/),
      ],
      ['a picture that is no URL', { content: 'x', avatar_url: 'nowhere' }, nameError('avatar_url', 'URL_TYPE_INVALID_URL', /well formed/)],
      [
        'a long picture URL',
        { content: 'x', avatar_url: `https://x/${'y'.repeat(2048)}` },
        nameError('avatar_url', 'BASE_TYPE_MAX_LENGTH', /2048/),
      ],
    ])('refuses %s, also without wait', async (_what, body, error) => {
      const count = bench.discord.messages(ids.room).length;
      expect(await execute(body)).toMatchObject({ status: 400, body: error });
      expect(await execute(body, '')).toMatchObject({ status: 400, body: error });
      expect(bench.discord.messages(ids.room)).toHaveLength(count);
    });

    it('takes a name of 80 characters and of two-unit ones', async () => {
      expect((await execute({ content: 'x', username: '😀'.repeat(80) })).status).toBe(200);
    });

    it('tells an unknown webhook from a wrong token', async () => {
      expect(await execute({ content: 'x' }, '', { id: '1300000000000000099', token: hook.token })).toMatchObject({
        status: 404,
        body: { code: 10015, message: 'Unknown Webhook' },
      });
      expect(await execute({ content: 'x' }, '', { id: hook.id, token: 'wrong' })).toMatchObject({
        status: 401,
        body: { code: 50027, message: 'Invalid Webhook Token' },
      });
    });

    it('posts into threads of its channel', async () => {
      const { body } = await execute({ content: 'in thread' }, `?wait=true&thread_id=${ids.thread}`);
      expect(body).toMatchObject({ channel_id: ids.thread, content: 'in thread' });
      expect((await execute({ content: 'x' }, `?thread_id=${ids.other}`)).body.code).toBe(10003);
      expect((await execute({ content: 'x' }, '?thread_id=1300000000000000099')).body.code).toBe(10003);
      expect((await execute({ content: 'x' }, `?thread_id=${ids.locked}`)).body.code).toBe(160005);
      expect((await execute({ content: 'x' }, '?thread_id=x')).body.errors.thread_id).toBeDefined();
    });
  });

  describe('what it posted', () => {
    it('is fetched, edited and deleted with the token', async () => {
      const { id } = (await execute({ content: 'one' })).body;
      expect((await bench.call(`GET ${message(id)}`, { auth: false })).body).toMatchObject({ id, content: 'one' });
      const edited = await bench.call(`PATCH ${message(id)}`, { body: { content: 'two', allowed_mentions: { parse: [] } }, auth: false });
      expect(edited).toMatchObject({
        status: 200,
        body: { id, content: 'two', edited_timestamp: expect.any(String), webhook_id: hook.id },
      });
      expect((await bench.call(`PATCH ${message(id)}`, { body: { content: '' }, auth: false })).body.code).toBe(50006);
      expect((await bench.call(`DELETE ${message(id)}`, { auth: false })).status).toBe(204);
      expect(await bench.call(`DELETE ${message(id)}`, { auth: false })).toMatchObject({ status: 404, body: { code: 10008 } });
    });

    it('is not found by another webhook, nor in another place', async () => {
      const other = bench.discord.addWebhook({ room: ids.room, name: 'Other', applicationId: ids.bot });
      const foreign = (await execute({ content: 'x' }, '?wait=true', other)).body.id;
      const own = await bench.send('bot');
      const inThread = (await execute({ content: 'x' }, `?wait=true&thread_id=${ids.thread}`)).body.id;
      for (const id of [foreign, own, inThread]) {
        expect(await bench.call(`PATCH ${message(id)}`, { body: { content: 'y' }, auth: false })).toMatchObject({
          status: 404,
          body: { code: 10008 },
        });
      }
      expect(
        (await bench.call(`PATCH ${message(inThread, `?thread_id=${ids.thread}`)}`, { body: { content: 'y' }, auth: false })).status,
      ).toBe(200);
    });

    it('cannot be edited by the bot itself, but deleted with permission', async () => {
      const { id } = (await execute({ content: 'x' })).body;
      expect(await bench.call(`PATCH /channels/${ids.room}/messages/${id}`, { body: { content: 'y' } })).toMatchObject({
        status: 403,
        body: { code: 50005 },
      });
      expect((await bench.call(`DELETE /channels/${ids.room}/messages/${id}`)).status).toBe(204);
    });
  });

  it('has the same tokens for the same seed', async () => {
    const again = await startDiscordBench({ seed: 1 });
    const third = await startDiscordBench({ seed: 2 });
    const [first, second] = [again, third].map((one) => one.discord.addWebhook({ room: ids.room, name: 'x' }).token);
    await Promise.all([again.close(), third.close()]);
    expect(first).not.toBe(second);
    expect(first).not.toContain(token);
    const same = await startDiscordBench({ seed: 1 });
    expect(same.discord.addWebhook({ room: ids.room, name: 'x' }).token).toBe(first);
    await same.close();
  });
});
