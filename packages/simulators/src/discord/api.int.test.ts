import { request } from 'node:http';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type DiscordBench, ids, startDiscordBench, token } from '../testing/discord-client.ts';
import { startDiscordSimulator } from './simulator.ts';

const messages = `/channels/${ids.room}/messages`;

describe('REST API', () => {
  let bench: DiscordBench;
  beforeAll(async () => {
    bench = await startDiscordBench();
  });
  afterAll(() => bench.close());
  beforeEach(() => {
    bench.discord.faults.clear();
    bench.discord.faults.latencyMs = 0;
  });

  it('says where the gateway is', async () => {
    const url = expect.stringMatching(/^ws:\/\/127\.0\.0\.1:\d+$/);
    expect(await bench.call('GET /gateway', { auth: false })).toMatchObject({ status: 200, body: { url } });
    expect((await bench.call('GET /gateway/bot')).body).toEqual({
      url,
      shards: 1,
      session_start_limit: { total: 1000, remaining: 1000, reset_after: expect.any(Number), max_concurrency: 1 },
    });
  });

  it('describes the bot, the application, people, the guild and its channels', async () => {
    const guild = bench.discord.guildId;
    const get = async (path: string) => (await bench.call(`GET ${path}`)).body;
    expect(await get('/users/@me')).toMatchObject({ id: ids.bot, username: 'bridge', bot: true });
    expect(await get(`/users/${ids.mei}`)).toMatchObject({ username: 'mei', global_name: 'Mei Ling', discriminator: '0' });
    for (const path of ['/applications/@me', '/oauth2/applications/@me'])
      expect(await get(path)).toMatchObject({ id: ids.bot, flags: 1 << 19, bot: { id: ids.bot } });
    expect(await get(`/guilds/${guild}`)).toMatchObject({
      id: guild,
      owner_id: ids.kai,
      roles: [{ id: guild, name: '@everyone' }, { tags: { bot_id: ids.bot } }],
    });
    expect(await get('/users/@me/guilds')).toMatchObject([{ id: guild, owner: false }]);
    expect(await get(`/guilds/${guild}/channels`)).toMatchObject([
      { id: ids.room, type: 0, guild_id: guild, name: 'community', parent_id: null },
      { id: ids.other },
    ]);
    expect(await get(`/guilds/${guild}/threads/active`)).toMatchObject({ threads: [{ id: ids.locked }] });
    expect(await get(`/guilds/${guild}/members/${ids.bot}`)).toMatchObject({ user: { id: ids.bot }, roles: [expect.any(String)] });
    expect(await get(`/channels/${ids.thread}`)).toMatchObject({
      id: ids.thread,
      type: 11,
      parent_id: ids.room,
      thread_metadata: { archived: true, locked: false },
    });
  });

  it.each([
    ['GET', '/nowhere', 404, 0, '404: Not Found'],
    ['GET', '/channels/1/messages/2/3', 404, 0, '404: Not Found'],
    ['PUT', '/users/@me', 405, 0, '405: Method Not Allowed'],
    ['GET', '/users/1', 404, 10013, 'Unknown User'],
    ['GET', '/channels/1', 404, 10003, 'Unknown Channel'],
    ['POST', '/channels/1/messages', 404, 10003, 'Unknown Channel'],
    ['GET', '/guilds/1', 404, 10004, 'Unknown Guild'],
    ['GET', `/channels/${ids.room}/messages/1`, 404, 10008, 'Unknown Message'],
    ['GET', '/webhooks/1', 404, 10015, 'Unknown Webhook'],
    ['GET', '/channels/x', 400, 50035, 'Invalid Form Body'],
    ['GET', `/channels/${2n ** 64n}`, 400, 50035, 'Invalid Form Body'],
  ])('refuses %s %s', async (method, path, status, code, message) => {
    expect(await bench.call(`${method} ${path}`)).toMatchObject({ status, body: { code, message } });
  });

  it('names the parameter that is no snowflake', async () => {
    expect((await bench.call('GET /channels/x')).body.errors).toEqual({
      channel_id: { _errors: [{ code: 'NUMBER_TYPE_COERCE', message: 'Value "x" is not snowflake.' }] },
    });
  });

  it.each([
    ['none', {}],
    ['a wrong token', { authorization: 'Bot wrong' }],
    ['no scheme', { authorization: token }],
    ['a bearer', { authorization: `Bearer ${token}` }],
  ])('answers 401 to %s', async (_what, headers) => {
    expect(await bench.call('GET /users/@me', { auth: false, headers })).toMatchObject({
      status: 401,
      body: { message: '401: Unauthorized', code: 0 },
    });
  });

  it('speaks versions 9 and 10, and turns away who does not say who it is', async () => {
    const status = async (path: string): Promise<number> =>
      (await fetch(`${bench.discord.url}${path}`, { headers: { authorization: `Bot ${token}` } })).status;
    expect(await Promise.all(['/v9/users/@me', '/v10/users/@me', '/v8/users/@me', '/users/@me'].map(status))).toEqual([200, 200, 400, 400]);
    const anonymous = new Promise((resolve) => {
      request(`${bench.discord.url}/v10/gateway`, (response) => resolve(response.statusCode)).end();
    });
    expect(await anonymous).toBe(403);
  });

  it('counts invalid requests: 401, 403 and 429', async () => {
    const before = bench.discord.invalidRequests;
    await bench.call('GET /users/@me', { auth: false });
    bench.discord.setPermissions(ids.other, { VIEW_CHANNEL: false });
    await bench.call(`GET /channels/${ids.other}`);
    await bench.call('GET /channels/1');
    bench.discord.faults.add({ fault: { kind: 'rate-limit', retryAfterMs: 10 }, times: 1 });
    await bench.call('GET /gateway');
    await bench.call('GET /gateway');
    expect(bench.discord.invalidRequests - before).toBe(3);
  });

  it('takes another token from one moment to the next', async () => {
    bench.discord.setToken('new');
    expect((await bench.call('GET /users/@me')).status).toBe(401);
    bench.discord.setToken(token);
    expect((await bench.call('GET /users/@me')).status).toBe(200);
  });

  it('notes calls below the version, with body and status', async () => {
    await bench.call(`POST ${messages}?x=1`, { body: { content: 'noted' } });
    const last = bench.discord.calls.at(-1);
    expect(last).toMatchObject({ method: 'POST', path: messages, body: { content: 'noted' } });
    await expect.poll(() => last?.status).toBe(200);
  });

  it('shows pictures of people and of the bot', async () => {
    const [kai] = bench.discord.people;
    expect(kai).toMatchObject({ id: ids.kai, name: 'Kai', username: 'kai' });
    const response = await fetch(kai?.avatarUrl ?? '');
    expect(response.headers.get('content-type')).toBe('image/svg+xml');
    const id = await bench.send('x');
    const picture = bench.discord.messages(ids.room).find((message) => message.id === id)?.author.avatarUrl ?? '';
    expect((await fetch(picture)).status).toBe(200);
  });

  describe('faults', () => {
    const post = () => bench.call(`POST ${messages}`, { body: { content: 'fault' } });
    const count = (): number => bench.discord.messages(ids.room).filter(({ text }) => text === 'fault').length;

    it('answers a status as JSON, or as a page of a proxy', async () => {
      bench.discord.faults.add({ fault: { kind: 'status', status: 502 }, times: 1, match: /^POST .*messages$/ });
      expect(await post()).toMatchObject({ status: 502, body: { message: '502: Bad Gateway', code: 0 } });
      bench.discord.faults.add({ fault: { kind: 'status', status: 503, html: true }, times: 1 });
      const page = await fetch(`${bench.discord.url}/v10/gateway`);
      expect([page.status, page.headers.get('content-type')]).toEqual([503, 'text/html']);
      expect((await post()).status).toBe(200);
    });

    it('answers a rate limit of the bot or of a route', async () => {
      bench.discord.faults.add({ fault: { kind: 'rate-limit', retryAfterMs: 1234, global: true }, times: 1 });
      const answer = await post();
      expect(answer).toMatchObject({ status: 429, body: { message: 'You are being rate limited.', retry_after: 1.234, global: true } });
      expect(['retry-after', 'x-ratelimit-global', 'x-ratelimit-scope'].map((name) => answer.headers.get(name))).toEqual([
        '2',
        'true',
        'global',
      ]);
      bench.discord.faults.add({ fault: { kind: 'rate-limit', retryAfterMs: 500 }, times: 1 });
      const second = await post();
      expect(second.body).toMatchObject({ retry_after: 0.5, global: false });
      expect([second.headers.get('x-ratelimit-global'), second.headers.get('x-ratelimit-scope')]).toEqual([null, 'user']);
    });

    it('resets before and after acting', async () => {
      const before = count();
      bench.discord.faults.add({ fault: { kind: 'reset' }, times: 1 });
      await expect(post()).rejects.toThrow();
      expect(count()).toBe(before);
      bench.discord.faults.add({ fault: { kind: 'accept-then-reset' }, times: 1 });
      await expect(post()).rejects.toThrow();
      expect(count()).toBe(before + 1);
    });

    it('delays each answer', async () => {
      bench.discord.faults.latencyMs = 60;
      const begun = performance.now();
      await post();
      expect(performance.now() - begun).toBeGreaterThanOrEqual(58);
    });
  });

  it('refuses ids that are none, or given twice', async () => {
    const start = (people: readonly { id: string; name: string }[]) =>
      startDiscordSimulator({ token, people, rooms: [{ id: ids.room, name: 'x' }] });
    await expect(start([{ id: 'kai', name: 'Kai' }])).rejects.toThrow(/'kai' is not a Discord id/);
    await expect(start([ids.kai, ids.kai].map((id) => ({ id, name: 'x' })))).rejects.toThrow(/given twice/);
    await expect(
      startDiscordSimulator({ token, people: [], rooms: [ids.room, ids.room].map((id) => ({ id, name: 'x' })) }),
    ).rejects.toThrow(/given twice/);
  });

  it('takes little time for a call', async () => {
    const calls = 3000;
    const url = new URL(`${bench.discord.url}/v10${messages}`);
    const one = () =>
      new Promise<void>((resolve, reject) => {
        const call = request(
          url,
          { method: 'POST', headers: { authorization: `Bot ${token}`, 'user-agent': 'x', 'content-type': 'application/json' } },
          (response) => {
            response.resume().once('end', () => resolve());
          },
        );
        call.once('error', reject).end('{"content":"fast"}');
      });
    const begun = process.cpuUsage();
    for (let n = 0; n < calls; n += 50) await Promise.all(Array.from({ length: 50 }, one));
    const { user, system } = process.cpuUsage(begun);
    // Client and server share this process, so the server alone is faster still.
    expect(calls / ((user + system) / 1e6)).toBeGreaterThan(600);
  });
});
