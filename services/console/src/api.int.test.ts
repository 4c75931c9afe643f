import { setStage, soon } from '@bridge/runtime/testing';
import { describe, expect, test, vi } from 'vitest';
import { logIn, openConsole, withPassword } from './fixtures/opened.ts';
import { dying, groups, openWorld, overviewIn, watch } from './fixtures/world.ts';
import type { BridgesView, LettersView, MessagesView } from './protocol.ts';

const stage = setStage();
const world = (options: Parameters<typeof openWorld>[1] = {}) => openWorld(stage, options);

describe('the overview', () => {
  test('tells what flows', async () => {
    const it = await world();
    await it.say(1);
    await it.say(2);
    const overview = overviewIn(
      await watch(it, (events) => overviewIn(events)?.totals.outLastHour === 2 && overviewIn(events)?.totals.waiting === 0),
    );
    expect(overview).toMatchObject({
      status: 'degraded',
      platforms: [
        { id: 'pigeon', name: 'Pigeon Post', tone: 'good', word: 'working', waiting: 0, dead: 0, lastIn: expect.any(Number) },
        { id: 'raven', tone: 'good', waiting: 0, dead: 0, lastOut: expect.any(Number) },
      ],
      totals: { waiting: 0, dead: 0, inLastHour: 2, outLastHour: 2 },
      bridges: { all: 2, enabled: 1 },
      processes: [{ roles: ['console'], version: '0.0.0-test' }],
    });
    expect(overview?.platforms[0]?.in).toHaveLength(60);
  });

  test('tells what is wrong with its fix: roles that are missing, and the dead', async () => {
    const it = await world();
    await dying(it, 1, 2);
    const overview = overviewIn(await watch(it, (events) => (overviewIn(events)?.totals.dead ?? 0) > 0));
    const texts = overview?.problems.map(({ text }) => text) ?? [];
    expect(texts.join(' ')).toMatch(/No router is running; start one with `bridge start --roles router`/);
    expect(texts.at(-1)).toMatch(/^2 messages could not be delivered\./);
    expect(overview?.problems.at(-1)?.view).toBe('failed');
  });

  test('tells of what has waited for long, with the last answer', async () => {
    const it = await world({ roles: [] });
    const key = (name: string) => `{${it.prefix}:0}:${name}:outbound-raven`;
    await it.redis.zadd(key('ready'), Date.now() - 120_000, 'b');
    await it.redis.rpush(`${key('mailbox')}:b`, 'x\n{}');
    const jobs = it.context.queues.jobs.find(({ name }) => name === 'outbound-raven');
    await jobs?.add('b', { mailbox: 'b', conversation: 'b', why: 'the platform failed; attempt 4: HTTP 503' }, { delay: 600_000 });
    const overview = overviewIn(await watch(it, (events) => overviewIn(events) !== undefined));
    expect(overview?.problems.at(-1)?.text).toBe(
      'Pigeon Post: messages have been waiting for more than a minute. Its last answer: the platform failed; attempt 4: HTTP 503. They are tried again by themselves, in order.',
    );
    expect(overview?.platforms[1]?.oldestAt).toBeLessThan(Date.now() - 100_000);
  });

  test('says so when Redis does not answer, and goes on when it does', async () => {
    const it = await world({ roles: [] });
    await stage.server().kill9();
    const events = await watch(it, (seen) => overviewIn(seen)?.status === 'unhealthy');
    expect(overviewIn(events)?.problems[0]).toEqual({ tone: 'bad', text: expect.stringContaining('Redis does not answer') });
    const answer = await it.ask('/api/dead/groups');
    expect([answer.status, await answer.json()]).toEqual([
      503,
      { error: { code: 'redis_away', message: expect.stringContaining('REDIS_URL') } },
    ]);
    await stage.server().restart();
    await vi.waitFor(async () => expect((await it.ask('/api/dead/groups')).status).toBe(200), soon);
  });
});

describe('a message is found', () => {
  test.each([
    ['by the id of its event', 'pigeon_m7'],
    ['by its platform’s own id', 'm7'],
    ['by its whole text', '  HELLO  7 '],
  ])('%s', async (_how, query) => {
    const it = await world();
    for (const n of [6, 7, 8]) await it.say(n);
    const find = () => it.get<MessagesView>(`/api/messages?q=${encodeURIComponent(query)}`);
    await vi.waitFor(async () => expect((await find()).journeys[0]?.steps).toHaveLength(2), soon);
    const { journeys } = await find();
    expect(journeys).toMatchObject([
      {
        event: 'pigeon_m7',
        platform: 'Pigeon Post',
        conversation: 'loft',
        steps: [
          { step: 'routed', targets: ['Pigeon Post'], bridge: 'town' },
          { step: 'delivered', conversation: 'b', attempt: 1, messages: [expect.stringContaining('r-')] },
        ],
      },
    ]);
  });

  test('by the id of a copy, and by a link to it', async () => {
    const it = await world();
    await it.say(1);
    await vi.waitFor(async () => expect((await it.get<MessagesView>('/api/messages?q=m1')).journeys[0]?.steps).toHaveLength(2), soon);
    const [copy] = (await it.get<MessagesView>('/api/messages?q=m1')).journeys[0]?.steps[1]?.messages ?? [];
    for (const query of [copy, `raven_${copy}`, `https://raven.example/rooms/b/${copy}`])
      expect((await it.get<MessagesView>(`/api/messages?q=${encodeURIComponent(query ?? '')}`)).journeys).toMatchObject([
        { event: 'pigeon_m1' },
      ]);
  });

  test('not, in words that tell how many cannot be found yet', async () => {
    const it = await world({ roles: [] });
    await it.say(1);
    expect(await it.get<MessagesView>('/api/messages?q=m1')).toEqual({ journeys: [], arriving: 1 });
  });

  test('and an empty question is 422', async () => {
    const answer = await (await world({ roles: [] })).ask('/api/messages?q=%20');
    expect([answer.status, await answer.json()]).toEqual([
      422,
      { error: { code: 'invalid', message: 'That cannot be done: q: is empty.' } },
    ]);
  });
});

describe('what failed', () => {
  test('is grouped, listed and told in words, without what was written', async () => {
    const it = await world();
    await dying(it, 1, 2);
    const { groups: found, total } = await groups(it);
    expect([total, found]).toMatchObject([
      1,
      [
        {
          queue: 'outbound-raven',
          platform: 'Pigeon Post',
          conversation: 'b',
          bridge: 'town',
          count: 2,
          waitingBehind: 0,
          why: 'forbidden: The raven was thrown out. Invite it again.',
          told: true,
        },
      ],
    ]);
    const query = new URLSearchParams({ queue: 'outbound-raven', conversation: 'b', why: found[0]?.why ?? '' });
    const { letters } = await it.get<LettersView>(`/api/dead/letters?${query.toString()}`);
    expect(letters).toHaveLength(2);
    const letter = await it.get<Record<string, unknown>>(`/api/dead/letter?queue=outbound-raven&id=${letters[1]?.id}`);
    expect(letter).toMatchObject({
      reason: 'forbidden',
      attempts: 1,
      event: 'pigeon_m1',
      author: 'Ana',
      bridge: 'town',
      text: expect.stringMatching(/^7 characters, not shown/),
    });
    expect(JSON.stringify(letter)).not.toContain('hello');
  });

  test('is grouped also before its reason is known, and all of it is counted in the same moment', async () => {
    const it = await world({ roles: [] });
    const dead = it.context.queues.jobs.find(({ name }) => name === 'outbound-raven-dead');
    for (const id of ['dead-1', 'dead-2']) await dead?.add('b', {}, { jobId: id });
    expect(await groups(it)).toMatchObject({ letters: 2, total: 1, groups: [{ conversation: 'b', count: 2, told: false }] });
    expect(overviewIn(await watch(it, (events) => overviewIn(events) !== undefined))?.totals.dead).toBe(2);
  });

  test('shows what was written where that is allowed', async () => {
    const it = await world({ showMessages: true });
    await dying(it, 1);
    const [group] = (await groups(it)).groups;
    const { letters } = await it.get<LettersView>(
      `/api/dead/letters?${new URLSearchParams({ queue: group?.queue ?? '', conversation: 'b', why: group?.why ?? '' }).toString()}`,
    );
    expect(await it.get(`/api/dead/letter?queue=outbound-raven&id=${letters[0]?.id}`)).toMatchObject({ text: 'hello 1' });
  });

  test('is retried, arrives in order, and its journey tells it', async () => {
    const it = await world();
    await dying(it, 1, 2, 3);
    const [group] = (await groups(it)).groups;
    const answer = await it.post('/api/dead/retry', { group: { queue: group?.queue, conversation: group?.conversation, why: group?.why } });
    expect(await answer.json()).toEqual({ done: 3, missing: 0 });
    await vi.waitFor(
      async () => expect((await it.get<MessagesView>('/api/messages?q=m2')).journeys[0]?.steps.at(-1)?.step).toBe('delivered'),
      soon,
    );
    const { journeys } = await it.get<MessagesView>('/api/messages?q=m2');
    expect(journeys[0]?.steps.map(({ step }) => step)).toEqual(['routed', 'dead-lettered', 'retried', 'delivered']);
    expect((await groups(it)).total).toBe(0);
  });

  test('is discarded, one by one, and what is gone is counted', async () => {
    const it = await world();
    await dying(it, 1, 2);
    const [group] = (await groups(it)).groups;
    const query = new URLSearchParams({ queue: group?.queue ?? '', conversation: 'b', why: group?.why ?? '' });
    const { letters } = await it.get<LettersView>(`/api/dead/letters?${query.toString()}`);
    const chosen = {
      letters: [
        { queue: 'outbound-raven', id: letters[0]?.id },
        { queue: 'outbound-raven', id: 'dead-nothing' },
      ],
    };
    expect(await (await it.post('/api/dead/discard', chosen)).json()).toEqual({ done: 1, missing: 1 });
    expect((await groups(it)).groups).toMatchObject([{ count: 1 }]);
    const gone = await it.ask(`/api/dead/letter?queue=outbound-raven&id=${letters[0]?.id}`);
    expect([gone.status, await gone.json()]).toEqual([
      404,
      { error: { code: 'gone', message: expect.stringContaining('retried or discarded') } },
    ]);
  });

  test.each([
    ['nothing named', {}, 422],
    ['an empty list', { letters: [] }, 422],
    ['both at once', { letters: [{ queue: 'a', id: 'b' }], group: { queue: 'a', conversation: 'b', why: 'c' } }, 422],
    ['a group without a reason', { group: { queue: 'a', conversation: 'b' } }, 422],
    ['no JSON', '{"letters":', 400],
    ['another type', 'letters', 422],
  ])('%s is refused in words', async (_what, body, status) => {
    const it = await world({ roles: [] });
    const answer = await it.post('/api/dead/retry', body, body === 'letters' ? { 'content-type': 'text/plain' } : {});
    expect([answer.status, await answer.json()]).toEqual([
      status,
      { error: { code: expect.any(String), message: expect.stringMatching(/\.$/) } },
    ]);
  });
});

describe('the bridges', () => {
  test('tell what has never worked, and are found by name and room', async () => {
    const it = await world();
    await it.say(1);
    await vi.waitFor(async () => expect((await it.get<BridgesView>('/api/bridges')).bridges[0]?.members[1]?.lastOut).toBeDefined(), soon);
    const all = await it.get<BridgesView>('/api/bridges');
    expect(all).toMatchObject({ total: 2, counts: { all: 2, enabled: 1, untried: 1 } });
    expect(all.bridges).toMatchObject([
      {
        name: 'town',
        enabled: true,
        perHour: 1,
        members: [
          { conversation: 'loft', direction: 'both', lastIn: expect.any(Number) },
          { conversation: 'b', lastOut: expect.any(Number) },
        ],
      },
      { name: 'closed', enabled: false, perHour: 0 },
    ]);
    expect(all.bridges[0]?.members[0]?.lastOut).toBeUndefined();
    for (const [query, names] of [
      ['q=TOW', ['town']],
      ['q=d', ['closed']],
      ['q=zzz', []],
      ['show=untried', ['town']],
      ['from=1', ['closed']],
    ] as const)
      expect((await it.get<BridgesView>(`/api/bridges?${query.toString()}`)).bridges.map(({ name }) => name)).toEqual(names);
    expect((await it.ask('/api/bridges?show=some')).status).toBe(422);
  });
});

test('the configuration is shown as it was explained', async () => {
  const it = await world({ roles: [] });
  expect(await it.get('/api/configuration')).toEqual({ lines: ['Service', '  PORT  "3000"   (default)'] });
});

test('what is not there is 404 in words, also behind the login', async () => {
  const opened = await openConsole(stage, { console: withPassword() });
  const { cookie } = await logIn(opened);
  const answer = await opened.ask('/api/nonsense', { headers: { cookie } });
  expect([answer.status, await answer.json()]).toEqual([
    404,
    { error: { code: 'not_found', message: expect.stringContaining('/api/nonsense') } },
  ]);
});
