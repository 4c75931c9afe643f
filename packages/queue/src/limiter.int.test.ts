import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { platformId, type RateLimit } from '@bridge/core';
import { startRedis, type RedisServer } from '@bridge/testing/redis';
import fc from 'fast-check';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createKeys } from './keys.ts';
import { createLimiter, type Limiter, type Turn } from './limiter.ts';

const platform = platformId('telegram');
let server: RedisServer;
let connections: readonly Redis[] = [];

beforeAll(async () => {
  server = await startRedis({ appendfsync: 'everysec' });
  connections = Array.from({ length: 4 }, () => new Redis(server.url));
});
afterAll(async () => {
  for (const connection of connections) connection.disconnect();
  await server.stop();
});

const limit = (key: string, count: number, perMs: number, burst = 1): RateLimit => ({ key, count, perMs, burst });
const micros = ([seconds, more]: readonly string[]): number => Number(seconds) * 1_000_000 + Number(more);

/** A call that was let through, surely after one time and before another by Redis' clock (microseconds). */
interface Granted {
  readonly holder: string;
  readonly limits: readonly RateLimit[];
  readonly after: number;
  readonly before: number;
}

/** Several processes' limiters on keys of their own, and what they let through. */
function processes(options: { readonly count?: number; readonly graceMs?: number } = {}) {
  const { count = 4, ...more } = options;
  const keys = createKeys({ prefix: `test-${randomUUID()}` });
  const granted: Granted[] = [];
  let asked = 0;
  const all = connections.slice(0, count).map((redis) => ({ redis, limiter: createLimiter({ redis, keys, ...more }) }));
  const reserve = async (at: number, holder: string, limits: readonly RateLimit[]): Promise<Turn> => {
    const one = all[at % all.length];
    if (one === undefined) throw new Error('no process');
    asked += 1;
    const [after, turn, before] = await Promise.all([
      one.redis.time(),
      one.limiter.reserve({ platform, limits, holder }),
      one.redis.time(),
    ]);
    if (turn.waitMs === 0) granted.push({ holder, limits, after: micros(after.map(String)), before: micros(before.map(String)) });
    return turn;
  };
  /** Comes back when it is told, `late` milliseconds later, until it is let through. */
  const pass = async (at: number, holder: string, how: { readonly limits: readonly RateLimit[]; readonly late?: () => number }) => {
    for (;;) {
      const { waitMs } = await reserve(at, holder, how.limits);
      if (waitMs === 0) return;
      await sleep(waitMs + (how.late?.() ?? 0));
    }
  };
  /** Lets the time pass that a limit asks to wait, for nothing else. */
  const open = async (key: string) => connections[0]?.del(keys.limit(platform, key));
  return { keys, granted, asked: () => asked, reserve, pass, open, limiter: (at: number): Limiter | undefined => all[at]?.limiter };
}

/** The most that surely fell into one window of the limit's length. */
function fullest(granted: readonly Granted[], { key, perMs }: RateLimit): number {
  const counted = granted.filter(({ limits }) => limits.some((one) => one.key === key));
  return Math.max(
    0,
    ...counted.map((first) => counted.filter(({ after, before }) => after >= first.after && before <= first.after + perMs * 1_000).length),
  );
}

describe('over several processes', () => {
  it('never lets more than count and burst into any window, whoever comes late, early or never', async () => {
    const rate = fc.record({
      count: fc.integer({ min: 1, max: 40 }),
      perMs: fc.integer({ min: 50, max: 400 }),
      burst: fc.integer({ min: 1, max: 6 }),
    });
    const holders = fc.array(
      fc.record({
        chat: fc.integer({ min: 0, max: 3 }),
        late: fc.integer({ min: 0, max: 60 }),
        gone: fc.boolean(),
        begins: fc.integer({ min: 0, max: 150 }),
      }),
      { minLength: 5, maxLength: 40 },
    );
    await fc.assert(
      fc.asyncProperty(rate, rate, holders, async (bot, chat, crowd) => {
        // All done within a few seconds, whatever was drawn.
        const scale = Math.max(
          1,
          Math.ceil((crowd.length * bot.perMs) / bot.count / 1_500),
          Math.ceil((crowd.length * chat.perMs) / chat.count / 1_500),
        );
        const [whole, part] = [
          { ...bot, count: bot.count * scale },
          { ...chat, count: chat.count * scale },
        ];
        const world = processes({ graceMs: 100 });
        await Promise.all(
          crowd.map(async ({ chat: room, late, gone, begins }, index) => {
            const limits = [
              { key: 'bot', ...whole },
              { key: `chat:${room}`, ...part },
            ];
            await sleep(begins);
            if (gone) await world.reserve(index, `h${index}`, limits);
            else await world.pass(index, `h${index}`, { limits, late: () => late });
          }),
        );
        for (const one of [
          limit('bot', whole.count, whole.perMs),
          ...[0, 1, 2, 3].map((room) => limit(`chat:${room}`, part.count, part.perMs)),
        ]) {
          const { burst } = one.key === 'bot' ? whole : part;
          expect(fullest(world.granted, one)).toBeLessThanOrEqual(one.count + burst);
        }
        expect(new Set(world.granted.map(({ holder }) => holder)).size).toBe(world.granted.length);
        expect(world.granted.length).toBeGreaterThanOrEqual(crowd.filter(({ gone }) => !gone).length);
      }),
      { numRuns: 12, endOnFailure: true },
    );
  });

  it('lets a burst through at once and the rest at the rate', async () => {
    const world = processes();
    // A minute each, so that it matters to nobody how long the eight take to come.
    const limits = [limit('chat', 10, 600_000, 5)];
    const turns = await Promise.all(Array.from({ length: 8 }, (_, n) => world.reserve(n, `h${n}`, limits)));
    const waits = turns.map(({ waitMs }) => waitMs).toSorted((a, b) => a - b);
    expect(waits.slice(0, 5)).toEqual([0, 0, 0, 0, 0]);
    expect(turns.find(({ waitMs }) => waitMs > 0)?.key).toBe('chat');
    // Each in its own turn, which is what keeps them from coming all at once.
    expect(waits[6] ?? 0).toBeGreaterThan((waits[5] ?? 0) + 30_000);
    expect(waits[7] ?? 0).toBeGreaterThan((waits[6] ?? 0) + 30_000);
    expect(waits[7]).toBeLessThanOrEqual(180_000);
  });

  it('hundreds that contend are served in about as many visits, not each time all of them', async () => {
    const world = processes();
    const limits = [limit('bot', 300, 1_000, 10)];
    await Promise.all(Array.from({ length: 300 }, (_, n) => world.pass(n, `h${n}`, { limits })));
    expect(world.granted).toHaveLength(300);
    // Two each where nobody is late; a herd would make some 45,000.
    expect(world.asked()).toBeLessThan(3_000);
  });
});

describe('a place in the line', () => {
  it('is one order over all lines, so that two who stand in the same two never wait for each other', async () => {
    const world = processes();
    const [bot, chat] = [limit('bot', 1, 60_000), limit('chat', 1, 60_000)];
    const reserve = async (holder: string): Promise<Turn> => world.reserve(0, holder, [bot, chat]);
    await world.reserve(0, 'other chat', [bot]);
    expect((await reserve('first')).key).toBe('bot');
    await world.limiter(0)?.exhaust({ platform, key: 'chat', forMs: 3_600_000 });
    expect((await reserve('second')).key).toBe('chat');
    await world.open('bot');
    expect((await reserve('first')).key).toBe('chat');
    await world.open('chat');
    // The second one is in the first one's way in no line, however often it asks.
    for (let n = 0; n < 3; n += 1) expect((await reserve('second')).waitMs).toBeGreaterThan(0);
    expect((await reserve('first')).waitMs).toBe(0);
    await world.open('bot');
    await world.open('chat');
    expect((await reserve('second')).waitMs).toBe(0);
    expect(world.granted.map(({ holder }) => holder)).toEqual(['other chat', 'first', 'second']);
  });

  it('is kept for who waits, whatever newcomers do', async () => {
    const world = processes();
    const limits = [limit('bot', 1, 60_000)];
    expect((await world.reserve(0, 'first', limits)).waitMs).toBe(0);
    const second = await world.reserve(0, 'second', limits);
    const third = await world.reserve(1, 'third', limits);
    expect([second.waitMs, third.waitMs]).toEqual([
      expect.toSatisfy((ms: number) => ms > 0 && ms <= 60_000),
      expect.toSatisfy((ms: number) => ms > second.waitMs),
    ]);
    for (const [at, who] of ['second', 'third'].entries()) {
      // Its time has come, and others come before it does.
      await world.open('bot');
      const hammering = await Promise.all(Array.from({ length: 20 }, (_, n) => world.reserve(n, 'newcomer', limits)));
      expect(Math.min(...hammering.map(({ waitMs }) => waitMs))).toBeGreaterThan(0);
      expect((await world.reserve(at, who, limits)).waitMs).toBe(0);
    }
    await world.open('bot');
    await world.reserve(2, 'newcomer', limits);
    expect(world.granted.map(({ holder }) => holder)).toEqual(['first', 'second', 'third', 'newcomer']);
  });

  it('is lost by who never comes back, so that nobody waits for the dead', async () => {
    const world = processes({ graceMs: 100 });
    const limits = [limit('bot', 1, 30_000)];
    await world.reserve(0, 'first', limits);
    for (let n = 0; n < 20; n += 1) await world.reserve(0, `dead${n}`, limits);
    const told = await world.reserve(0, 'living', limits);
    expect(told.waitMs).toBeGreaterThan(500_000);
    const redis = connections[0];
    const deadlines = world.keys.limitDeadlines(platform, 'bot');
    for (let n = 0; n < 20; n += 1) await redis?.zadd(deadlines, 0, `dead${n}`);
    expect((await world.reserve(0, 'living', limits)).waitMs).toBeLessThanOrEqual(30_000);
    expect(await redis?.zcard(deadlines)).toBe(1);
  });

  it('of one limit does not hold up another: a full chat leaves the whole of the bot to others', async () => {
    const world = processes();
    const bot = limit('bot', 5, 600_000, 5);
    const full = limit('chat:full', 1, 600_000);
    const free = (n: number) => limit(`chat:${n}`, 1, 600_000);
    expect((await world.reserve(0, 'a', [bot, full])).waitMs).toBe(0);
    for (let n = 0; n < 9; n += 1) expect(await world.reserve(n, `w${n}`, [bot, full])).toMatchObject({ key: 'chat:full' });
    const others = await Promise.all([0, 1, 2, 3, 4].map((n) => world.reserve(n, `o${n}`, [bot, free(n)])));
    // One call of the bot's five was made before; which of these is the one too many depends on who came last.
    expect(others.filter(({ waitMs }) => waitMs === 0)).toHaveLength(4);
    expect(others.find(({ waitMs }) => waitMs > 0)).toMatchObject({ key: 'bot' });
  });
});

describe('what is used up', () => {
  it('lets nobody through before its time, and then a burst', async () => {
    const world = processes();
    const limits = [limit('bucket', 5, 100_000, 3)];
    await world.limiter(0)?.exhaust({ platform, key: 'bucket', forMs: 40_000 });
    await world.limiter(1)?.exhaust({ platform, key: 'bucket', forMs: 10 });
    const turns = await Promise.all([0, 1, 2, 3].map((n) => world.reserve(n, `h${n}`, limits)));
    const waits = turns.map(({ waitMs }) => waitMs).toSorted((a, b) => a - b);
    expect(waits[0]).toBeGreaterThan(20_000);
    expect(waits[2]).toBeLessThanOrEqual(40_000);
    expect(waits[3]).toBeGreaterThan((waits[2] ?? 0) + 10_000);
  });

  it('is there again afterwards', async () => {
    const world = processes();
    const limits = [limit('bucket', 5, 1_000, 3)];
    const at = performance.now();
    await world.limiter(0)?.exhaust({ platform, key: 'bucket', forMs: 400 });
    await Promise.all([0, 1, 2, 3].map((n) => world.pass(n, `h${n}`, { limits })));
    expect(world.granted).toHaveLength(4);
    expect(performance.now() - at).toBeGreaterThan(350);
  });

  it('is another key’s business to nobody, and nothing is used up for no time', async () => {
    const world = processes();
    await world.limiter(0)?.exhaust({ platform, key: 'a', forMs: 60_000 });
    await world.limiter(0)?.exhaust({ platform, key: 'b', forMs: 0 });
    expect((await world.reserve(0, 'h', [limit('b', 1, 1_000)])).waitMs).toBe(0);
    expect(await world.reserve(0, 'i', [limit('a', 1, 1_000), limit('c', 1, 1_000)])).toMatchObject({ key: 'a' });
    // All or nothing: the other limit has not been used.
    expect((await world.reserve(0, 'j', [limit('c', 1, 1_000)])).waitMs).toBe(0);
  });
});

it('leaves nothing behind in Redis once everything is over', async () => {
  const world = processes({ graceMs: 50 });
  const limits = [limit('bot', 20, 1_000, 2)];
  await Promise.all(Array.from({ length: 6 }, (_, n) => world.pass(n, `h${n}`, { limits })));
  await world.reserve(0, 'gone', limits);
  await world.limiter(0)?.exhaust({ platform, key: 'bot', forMs: 100 });
  const left = () => connections[0]?.keys(`${world.keys.bullmq}:*`);
  await expect.poll(left).toEqual([]);
});

it('asks Redis nothing where there is no limit', async () => {
  const closed = new Redis({ port: 1, lazyConnect: true });
  const limiter = createLimiter({ redis: closed, keys: createKeys({ prefix: 'x' }) });
  expect(await limiter.reserve({ platform, limits: [], holder: 'h' })).toEqual({ waitMs: 0 });
  closed.disconnect();
});
