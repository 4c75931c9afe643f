import { DeliveryError, messageId } from '@bridge/core';
import { type RoleName, loadRole } from '@bridge/runtime';
import { type PigeonOptions, bridgeOf, createPigeon, pigeonEvent, setStage, soon } from '@bridge/runtime/testing';
import { describe, expect, test, vi } from 'vitest';
import { type Opened, openConsole, withPassword, logIn } from './fixtures/opened.ts';
import type { BridgesView, GroupsView, LettersView, MessagesView, OverviewView, ServerEvent } from './protocol.ts';

const stage = setStage();

interface World extends Opened {
  /** What the raven's sender does; changed by tests. */
  readonly raven: { broken: boolean };
  say(n: number, text?: string): Promise<void>;
  get<T>(path: string): Promise<T>;
}

/** A bridge from pigeons to ravens at work, and its console. */
async function world(
  options: {
    readonly roles?: readonly RoleName[];
    readonly dashboardWrites?: boolean;
    readonly showMessages?: boolean;
  } & PigeonOptions = {},
): Promise<World> {
  const raven = { broken: false };
  const deliver: PigeonOptions['deliver'] = async (command) => {
    if (raven.broken) throw new DeliveryError('The raven was thrown out. Invite it again.', { kind: 'permanent', reason: 'forbidden' });
    return { message: messageId(`r-${command.delivery}`), messageUrl: `https://raven.example/rooms/b/${command.delivery}` };
  };
  const platforms = [createPigeon(), createPigeon({ id: 'raven', deliver })];
  const opened = await openConsole(stage, {
    platforms,
    bridges: [bridgeOf('town', 'pigeon:loft', 'raven:b'), { ...bridgeOf('closed', 'pigeon:c', 'raven:d'), enabled: false }],
    console: {
      ...withPassword(),
      password: undefined as never,
      production: false,
      dashboardWrites: options.dashboardWrites ?? false,
      showMessages: options.showMessages ?? false,
    },
  });
  for (const name of options.roles ?? (['router', 'sender'] as const)) {
    const running = await (await loadRole(name)).start(opened.context);
    stage.afterwards(() => running.stop(500));
  }
  const say = async (n: number, text = `hello ${n}`) => {
    const body = [{ type: 'paragraph' as const, children: [{ type: 'text' as const, text }] }];
    const event = pigeonEvent({
      id: `pigeon_m${n}`,
      message: `m${n}`,
      eventKey: `k${n}`,
      content: { text, attachments: [], metadata: {}, body },
    });
    await opened.context.queues.accept({
      v: 1,
      platform: event.source,
      conversation: event.channel.id,
      eventKey: event.eventKey,
      receivedAt: Date.now(),
      raw: JSON.parse(JSON.stringify(event)),
    });
  };
  return { ...opened, raven, say, get: async <T>(path: string) => (await (await opened.ask(path)).json()) as T };
}

/** The first events that a page that opens now is told. */
async function watch(opened: Opened, until: (events: readonly ServerEvent[]) => boolean): Promise<readonly ServerEvent[]> {
  const leaving = new AbortController();
  const { body } = await opened.ask('/api/events', { signal: leaving.signal });
  const events: ServerEvent[] = [];
  let text = '';
  if (!body) throw new Error('the feed has no body');
  for await (const chunk of body.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    const lines = text.split('\n');
    text = lines.pop() ?? '';
    for (const line of lines) if (line.startsWith('data: ')) events.push(JSON.parse(line.slice(6)));
    if (until(events)) break;
  }
  leaving.abort();
  return events;
}
const overviewIn = (events: readonly ServerEvent[]): OverviewView | undefined =>
  events.flatMap((event) => (event.kind === 'overview' ? [event.overview] : [])).at(-1);
const groups = ({ get }: World) => get<GroupsView>('/api/dead/groups');
const dying = async (it: World, ...numbers: number[]) => {
  it.raven.broken = true;
  for (const n of numbers) await it.say(n);
  await vi.waitFor(
    async () =>
      expect((await groups(it)).groups.reduce((sum, { count, why }) => sum + (why.includes(':') ? count : 0), 0)).toBe(numbers.length),
    soon,
  );
  it.raven.broken = false;
};

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

describe('the BullMQ dashboard', () => {
  test('loads nothing from elsewhere', async () => {
    const it = await world({ roles: [] });
    const html = await (await it.ask('/bullmq/')).text();
    expect(html).toContain('<base href="/bullmq/"');
    expect(html).toContain('<title>BullMQ dashboard</title>');
    expect(html).not.toMatch(/https?:\/\//);
    const scripts = [...html.matchAll(/src="([^"]+)"/g)].map(([, path]) => path ?? '');
    expect(scripts.length).toBeGreaterThan(2);
    for (const path of scripts) expect((await it.ask(`/bullmq/${path}`)).status).toBe(200);
  });

  test('shows every queue, and of what people wrote nothing', async () => {
    const it = await world();
    await dying(it, 1);
    const text = await (await it.ask('/bullmq/api/queues?activeQueue=outbound-raven-dead&status=failed&page=1&jobsPerPage=10')).text();
    expect(text).toContain('The raven was thrown out');
    expect(text).toContain('(hidden; CONSOLE_SHOW_MESSAGES=true shows it)');
    expect(text).not.toContain('hello');
    const { id } = JSON.parse(text).queues.find(({ name }: { name: string }) => name === 'outbound-raven-dead').jobs[0];
    for (const path of [
      `/bullmq/api/queues/outbound-raven-dead/${id}`,
      `/bullmq/api/queues/outbound-raven-dead/${id}/flow`,
      `/bullmq/api/queues/outbound-raven-dead/${id}/logs`,
    ])
      expect(await (await it.ask(path)).text()).not.toContain('hello');
    expect(JSON.parse(text).queues.map(({ name }: { name: string }) => name)).toEqual([
      'inbound',
      'inbound-dead',
      'outbound-pigeon',
      'outbound-pigeon-dead',
      'outbound-raven',
      'outbound-raven-dead',
    ]);
  });

  const put = (it: World, path: string, method = 'PUT') =>
    it.ask(`/bullmq/api/queues/${path}`, {
      method,
      headers: { 'sec-fetch-site': 'same-origin', 'content-type': 'application/json' },
      body: '{}',
    });

  test('only shows, unless more is allowed', async () => {
    const it = await world();
    await dying(it, 1);
    for (const path of ['outbound-raven-dead/retry/failed', 'inbound/pause', 'inbound/obliterate'])
      expect([(await put(it, path)).status, await (await put(it, path)).text()]).toEqual([
        403,
        expect.stringContaining('CONSOLE_DASHBOARD_WRITES'),
      ]);
    expect((await groups(it)).total).toBe(1);
  });

  test('retries where that is allowed, and still does nothing that would lose a message', async () => {
    const it = await world({ dashboardWrites: true });
    await dying(it, 1, 2);
    for (const [path, method] of [
      ['inbound/obliterate', 'PUT'],
      ['inbound/empty', 'PUT'],
      ['inbound/add', 'POST'],
      ['outbound-raven-dead/x/update-data', 'PATCH'],
      ['inbound/concurrency', 'PUT'],
      ['pause', 'PUT'],
    ] as const)
      expect([path, (await put(it, path, method)).status]).toEqual([path, 403]);
    expect((await put(it, 'outbound-raven-dead/retry/failed')).status).toBe(200);
    await vi.waitFor(async () => expect((await groups(it)).total).toBe(0), soon);
    for (const n of [1, 2])
      await vi.waitFor(
        async () => expect((await it.get<MessagesView>(`/api/messages?q=m${n}`)).journeys[0]?.steps.at(-1)?.step).toBe('delivered'),
        soon,
      );
  });
});

describe('the checks', () => {
  const finding = { check: 'token', status: 'fail', detail: 'The token was rejected.', fix: 'make a new one' } as const;
  const settings = { ...withPassword(), password: undefined as never, production: false };

  test('are told line by line, as they come, and one look at a time', async () => {
    const { promise: mended, resolve: mend } = Promise.withResolvers<void>();
    const examine = async function* () {
      yield { title: 'Redis', findings: [{ check: 'reachable', status: 'pass', detail: 'It answers.' } as const] };
      await mended;
      yield { title: 'Pigeon Post', findings: [finding] };
    };
    const opened = await openConsole(stage, { console: { ...settings, examine } });
    const response = await opened.post('/api/doctor', {});
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    expect((await reader?.read())?.value).toBe('{"about":"Redis","check":"reachable","status":"pass","detail":"It answers."}\n');
    expect((await opened.post('/api/doctor', {})).status).toBe(409);
    mend();
    expect(JSON.parse((await reader?.read())?.value ?? '')).toEqual({ about: 'Pigeon Post', ...finding });
    expect((await reader?.read())?.done).toBe(true);
    expect((await opened.post('/api/doctor', {})).status).toBe(200);
  });

  test('that break off end the answer, and the log says why', async () => {
    const examine = async function* () {
      yield { title: 'Redis', findings: [finding] };
      throw new Error('a fault of ours');
    };
    const opened = await openConsole(stage, { console: { ...settings, examine } });
    await expect((await opened.post('/api/doctor', {})).text()).rejects.toThrow();
    expect(opened.lines).toContainEqual(expect.objectContaining({ msg: 'the checks were cut off' }));
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
