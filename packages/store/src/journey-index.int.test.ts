import { randomUUID } from 'node:crypto';
import { type Keys, createKeys } from '@bridge/queue';
import { beforeEach, describe, expect, it } from 'vitest';
import { setRedis } from './fixtures/redis.ts';
import { type JourneyStep, createFlow, createJourneys, fingerprint } from './index.ts';

const here = setRedis();
let keys: Keys;

beforeEach(() => {
  keys = createKeys({ prefix: randomUUID() });
});

const loft = { platform: 'pigeon', conversation: 'loft' };
const tower = { platform: 'raven', conversation: 'tower 1' };

const step = (n: number, change: Partial<JourneyStep> = {}): JourneyStep => ({
  event: `pigeon_${n}`,
  eventKey: String(n),
  type: 'message.created',
  step: 'routed',
  source: loft,
  bridges: ['town'],
  targets: [tower],
  at: Date.now(),
  receivedAt: n,
  ...change,
});
const delivered = (n: number): JourneyStep => step(n, { step: 'delivered', target: tower, messages: [`r${n}`] });
const hash = (text: string) => ({ textHash: fingerprint(text) ?? '' });

async function write(steps: readonly JourneyStep[], limits = {}): Promise<void> {
  const journeys = createJourneys({ redis: here.redis, keys, limits });
  for (const one of steps) {
    const transaction = here.redis.multi();
    journeys.step(transaction, one);
    for (const [error] of (await transaction.exec()) ?? []) expect(error).toBeNull();
  }
}
const find = (event: string) => createJourneys({ redis: here.redis, keys }).find(event);

describe('a journey', () => {
  it('is found by its event, whole and in order, however many came after it', async () => {
    const [routed, arrived] = [step(1), delivered(1)];
    await write([routed]);
    await write(
      Array.from({ length: 30 }, (_, n) => step(n + 2)),
      { steps: 10 },
    );
    await write([arrived]);
    expect(await find('pigeon_1')).toEqual([routed, arrived]);
    expect(await find('pigeon_99')).toEqual([]);
  });

  it('goes when there are too many, the oldest first, with all that finds it', async () => {
    const many = Array.from({ length: 101 }, (_, n) => step(n, { at: Date.now() + n, ...hash(`text ${n}`) }));
    await write(many, { events: 3 });
    const journeys = createJourneys({ redis: here.redis, keys });
    // One in a hundred forgets the rest.
    expect([await find('pigeon_97'), (await find('pigeon_98')).length, (await find('pigeon_100')).length]).toEqual([[], 1, 1]);
    expect([await journeys.findText('text 97'), (await journeys.findText('text 98')).length]).toEqual([[], 1]);
    expect([await here.redis.zcard(keys.journeyIndex), await here.redis.zcard(keys.journeyTexts)]).toEqual([3, 3]);
    expect((await here.redis.keys(`${keys.journeyPrefix}*`)).length).toBe(3);
  });

  it('goes when it is old enough, also where nothing comes any more', async () => {
    await write([step(1, { at: Date.now() - 8 * 86_400_000 }), ...Array.from({ length: 100 }, (_, n) => step(n + 2, hash(`text ${n}`)))]);
    expect([await find('pigeon_1'), (await find('pigeon_2')).length]).toEqual([[], 1]);
    for (const key of [keys.journey('pigeon_2'), keys.journeyIndex, keys.journeyTexts])
      expect(await here.redis.ttl(key)).toBeGreaterThan(7 * 86_400);
  });

  it('is not begun by a step that comes after it was forgotten', async () => {
    await write([delivered(1)]);
    expect(await find('pigeon_1')).toEqual([]);
  });

  it('keeps the last steps of an event that is tried again and again', async () => {
    const waiting = Array.from({ length: 8 }, (_, n) => step(1, { step: 'waiting', target: tower, attempt: n }));
    await write([step(1), ...waiting], { stepsOfOne: 5 });
    expect((await find('pigeon_1')).map(({ attempt }) => attempt)).toEqual([3, 4, 5, 6, 7]);
  });
});

describe('a message is found by its text', () => {
  it('whatever its case and spaces, newest first, and only by the whole of it', async () => {
    await write([step(1, hash('Hello  World')), step(2, hash('hello world')), step(3, hash('hello'))]);
    const journeys = createJourneys({ redis: here.redis, keys });
    expect((await journeys.findText(' HELLO\nworld ')).map(([first]) => first?.event)).toEqual(['pigeon_2', 'pigeon_1']);
    expect(await journeys.findText('hello w')).toEqual([]);
  });

  it('without that text being anywhere in Redis', async () => {
    await write([step(1, hash('a very secret sentence'))]);
    const dump: string[] = [];
    for (const key of await here.redis.keys('*')) dump.push(JSON.stringify(await here.redis.dump(key)));
    expect(dump.length).toBeGreaterThan(3);
    expect(dump.join()).not.toMatch(/secret sentence/i);
  });
});

describe('flow', () => {
  it('counts what came in and what was delivered, per platform, room and bridge', async () => {
    const flow = createFlow({ redis: here.redis, keys });
    const before = Date.now();
    await write([step(1), delivered(1), step(2, { bridges: ['town', 'harbour'] }), delivered(2), delivered(2)]);
    const platforms = await flow.platforms(['pigeon', 'raven', 'dodo']);
    const sum = (values: readonly number[] = []) => values.reduce((total, value) => total + value, 0);
    expect([...platforms].map(([id, { in: came, out }]) => [id, came.length, sum(came), sum(out)])).toEqual([
      ['pigeon', 60, 2, 0],
      ['raven', 60, 0, 3],
      ['dodo', 60, 0, 0],
    ]);
    expect(platforms.get('pigeon')?.lastIn).toBeGreaterThanOrEqual(before - 1_000);
    expect(platforms.get('pigeon')?.lastOut).toBeUndefined();
    expect(await flow.conversations([loft, tower, { platform: 'raven', conversation: 'elsewhere' }])).toEqual([
      { lastIn: expect.any(Number) },
      { lastOut: expect.any(Number) },
      {},
    ]);
    expect(await flow.bridges(['town', 'harbour', 'nowhere'])).toEqual([2, 1, 0]);
  });

  it('does not count what is no new message, and forgets minutes after two hours', async () => {
    await write([step(1, { type: 'message.edited' }), step(2, { step: 'dropped' }), step(3, { step: 'waiting', target: tower }), step(4)]);
    const flow = createFlow({ redis: here.redis, keys });
    expect((await flow.platforms(['pigeon'])).get('pigeon')?.in.reduce((a, b) => a + b)).toBe(1);
    for (const key of await here.redis.keys(`${keys.bullmq}:flow-[ms]*`)) expect(await here.redis.ttl(key)).toBeGreaterThan(7_000);
  });

  it('of nothing is nothing', async () => {
    const flow = createFlow({ redis: here.redis, keys });
    expect([await flow.platforms([]), await flow.conversations([]), await flow.bridges([])]).toEqual([new Map(), [], []]);
  });
});
