import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { SimChange } from '../types.ts';
import { type ApiAnswer, type CallOptions, type DiscordBench, ids, startDiscordBench } from '../testing/discord-client.ts';
import type { DiscordSource } from './model.ts';
import { permissionNames } from './permissions.ts';

const path = `/channels/${ids.room}/messages`;
const unknownId = '1300000000000000099';

describe('messages over REST', () => {
  let bench: DiscordBench;
  beforeAll(async () => {
    bench = await startDiscordBench({ nonceMemoryMs: 60_000 });
  });
  afterAll(() => bench.close());
  beforeEach(() => {
    for (const room of [ids.room, ids.thread])
      bench.discord.setPermissions(room, Object.fromEntries(permissionNames.map((name) => [name, true])));
  });

  const create = (body: unknown, options: CallOptions = {}): Promise<ApiAnswer> => bench.call(`POST ${path}`, { body, ...options });
  const shown = (id: string) => bench.discord.messages(ids.room).find((message) => message.id === id);
  const personal = (text: string): string => bench.discord.post({ room: ids.room, author: ids.kai, text }).id;
  const fieldError = (code: string, message: string | RegExp = /./) => ({
    _errors: [{ code, message: message instanceof RegExp ? expect.stringMatching(message) : message }],
  });

  describe('create', () => {
    it('posts as the bot and answers with the message', async () => {
      const before = Date.now();
      const { status, body } = await create({ content: '  **hi** <@1300000000000000001>  ', tts: false });
      expect(status).toBe(200);
      expect(body).toMatchObject({
        content: '**hi** <@1300000000000000001>',
        channel_id: ids.room,
        type: 0,
        author: { id: ids.bot, username: 'bridge', bot: true },
        mentions: [{ id: ids.kai, global_name: 'Kai' }],
        mention_everyone: false,
        attachments: [],
        embeds: [],
        components: [],
        edited_timestamp: null,
        pinned: false,
        flags: 0,
      });
      expect(body.nonce).toBeUndefined();
      expect(body.guild_id).toBeUndefined();
      expect(body.timestamp).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00$/);
      expect(Date.parse(body.timestamp)).toBeGreaterThanOrEqual(before);
      expect(Number(BigInt(body.id) >> 22n) + 1_420_070_400_000).toBe(Date.parse(body.timestamp));
      expect(shown(body.id)).toMatchObject({
        text: 'hi @Kai',
        author: { id: ids.bot, name: 'bridge', isBot: true },
        viaApi: true,
        deleted: false,
      });
    });

    it('gives ids that grow', async () => {
      const sent = await Promise.all(Array.from({ length: 20 }, (_, n) => bench.send(`m${n}`)));
      const stored = bench.discord.messages(ids.room).map(({ id }) => id);
      expect(stored).toEqual(stored.toSorted((one, two) => (BigInt(one) < BigInt(two) ? -1 : 1)));
      expect(new Set(sent).size).toBe(20);
    });

    it('counts code points, of which 2000 are taken', async () => {
      expect((await create({ content: '😀'.repeat(2000) })).status).toBe(200);
      const { status, body } = await create({ content: 'x'.repeat(2001) });
      expect(status).toBe(400);
      expect(body).toEqual({
        code: 50035,
        message: 'Invalid Form Body',
        errors: { content: fieldError('BASE_TYPE_MAX_LENGTH', 'Must be 2000 or fewer in length.') },
      });
    });

    it.each([[{}], [{ content: '' }], [{ content: ' \n ' }], [{ content: null }], [{ embeds: [] }], [undefined]])(
      'refuses the empty message %j',
      async (body) => {
        expect(await create(body)).toMatchObject({ status: 400, body: { code: 50006, message: 'Cannot send an empty message' } });
      },
    );

    it.each([
      ['a content that is no text', { content: ['a'] }, { content: fieldError('STRING_TYPE_CONVERT') }],
      [
        'a long nonce',
        { content: 'x', nonce: 'n'.repeat(26) },
        { nonce: fieldError('NONCE_TYPE_TOO_LONG', 'Must be 25 or fewer characters long.') },
      ],
      ['a nonce that is no text', { content: 'x', nonce: {} }, { nonce: fieldError('NONCE_TYPE_INVALID_TYPE') }],
      ['a tts that is no boolean', { content: 'x', tts: 'maybe' }, { tts: fieldError('BOOLEAN_TYPE_CONVERT') }],
      ['flags that are no number', { content: 'x', flags: 'x' }, { flags: fieldError('NUMBER_TYPE_COERCE', 'Value "x" is not int.') }],
      ['eleven embeds', { embeds: Array.from({ length: 11 }, () => ({ title: 'x' })) }, { embeds: fieldError('BASE_TYPE_MAX_LENGTH') }],
      ['embeds that are no list', { embeds: {} }, { embeds: fieldError('LIST_TYPE_CONVERT') }],
      ['a long title', { embeds: [{ title: 'x'.repeat(257) }] }, { embeds: { 0: { title: fieldError('BASE_TYPE_MAX_LENGTH') } } }],
      [
        'a field without a value',
        { embeds: [{ fields: [{ name: 'x' }] }] },
        { embeds: { 0: { fields: { 0: { value: fieldError('BASE_TYPE_REQUIRED', 'This field is required') } } } } },
      ],
      [
        '6001 characters of embeds',
        { embeds: [{ description: 'x'.repeat(4096) }, { description: 'x'.repeat(1905) }] },
        { embeds: fieldError('MAX_EMBED_SIZE_EXCEEDED') },
      ],
      ['a bad link', { embeds: [{ url: 'ftp://x' }] }, { embeds: { 0: { url: fieldError('URL_TYPE_INVALID_SCHEME') } } }],
      [
        'unknown mentions',
        { content: 'x', allowed_mentions: { parse: ['all'] } },
        { allowed_mentions: { parse: { 0: fieldError('BASE_TYPE_CHOICES') } } },
      ],
      [
        'mentions both ways',
        { content: 'x', allowed_mentions: { parse: ['users'], users: [ids.kai] } },
        { allowed_mentions: fieldError('MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE') },
      ],
      [
        'allowed_mentions that is no object',
        { content: 'x', allowed_mentions: [] },
        { allowed_mentions: fieldError('MODEL_TYPE_CONVERT') },
      ],
      [
        'a reference without id',
        { content: 'x', message_reference: {} },
        { message_reference: { message_id: fieldError('BASE_TYPE_REQUIRED') } },
      ],
      [
        'a forward without channel',
        { message_reference: { type: 1, message_id: unknownId } },
        { message_reference: { channel_id: fieldError('BASE_TYPE_REQUIRED') } },
      ],
      [
        'an unknown reference',
        { content: 'x', message_reference: { message_id: unknownId } },
        { message_reference: fieldError('REPLIES_UNKNOWN_MESSAGE', 'Unknown message') },
      ],
      ['a bad sticker', { sticker_ids: ['x'] }, { sticker_ids: { 0: fieldError('NUMBER_TYPE_COERCE', 'Value "x" is not snowflake.') } }],
    ])('refuses %s and says where', async (_what, body, errors) => {
      const count = bench.discord.messages(ids.room).length;
      expect(await create(body)).toMatchObject({ status: 400, body: { code: 50035, message: 'Invalid Form Body', errors } });
      expect(bench.discord.messages(ids.room)).toHaveLength(count);
    });

    it('gathers all problems of a body', async () => {
      const { body } = await create({ content: 'x'.repeat(2001), nonce: 'n'.repeat(26), tts: 5 });
      expect(Object.keys(body.errors)).toEqual(['content', 'tts', 'nonce']);
    });

    it.each([
      ['broken JSON', Buffer.from('{"content":'), 'application/json', { code: 50109 }],
      ['JSON that is no object', Buffer.from('["x"]'), 'application/json', { code: 50035, errors: fieldError('MODEL_TYPE_CONVERT') }],
      ['another content type', Buffer.from('hi'), 'text/plain', { code: 50035, errors: fieldError('CONTENT_TYPE_INVALID') }],
      ['a multipart that is none', Buffer.from('hi'), 'multipart/form-data; boundary=x', { code: 50109 }],
    ])('refuses %s', async (_what, body, type, error) => {
      expect(await create(body, { headers: { 'content-type': type } })).toMatchObject({ status: 400, body: error });
    });

    it('takes a form with files and keeps them for download', async () => {
      const form = new FormData();
      form.set('payload_json', JSON.stringify({ content: 'look', attachments: [{ id: 0, filename: 'a.txt', description: 'alt' }] }));
      form.set('files[0]', new Blob(['hello'], { type: 'text/plain' }), 'a.txt');
      const { status, body } = await create(form);
      expect(status).toBe(200);
      const [file] = body.attachments;
      expect(body).toMatchObject({
        content: 'look',
        attachments: [{ filename: 'a.txt', size: 5, content_type: 'text/plain', description: 'alt' }],
      });
      expect(file.url).toMatch(/\?ex=[0-9a-f]+&is=[0-9a-f]+&hm=[0-9a-f]{64}$/);
      expect(await (await fetch(file.url)).text()).toBe('hello');
      expect(bench.discord.calls.at(-1)?.body).toMatchObject({ content: 'look', files: [{ field: 'files[0]', name: 'a.txt', size: 5 }] });
      const edited = await bench.call(`PATCH ${path}/${body.id}`, { body: { content: 'gone', attachments: [] } });
      expect(edited.body).toMatchObject({ content: 'gone', attachments: [] });
    });

    it('takes a body of 25 MiB at most', async () => {
      expect(await create(Buffer.alloc((25 << 20) + 1, 32), { headers: { 'content-type': 'application/json' } })).toMatchObject({
        status: 413,
        body: { code: 40005 },
      });
    });

    it('keeps only the flags that a sender may set', async () => {
      expect((await create({ content: 'x', flags: (1 << 2) | (1 << 12) | 1 })).body.flags).toBe((1 << 2) | (1 << 12));
    });

    it.each([
      ['everyone by default', { content: '@everyone <@&12> <@1300000000000000002>' }, { everyone: true, roles: ['12'], users: [ids.mei] }],
      [
        'nobody where nothing is parsed',
        { content: '@here <@&12> <@1300000000000000002>', allowed_mentions: { parse: [] } },
        { everyone: false, roles: [], users: [] },
      ],
      [
        'those who are listed',
        { content: '<@1300000000000000001> <@1300000000000000002>', allowed_mentions: { users: [ids.kai] } },
        { everyone: false, roles: [], users: [ids.kai] },
      ],
      ['nobody in code', { content: '`@everyone <@1300000000000000002>`' }, { everyone: false, roles: [], users: [] }],
    ])('mentions %s', async (_what, message, { everyone, roles, users }) => {
      const { body } = await create(message);
      expect(body).toMatchObject({ mention_everyone: everyone, mention_roles: roles });
      expect(body.mentions.map(({ id }: { id: string }) => id)).toEqual(users);
    });
  });

  describe('nonce', () => {
    it('returns the earlier message for a nonce that must be unique, and posts again otherwise', async () => {
      const first = await create({ content: 'once', nonce: 'abc', enforce_nonce: true });
      const again = await create({ content: 'other text', nonce: 'abc', enforce_nonce: true });
      expect(again).toMatchObject({ status: 200, body: { id: first.body.id, content: 'once', nonce: 'abc' } });
      const loose = await create({ content: 'again', nonce: 'abc' });
      expect(loose.body.id).not.toBe(first.body.id);
      expect((await create({ content: 'number', nonce: 7, enforce_nonce: true })).body.nonce).toBe(7);
      expect(bench.discord.messages(ids.room).filter(({ text }) => text === 'once' || text === 'other text')).toHaveLength(1);
    });

    it('knows nonces that were not enforced, and makes one message of two calls at once', async () => {
      const first = await create({ content: 'a', nonce: 'loose' });
      expect((await create({ content: 'a', nonce: 'loose', enforce_nonce: true })).body.id).toBe(first.body.id);
      const both = await Promise.all([1, 2].map(() => create({ content: 'race', nonce: 'race', enforce_nonce: true })));
      expect(new Set(both.map(({ body }) => body.id)).size).toBe(1);
    });

    it('does not know the message any more when it was deleted', async () => {
      const first = await create({ content: 'gone', nonce: 'gone', enforce_nonce: true });
      await bench.call(`DELETE ${path}/${first.body.id}`);
      expect(await create({ content: 'gone', nonce: 'gone', enforce_nonce: true })).toMatchObject({ status: 404, body: { code: 10008 } });
    });

    it('is not shown to those who fetch the message', async () => {
      const { body } = await create({ content: 'x', nonce: 'hidden' });
      expect((await bench.call(`GET ${path}/${body.id}`)).body.nonce).toBeUndefined();
    });
  });

  describe('replies and forwards', () => {
    it('replies, and mentions the author unless told not to', async () => {
      const question = personal('question');
      const reply = await create({ content: 'answer', message_reference: { message_id: question } });
      expect(reply.body).toMatchObject({
        type: 19,
        message_reference: { type: 0, message_id: question, channel_id: ids.room },
        referenced_message: { id: question },
        mentions: [{ id: ids.kai }],
      });
      const quiet = await create({ content: 'answer', message_reference: { message_id: question }, allowed_mentions: { parse: [] } });
      expect(quiet.body.mentions).toEqual([]);
      bench.discord.remove({ room: ids.room, message: question });
      expect((await bench.call(`GET ${path}/${reply.body.id}`)).body.referenced_message).toBeNull();
      expect(shown(reply.body.id)?.source).toMatchObject({ replyTo: question } satisfies Partial<DiscordSource>);
    });

    it('sends without a reply to what does not exist, where that is asked for', async () => {
      const { body } = await create({ content: 'x', message_reference: { message_id: unknownId, fail_if_not_exists: false } });
      expect(body).toMatchObject({ type: 0, content: 'x' });
      expect(body.message_reference).toBeUndefined();
    });

    it('replies only within the channel, and only where history may be read', async () => {
      const elsewhere = bench.discord.post({ room: ids.other, author: ids.kai, text: 'x' }).id;
      expect((await create({ content: 'x', message_reference: { message_id: elsewhere } })).body.errors.message_reference).toBeDefined();
      const forward = await create({ message_reference: { type: 1, message_id: elsewhere, channel_id: ids.other } });
      expect(forward.body).toMatchObject({ content: '', message_snapshots: [{ message: { content: 'x' } }] });
      bench.discord.setPermissions(ids.room, { READ_MESSAGE_HISTORY: false });
      expect((await create({ content: 'x', message_reference: { message_id: unknownId } })).body.code).toBe(160002);
    });
  });

  describe('edit and delete', () => {
    it('edits its own message', async () => {
      const id = await bench.send('one');
      const { status, body } = await bench.call(`PATCH ${path}/${id}`, { body: { content: 'two' } });
      expect(status).toBe(200);
      expect(body).toMatchObject({ id, content: 'two', edited_timestamp: expect.stringMatching(/\+00:00$/) });
      expect(shown(id)).toMatchObject({ text: 'two', editedAt: expect.any(Number) });
      const mentioning = await bench.call(`PATCH ${path}/${id}`, { body: { content: `<@${ids.mei}>` } });
      expect(mentioning.body.mentions).toMatchObject([{ id: ids.mei }]);
      const silent = await bench.call(`PATCH ${path}/${id}`, { body: { content: `<@${ids.mei}>`, allowed_mentions: { parse: [] } } });
      expect(silent.body.mentions).toEqual([]);
    });

    it('refuses an edit that leaves nothing, is too long, or of a message that is not its own', async () => {
      const own = await bench.send('one');
      const foreign = personal('mine');
      expect((await bench.call(`PATCH ${path}/${own}`, { body: { content: '' } })).body.code).toBe(50006);
      expect((await bench.call(`PATCH ${path}/${own}`, { body: { content: 'x'.repeat(2001) } })).body.code).toBe(50035);
      expect(await bench.call(`PATCH ${path}/${foreign}`, { body: { content: 'x' } })).toMatchObject({
        status: 403,
        body: { code: 50005 },
      });
      expect((await bench.call(`PATCH ${path}/${foreign}`, { body: { flags: 4 } })).status).toBe(200);
      expect(await bench.call(`PATCH ${path}/${unknownId}`, { body: { content: 'x' } })).toMatchObject({
        status: 404,
        body: { code: 10008 },
      });
      expect(shown(own)).toMatchObject({ text: 'one' });
    });

    it('deletes once, its own without and those of others with permission', async () => {
      const own = await bench.send('one');
      const foreign = personal('mine');
      bench.discord.setPermissions(ids.room, { MANAGE_MESSAGES: false });
      expect(await bench.call(`DELETE ${path}/${own}`)).toMatchObject({ status: 204, body: undefined });
      expect((await bench.call(`DELETE ${path}/${own}`)).body.code).toBe(10008);
      expect(await bench.call(`DELETE ${path}/${foreign}`)).toMatchObject({ status: 403, body: { code: 50013 } });
      bench.discord.setPermissions(ids.room, { MANAGE_MESSAGES: true });
      expect((await bench.call(`DELETE ${path}/${foreign}`)).status).toBe(204);
      expect(shown(foreign)?.deleted).toBe(true);
    });

    it('deletes many, 2 to 100, none of them old or twice', async () => {
      const [one, two] = [personal('1'), personal('2')];
      const bulk = (messages: unknown) => bench.call(`POST ${path}/bulk-delete`, { body: { messages } });
      expect((await bulk([one])).body.code).toBe(50016);
      expect((await bulk([one, one])).body.code).toBe(50035);
      expect((await bulk(undefined)).body.errors.messages).toEqual(fieldError('BASE_TYPE_REQUIRED', 'This field is required'));
      expect((await bulk([one, '100000000000000000'])).body.code).toBe(50034);
      expect((await bulk([one, two])).status).toBe(204);
      expect([shown(one)?.deleted, shown(two)?.deleted]).toEqual([true, true]);
    });
  });

  describe('permissions and threads', () => {
    it.each([
      [{ VIEW_CHANNEL: false }, 50001, 'Missing Access'],
      [{ SEND_MESSAGES: false }, 50013, 'Missing Permissions'],
    ])('refuses to post with %j', async (permissions, code, message) => {
      bench.discord.setPermissions(ids.room, permissions);
      expect(await create({ content: 'x' })).toMatchObject({ status: 403, body: { code, message } });
      expect((await bench.call(`POST /channels/${ids.room}/typing`)).body.code).toBe(code);
    });

    it('posts in threads by their own permission, and in archived ones, but not in locked ones', async () => {
      bench.discord.setPermissions(ids.room, { SEND_MESSAGES: false });
      const thread = `/channels/${ids.thread}/messages`;
      expect((await bench.call(`GET /channels/${ids.thread}`)).body.thread_metadata.archived).toBe(true);
      expect((await bench.call(`POST ${thread}`, { body: { content: 'x' } })).status).toBe(200);
      expect((await bench.call(`GET /channels/${ids.thread}`)).body).toMatchObject({
        thread_metadata: { archived: false },
        message_count: 1,
      });
      bench.discord.setPermissions(ids.thread, { SEND_MESSAGES_IN_THREADS: false });
      expect((await bench.call(`POST ${thread}`, { body: { content: 'x' } })).body.code).toBe(50013);
      expect(await bench.call(`POST /channels/${ids.locked}/messages`, { body: { content: 'x' } })).toMatchObject({
        status: 400,
        body: { code: 160005 },
      });
    });

    it('sees a thread only where it sees its channel', async () => {
      bench.discord.setPermissions(ids.room, { VIEW_CHANNEL: false });
      expect((await bench.call(`GET /channels/${ids.thread}`)).body.code).toBe(50001);
      expect((await bench.call(`GET /channels/${ids.other}`)).status).toBe(200);
    });

    it('reads no content through REST where the intent is not switched on', async () => {
      const blind = await startDiscordBench({ allowedIntents: { messageContent: false } });
      blind.discord.post({ room: ids.room, author: ids.kai, text: 'secret' });
      blind.discord.post({ room: ids.room, author: ids.kai, text: `hey <@${ids.bot}>` });
      const { body } = await blind.call(`GET ${path}`);
      await blind.close();
      expect(body.map(({ content }: { content: string }) => content)).toEqual([`hey <@${ids.bot}>`, '']);
    });
  });

  it('tells listeners what happened, whoever did it', async () => {
    const changes: SimChange[] = [];
    const stop = bench.discord.onChange((change) => changes.push(change));
    const id = await bench.send('by bot');
    await bench.call(`PATCH ${path}/${id}`, { body: { content: 'by bot 2' } });
    bench.discord.remove({ room: ids.room, message: personal('by person') });
    stop();
    personal('unheard');
    expect(changes.map(({ kind, message }) => [kind, message.text, message.viaApi])).toEqual([
      ['posted', 'by bot', true],
      ['edited', 'by bot 2', true],
      ['posted', 'by person', false],
      ['deleted', 'by person', false],
    ]);
  });

  it('names what a test got wrong', () => {
    expect(() => bench.discord.post({ room: '1', author: ids.kai, text: 'x' })).toThrow(/no room 1/);
    expect(() => bench.discord.post({ room: ids.room, author: '1', text: 'x' })).toThrow(/no person 1/);
    expect(() => bench.discord.edit({ room: ids.room, message: '1', text: 'x' })).toThrow(/no message 1/);
    expect(() => bench.discord.deleteWebhook('1')).toThrow(/no webhook 1/);
  });
});
