import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  allIntents,
  connectGateway,
  type DiscordBench,
  type GatewayClient,
  ids,
  startDiscordBench,
  token,
} from '../testing/discord-client.ts';
import type { DiscordSimulatorOptions } from './simulator.ts';

/** Time that passes when it is told to. */
function manualTime(): { readonly after: (ms: number, run: () => void) => () => void; pass(ms: number): void } {
  let now = 0;
  const timers = new Map<() => void, number>();
  return {
    after(ms, run) {
      timers.set(run, now + ms);
      return () => void timers.delete(run);
    },
    pass(ms) {
      now += ms;
      for (const [run, at] of timers) if (at <= now && timers.delete(run)) run();
    },
  };
}

describe('gateway', () => {
  let bench: DiscordBench;
  const clients: GatewayClient[] = [];
  const start = async (options: Partial<DiscordSimulatorOptions> = {}): Promise<void> => {
    await bench.close();
    bench = await startDiscordBench(options);
  };
  const connect = async (query?: string): Promise<GatewayClient> => {
    const client = await connectGateway(bench.discord, query);
    clients.push(client);
    return client;
  };
  /** Connected, and with READY and GUILD_CREATE behind it. */
  const identified = async (overrides: object = {}): Promise<{ client: GatewayClient; sessionId: string }> => {
    const client = await connect();
    client.identify(overrides);
    const ready = await client.event('READY');
    return { client, sessionId: ready.d.session_id };
  };
  const post = (text: string, author: string = ids.kai) => bench.discord.post({ room: ids.room, author, text });

  beforeEach(async () => {
    bench = await startDiscordBench();
  });
  afterEach(async () => {
    for (const client of clients.splice(0)) client.socket.terminate();
    await bench.close();
  });

  describe('beginning', () => {
    it('says hello with the interval of Discord, and answers heartbeats before and after identifying', async () => {
      const client = await connect();
      expect(await client.op(10)).toMatchObject({ t: null, s: null, d: { heartbeat_interval: 41_250 } });
      client.send({ op: 1, d: null });
      expect(await client.op(11)).toMatchObject({ op: 11 });
      client.identify();
      await client.event('READY');
      client.send({ op: 1, d: 2 });
      await client.op(11);
      expect(bench.discord.gateway.sessions).toMatchObject([{ connected: true, acknowledged: 2, intents: allIntents }]);
    });

    it('sends READY as 1 and GUILD_CREATE with channels and active threads as 2', async () => {
      const { client } = await identified({ shard: [0, 1] });
      const guild = await client.event('GUILD_CREATE');
      expect(client.received[1]).toMatchObject({
        op: 0,
        s: 1,
        t: 'READY',
        d: {
          v: 10,
          user: { id: ids.bot, bot: true },
          guilds: [{ id: bench.discord.guildId, unavailable: true }],
          resume_gateway_url: expect.stringMatching(/^ws:\/\/127\.0\.0\.1:\d+$/),
          shard: [0, 1],
          application: { id: ids.bot, flags: 1 << 19 },
        },
      });
      expect(guild).toMatchObject({ s: 2, d: { id: bench.discord.guildId, unavailable: false } });
      expect(guild.d.channels).toMatchObject([{ id: ids.room, type: 0, last_message_id: null }, { id: ids.other }]);
      // The archived one is not among the active threads.
      expect(guild.d.threads).toMatchObject([{ id: ids.locked, type: 11, parent_id: ids.room, thread_metadata: { locked: true } }]);
    });

    it('does not send the guild without the Guilds intent', async () => {
      const { client } = await identified({ intents: 512 });
      post('hi');
      await client.event('MESSAGE_CREATE');
      expect(client.events('GUILD_CREATE')).toEqual([]);
    });

    it('takes a connection that asks for compression, uncompressed', async () => {
      const client = await connect('?v=10&encoding=json&compress=zlib-stream');
      client.identify({ compress: true, large_threshold: 250 });
      expect((await client.event('READY')).s).toBe(1);
    });
  });

  describe('refusals', () => {
    const refusals: readonly [string, object | string, number][] = [
      ['a wrong token', { op: 2, d: { token: 'x', intents: 1, properties: {} } }, 4004],
      ['no properties', { op: 2, d: { token, intents: 1 } }, 4002],
      ['no intents', { op: 2, d: { token, properties: {} } }, 4013],
      ['unknown intents', { op: 2, d: { token, intents: 1 << 30, properties: {} } }, 4013],
      ['a privileged intent that is off', { op: 2, d: { token, intents: 1 | 2, properties: {} } }, 4014],
      ['a wrong shard', { op: 2, d: { token, intents: 1, properties: {}, shard: [1, 1] } }, 4010],
      ['a resume with a wrong token', { op: 6, d: { token: 'x', session_id: 'x', seq: 1 } }, 4004],
      ['what is not JSON', '{', 4002],
      ['JSON that is no object', '[1]', 4002],
      ['an unknown opcode', { op: 99, d: null }, 4001],
      ['an opcode of the server', { op: 10, d: null }, 4001],
      ['a presence before identifying', { op: 3, d: {} }, 4003],
      ['a payload of more than 4096 bytes', { op: 1, d: null, x: 'x'.repeat(4096) }, 4002],
    ];
    it.each(refusals)('closes on %s', async (_what, payload, code) => {
      const client = await connect();
      client.send(payload);
      expect(await client.closed).toBe(code);
      expect(bench.discord.gateway.sessions).toEqual([]);
    });

    it.each([
      ['?v=6&encoding=json', 4012],
      ['?v=10&encoding=etf', 4002],
    ])('closes on %s', async (query, code) => {
      expect(await (await connect(query)).closed).toBe(code);
    });

    it('closes on MESSAGE_CONTENT where it is off, and takes other privileged intents where they are on', async () => {
      await start({ allowedIntents: { messageContent: false, guildMembers: true } });
      const client = await connect();
      client.identify({ intents: 1 | 32768 });
      expect(await client.closed).toBe(4014);
      await identified({ intents: 1 | 2 });
      expect((await bench.call('GET /applications/@me')).body.flags).toBe(0);
    });

    it('closes on a second identify, and the session stays resumable', async () => {
      const { client } = await identified();
      client.identify();
      expect(await client.closed).toBe(4005);
      await expect.poll(() => bench.discord.gateway.sessions).toMatchObject([{ connected: false }]);
    });

    it('closes on the 121st payload of a minute', async () => {
      const { client } = await identified();
      for (let count = 0; count < 119; count += 1) client.send({ op: 1, d: null });
      await expect.poll(() => client.received.filter(({ op }) => op === 11).length).toBe(119);
      client.send({ op: 1, d: null });
      expect(await client.closed).toBe(4008);
    });

    it('closes on a client without heartbeats, after one and a half intervals', async () => {
      const time = manualTime();
      await start({ heartbeatIntervalMs: 1_500, after: time.after });
      const { client, sessionId } = await identified();
      for (let beats = 0; beats < 4; beats += 1) {
        time.pass(2_249);
        client.send({ op: 1, d: 2 });
        // What is closed answers nothing.
        await client.op(11);
      }
      time.pass(2_250);
      expect(await client.closed).toBe(4000);
      await expect.poll(() => bench.discord.gateway.sessions).toMatchObject([{ id: sessionId, connected: false }]);
    });

    it('resets the token when the identifies of a day are used up', async () => {
      await start({ identifyBudget: 1 });
      const { client } = await identified();
      expect((await bench.call('GET /gateway/bot')).body.session_start_limit).toMatchObject({ total: 1, remaining: 0, max_concurrency: 1 });
      const second = await connect();
      second.identify();
      expect(await Promise.all([client.closed, second.closed])).toEqual([4004, 4004]);
      expect((await bench.call('GET /users/@me')).status).toBe(401);
    });

    it('takes one identify in five seconds when limits are on', async () => {
      const clock = { now: 1_800_000_000_000 };
      await start({ limits: true, now: () => clock.now });
      await identified();
      const second = await connect();
      clock.now += 4_999;
      second.identify();
      expect(await second.op(9)).toMatchObject({ d: false });
      clock.now += 1;
      second.identify();
      await second.event('READY');
    });
  });

  describe('events', () => {
    it('tells of messages, edits and deletes with numbers that grow by one', async () => {
      const { client } = await identified();
      const { id } = post('one');
      bench.discord.edit({ room: ids.room, message: id, text: 'two' });
      bench.discord.remove({ room: ids.room, message: id });
      const gone = await client.event('MESSAGE_DELETE');
      const [created, updated] = client.events('MESSAGE_CREATE', 'MESSAGE_UPDATE');
      const place = { id, channel_id: ids.room, guild_id: bench.discord.guildId };
      const author = { id: ids.kai, username: 'kai', global_name: 'Kai', discriminator: '0' };
      expect(created).toMatchObject({
        s: 3,
        t: 'MESSAGE_CREATE',
        d: { ...place, content: 'one', edited_timestamp: null, type: 0, channel_type: 0, author, member: { roles: [] } },
      });
      expect(updated).toMatchObject({
        s: 4,
        t: 'MESSAGE_UPDATE',
        d: { ...place, content: 'two', edited_timestamp: expect.stringMatching(/^\d{4}-.*\+00:00$/) },
      });
      expect(created?.d.author.bot).toBeUndefined();
      expect(gone).toEqual({ op: 0, s: 5, t: 'MESSAGE_DELETE', d: place });
    });

    it('tells of many deletes in one event', async () => {
      const { client } = await identified();
      const messages = [post('1').id, post('2').id];
      bench.discord.removeMany({ room: ids.room, messages });
      expect((await client.event('MESSAGE_DELETE_BULK')).d).toEqual({
        ids: messages,
        channel_id: ids.room,
        guild_id: bench.discord.guildId,
      });
      expect(bench.discord.messages(ids.room).map(({ deleted }) => deleted)).toEqual([true, true]);
    });

    it('tells the bot of its own messages, with the nonce, and of those of webhooks', async () => {
      const { client } = await identified();
      const sent = await bench.call(`POST /channels/${ids.room}/messages`, { body: { content: 'mine', nonce: 'n-1' } });
      const own = await client.event('MESSAGE_CREATE');
      expect(own.d).toMatchObject({ id: sent.body.id, nonce: 'n-1', author: { id: ids.bot, bot: true } });
      const hook = (await bench.call(`POST /channels/${ids.room}/webhooks`, { body: { name: 'Puppets' } })).body;
      await bench.call(`POST /webhooks/${hook.id}/${hook.token}`, { body: { content: 'hi', username: 'Ana' }, auth: false });
      const echo = await client.event('MESSAGE_CREATE');
      expect(echo.d).toMatchObject({
        webhook_id: hook.id,
        application_id: ids.bot,
        author: { id: hook.id, username: 'Ana', bot: true, discriminator: '0000' },
      });
      expect(echo.d.member).toBeUndefined();
    });

    it('sends an update that is no edit when a link is unfurled', async () => {
      const { client } = await identified();
      const { id } = post('see https://example.org/');
      bench.discord.unfurl({ room: ids.room, message: id });
      expect((await client.event('MESSAGE_UPDATE')).d).toMatchObject({
        id,
        content: 'see https://example.org/',
        edited_timestamp: null,
        embeds: [{ type: 'link' }],
      });
      expect(bench.discord.messages(ids.room)[0]?.editedAt).toBeUndefined();
    });

    it('tells of reactions of people and of the bot, to those who asked for them', async () => {
      const { client } = await identified();
      const { client: deaf } = await identified({ intents: 1 | 512 });
      const { id } = post('hi');
      bench.discord.react({ room: ids.room, message: id, author: ids.mei, emoji: '👍' });
      expect((await client.event('MESSAGE_REACTION_ADD')).d).toMatchObject({
        user_id: ids.mei,
        message_id: id,
        emoji: { id: null, name: '👍' },
        message_author_id: ids.kai,
        member: { user: { id: ids.mei } },
      });
      await bench.call(`PUT /channels/${ids.room}/messages/${id}/reactions/${encodeURIComponent('blob:123456')}/@me`);
      expect((await client.event('MESSAGE_REACTION_ADD')).d).toMatchObject({ user_id: ids.bot, emoji: { id: '123456', name: 'blob' } });
      bench.discord.react({ room: ids.room, message: id, author: ids.mei, emoji: '👍', on: false });
      expect((await client.event('MESSAGE_REACTION_REMOVE')).d).toMatchObject({ user_id: ids.mei, emoji: { name: '👍' } });
      post('last');
      await deaf.next(({ d }) => d?.content === '' || d?.id !== undefined);
      expect(deaf.events('MESSAGE_REACTION_ADD', 'MESSAGE_REACTION_REMOVE')).toEqual([]);
    });

    it('empties content without the MESSAGE_CONTENT intent, but in its own messages and where it is mentioned', async () => {
      const { client } = await identified({ intents: 1 | 512 });
      const attachments = [{ id: '1', filename: 'a.png', size: 1, url: 'http://x/a.png', proxy_url: 'http://x/a.png' }];
      bench.discord.post({ room: ids.room, author: ids.kai, text: 'secret', embeds: [{ title: 't' }], attachments });
      expect((await client.event('MESSAGE_CREATE')).d).toMatchObject({ content: '', embeds: [], attachments: [], author: { id: ids.kai } });
      post(`hello <@${ids.bot}>`);
      expect((await client.event('MESSAGE_CREATE')).d).toMatchObject({ content: `hello <@${ids.bot}>`, mentions: [{ id: ids.bot }] });
      await bench.send('mine');
      expect((await client.event('MESSAGE_CREATE')).d.content).toBe('mine');
    });

    it('tells each session what it asked for, and nothing of rooms that the bot does not see', async () => {
      const { client: full } = await identified();
      const { client: bare } = await identified({ intents: 1 | 512 });
      bench.discord.setPermissions(ids.other, { VIEW_CHANNEL: false });
      bench.discord.post({ room: ids.other, author: ids.kai, text: 'hidden' });
      post('seen');
      expect((await full.event('MESSAGE_CREATE')).d.content).toBe('seen');
      expect((await bare.event('MESSAGE_CREATE')).d.content).toBe('');
      expect((await full.event('CHANNEL_UPDATE')).d).toMatchObject({
        id: ids.other,
        permission_overwrites: [{ id: ids.bot, type: 1, deny: '1024' }],
      });
    });

    it('sends replies with the message replied to, and forwards with a snapshot', async () => {
      const { client } = await identified();
      const { id } = post('question');
      bench.discord.post({ room: ids.room, author: ids.mei, text: 'answer', replyTo: id });
      const reply = await client.next(({ d }) => d?.type === 19);
      expect(reply.d).toMatchObject({
        message_reference: { type: 0, message_id: id, channel_id: ids.room },
        referenced_message: { id, content: 'question' },
        mentions: [{ id: ids.kai }],
      });
      bench.discord.post({ room: ids.other, author: ids.mei, text: '', forward: id });
      const forward = await client.next(({ d }) => d?.channel_id === ids.other);
      expect(forward.d).toMatchObject({
        type: 0,
        content: '',
        flags: 1 << 14,
        message_reference: { type: 1, message_id: id },
        message_snapshots: [{ message: { content: 'question' } }],
      });
      expect(forward.d.message_snapshots[0].message.author).toBeUndefined();
    });

    it('tells of messages of threads, which come back from the archive', async () => {
      const { client } = await identified();
      bench.discord.post({ room: ids.thread, author: ids.kai, text: 'in here' });
      expect((await client.event('THREAD_UPDATE')).d).toMatchObject({ id: ids.thread, thread_metadata: { archived: false } });
      expect((await client.event('MESSAGE_CREATE')).d).toMatchObject({ channel_id: ids.thread, channel_type: 11 });
      expect(bench.discord.messages(ids.thread)).toMatchObject([{ text: 'in here', room: ids.thread }]);
      expect(bench.discord.messages(ids.room)).toEqual([]);
    });

    it('sends any event by hand, whatever the intents', async () => {
      const { client } = await identified({ intents: 0 });
      bench.discord.dispatchRaw('GUILD_DELETE', { id: '1', unavailable: true });
      expect(await client.event('GUILD_DELETE')).toMatchObject({ s: 2, d: { unavailable: true } });
    });
  });
});
