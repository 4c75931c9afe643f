import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startCometChatBench, type CometChatBench } from '../testing/cometchat-client.ts';

/** The beginning of a minute, as limits are by the minute. */
const now = Date.UTC(2026, 0, 1);

describe('REST v3: the door', () => {
  let bench: CometChatBench;
  beforeAll(async () => {
    bench = await startCometChatBench();
  });
  afterAll(() => bench.cometchat.close());
  beforeEach(() => bench.cometchat.faults.clear());

  it.each([
    ['', 'AUTH_ERR_EMPTY_APIKEY'],
    ['wrong', 'AUTH_ERR_APIKEY_NOT_FOUND'],
  ])('refuses the key "%s"', async (key, code) => {
    expect(await bench.call('GET /users/ana', { apiKey: key })).toMatchObject({
      status: 401,
      error: { code, message: expect.any(String), details: {} },
    });
  });

  it('refuses unknown paths, unknown actors and bodies that are not JSON objects', async () => {
    expect(await bench.call('GET /nothing/here')).toMatchObject({ status: 404 });
    expect(await bench.call('GET /users/ana', { as: 'nobody' })).toMatchObject({ status: 404, error: { code: 'ERR_UID_NOT_FOUND' } });
    expect(await bench.call('POST /users', { body: '{' })).toMatchObject({ status: 400, error: { code: 'ERR_BAD_REQUEST' } });
    expect(await bench.call('POST /users', { body: '[]' })).toMatchObject({ status: 400, error: { code: 'ERR_BAD_REQUEST' } });
  });

  it('counts in headers, and only counts where limits are off', async () => {
    const counting = await startCometChatBench({ now: () => now });
    const first = await counting.call('GET /users/ana');
    const second = await counting.call('GET /users/ana');
    await counting.cometchat.close();
    expect(first.headers.get('x-rate-limit')).toBe('20000');
    expect(Number(first.headers.get('x-rate-limit-remaining')) - Number(second.headers.get('x-rate-limit-remaining'))).toBe(1);
  });

  it('refuses what is too much where limits are on', async () => {
    const clock = { now };
    const limited = await startCometChatBench({ limits: { core: 1, standard: 3 }, now: () => clock.now });
    for (let n = 0; n < 3; n += 1) expect((await limited.call('GET /users/ana')).status).toBe(200);
    const refused = await limited.call('GET /users/ana');
    expect(refused).toMatchObject({ status: 429, error: { code: 'ERR_TOO_MANY_REQUESTS' } });
    expect(refused.headers.get('retry-after')).toBe('15');
    expect(Number(refused.headers.get('x-rate-limit-reset'))).toBe(now / 1000 + 60);
    expect((await limited.call('POST /users', { body: { uid: 'x1', name: 'X' } })).status).toBe(200);
    expect((await limited.call('POST /users', { body: { uid: 'x2', name: 'X' } })).status).toBe(429);
    expect(limited.cometchat.users.map((user) => user.uid)).not.toContain('x2');
    clock.now += 59_999;
    expect((await limited.call('GET /users/ana')).status).toBe(429);
    clock.now += 1;
    expect((await limited.call('GET /users/ana')).status).toBe(200);
    await limited.cometchat.close();
  });

  it('gives faults in its own words', async () => {
    bench.cometchat.faults.add({ fault: { kind: 'rate-limit', retryAfterMs: 4_200 }, match: /^GET \/users\/ana$/, times: 1 });
    const refused = await bench.call('GET /users/ana');
    expect([refused.status, refused.headers.get('retry-after'), refused.error?.code]).toEqual([429, '5', 'ERR_TOO_MANY_REQUESTS']);
    bench.cometchat.faults.add({ fault: { kind: 'status', status: 500 }, times: 1 });
    expect(await bench.call('GET /users/ana')).toMatchObject({ status: 500, error: { code: 'ERR_EXCEPTION' } });
    bench.cometchat.faults.add({ fault: { kind: 'accept-then-reset' }, times: 1 });
    await expect(bench.call('POST /users', { body: { uid: 'half', name: 'Half' } })).rejects.toThrow();
    expect(await bench.call('GET /users/half')).toMatchObject({ status: 200 });
    expect(bench.cometchat.calls.at(-2)).toMatchObject({ method: 'POST', path: '/users', body: { uid: 'half' } });
  });

  it('serves pictures', async () => {
    const response = await fetch(bench.cometchat.people[0]?.avatarUrl ?? '');
    expect(response.headers.get('content-type')).toBe('image/svg+xml');
  });
});

describe('REST v3: users and groups', () => {
  let bench: CometChatBench;
  beforeEach(async () => {
    bench = await startCometChatBench();
  });
  const create = (body: object) => bench.call('POST /users', { body });

  it('makes users, with lower-case uids, once', async () => {
    const made = await create({ uid: 'Discord_1', name: 'Kai', avatar: 'https://a.example/k.png', metadata: { a: 1 }, tags: ['t'] });
    expect(made).toMatchObject({
      status: 200,
      data: {
        uid: 'discord_1',
        name: 'Kai',
        avatar: 'https://a.example/k.png',
        role: 'default',
        status: 'offline',
        createdAt: expect.any(Number),
      },
    });
    expect(await create({ uid: 'DISCORD_1', name: 'Kai' })).toMatchObject({ status: 400, error: { code: 'ERR_UID_ALREADY_EXISTS' } });
    expect(await bench.call('GET /users/DISCORD_1')).toMatchObject({ data: { name: 'Kai', metadata: { a: 1 } } });
    expect(await bench.call('GET /users/other')).toMatchObject({ status: 404, error: { code: 'ERR_UID_NOT_FOUND' } });
    await bench.cometchat.close();
  });

  it.each([
    [{}],
    [{ uid: 'x' }],
    [{ uid: 'x', name: '' }],
    [{ uid: 'x y', name: 'X' }],
    [{ uid: 'x'.repeat(101), name: 'X' }],
    [{ uid: 'x', name: 'y'.repeat(101) }],
    [{ uid: 'x', name: 5 }],
    [{ uid: 'x', name: 'X', avatar: 'not a url' }],
    [{ uid: 'x', name: 'X', avatar: `https://a.example/${'y'.repeat(3000)}` }],
    [{ uid: 'x', name: 'X', metadata: { m: 'y'.repeat(5200) } }],
    [{ uid: 'x', name: 'X', tags: 'no list' }],
    [{ uid: 'x', name: 'X', tags: Array(26).fill('t') }],
  ])('refuses the user %j', async (body) => {
    expect((await create(body)).status).toBe(400);
    expect(bench.cometchat.users.map((user) => user.uid)).not.toContain('x');
    await bench.cometchat.close();
  });

  it('changes users, and takes fields away', async () => {
    await create({ uid: 'kai', name: 'Kai', avatar: 'https://a.example/1.png' });
    expect(await bench.call('PUT /users/kai', { body: { name: 'Kay', link: 'https://l.example/' } })).toMatchObject({
      data: { uid: 'kai', name: 'Kay', updatedAt: expect.any(Number) },
    });
    const stripped = await bench.call('PUT /users/kai', { body: { unset: ['avatar'] } });
    expect(stripped.data).not.toHaveProperty('avatar');
    expect(stripped.data).toMatchObject({ name: 'Kay', link: 'https://l.example/' });
    expect(await bench.call('PUT /users/none', { body: { name: 'N' } })).toMatchObject({ status: 404 });
    await bench.cometchat.close();
  });

  it('tells of groups and their members', async () => {
    expect(await bench.call('GET /groups/lobby', { as: 'ana' })).toMatchObject({
      data: { guid: 'lobby', name: 'Lobby', type: 'public', membersCount: 2, hasJoined: true, scope: 'participant' },
    });
    expect((await bench.call('GET /groups/lobby', { as: 'cleo' })).data).not.toHaveProperty('hasJoined');
    expect(await bench.call('GET /groups/none')).toMatchObject({ status: 404, error: { code: 'ERR_GUID_NOT_FOUND' } });
    expect(await bench.call('GET /groups/lobby/members?perPage=1&page=2')).toMatchObject({
      data: [{ uid: 'bo', scope: 'participant' }],
      meta: { pagination: { total: 2, count: 1, total_pages: 2 } },
    });
    await bench.cometchat.close();
  });

  it('adds members, each with a result of its own', async () => {
    const added = await bench.call('POST /groups/lobby/members', { body: { participants: ['cleo', 'ana', 'none'] } });
    expect(added).toMatchObject({
      status: 200,
      data: {
        participants: {
          cleo: { success: true, data: { category: 'action', type: 'groupMember', sender: 'app_system', data: { action: 'added' } } },
          ana: { success: false, error: { code: 'ERR_ALREADY_JOINED' } },
          none: { success: false, error: { code: 'ERR_UID_NOT_FOUND' } },
        },
      },
    });
    expect(bench.cometchat.members('lobby')).toEqual(['ana', 'bo', 'cleo']);
    expect(await bench.call('POST /groups/lobby/members', { body: { usersToBan: ['cleo'] } })).toMatchObject({
      data: { usersToBan: { cleo: { success: true } } },
    });
    expect(await bench.send('x', 'cleo')).toMatchObject({ status: 400, error: { code: 'ERR_BANNED_GROUPMEMBER' } });
    expect((await bench.call('POST /groups/lobby/members', { body: { participants: Array(26).fill('cleo') } })).status).toBe(400);
    expect((await bench.call('POST /groups/lobby/members', { body: {} })).status).toBe(400);
    await bench.cometchat.close();
  });
});
