import { randomUUID } from 'node:crypto';
import { conversationId, messageId, platformId, type ConversationRef, type MessageRef } from '@bridge/core';
import { createKeys, producerConnection, waitUntilReady, workerConnection } from '@bridge/queue';
import { startRedis, type RedisServer } from '@bridge/testing';
import type { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  createCheckpoints,
  createCopies,
  createHeartbeats,
  createJourneys,
  createMoves,
  type CopyRecord,
  type Heartbeat,
  type JourneyStep,
} from './index.ts';

const soon = { timeout: 30_000, interval: 5 };
let server: RedisServer;
let redis: Redis;
/** What journeys are followed by in earnest: the impatient kind, and following waits nevertheless. */
let impatient: Redis;
let keys: ReturnType<typeof createKeys>;

beforeAll(async () => {
  server = await startRedis({ appendfsync: 'always' });
  // The patient kind: a machine that takes a while is no reason to fail.
  redis = workerConnection({ target: { kind: 'single', url: server.url } });
  impatient = producerConnection({ target: { kind: 'single', url: server.url } });
  await Promise.all([waitUntilReady(redis), waitUntilReady(impatient)]);
});
afterAll(async () => {
  redis.disconnect();
  impatient.disconnect();
  await server.stop();
});
beforeEach(() => {
  keys = createKeys({ prefix: randomUUID() });
});

const room = (platform: string, conversation: string): ConversationRef => ({
  platform: platformId(platform),
  conversation: conversationId(conversation),
});
const message = (at: ConversationRef, id: string): MessageRef => ({ ...at, message: messageId(id) });
const telegram = room('telegram', '-100:7');
const discord = room('discord', '142');
const cometchat = room('cometchat', 'guid one');

const texts = (...ids: string[]) => ids.map((id) => ({ message: messageId(id), shows: 'text' as const }));

describe('copies', () => {
  const source = message(telegram, '42');
  const record = async (copies: ReturnType<typeof createCopies>, copy: Omit<CopyRecord, 'bridge'>) => {
    const transaction = redis.multi();
    copies.record(transaction, { bridge: 'b', ...copy });
    for (const [error] of (await transaction.exec()) ?? []) expect(error).toBeNull();
  };
  const carried = async (options = {}) => {
    const copies = createCopies({ redis, keys, ...options });
    await record(copies, { source, target: discord, copies: texts('d1', 'd2') });
    await record(copies, { source, target: cometchat, copies: texts('c1') });
    return copies;
  };

  it('are written down also where Redis has forgotten every script', async () => {
    const copies = await carried();
    await redis.script('FLUSH');
    await record(copies, { source: message(telegram, '43'), target: discord, copies: texts('d3') });
    expect(await copies.copiesOf(message(telegram, '43'), discord)).toEqual(texts('d3'));
  });

  it.each([
    ['the source, in one target', source, discord, ['d1', 'd2']],
    ['the source, in the other', source, cometchat, ['c1']],
    ['a copy, back at the source', message(discord, 'd1'), telegram, ['42']],
    ['the second part of a copy, back at the source', message(discord, 'd2'), telegram, ['42']],
    ['a copy, at another copy', message(discord, 'd2'), cometchat, ['c1']],
    ['another copy, at the first', message(cometchat, 'c1'), discord, ['d1', 'd2']],
    ['a copy, in its own room', message(discord, 'd1'), discord, ['d1', 'd2']],
    ['the source, in its own room', source, telegram, []],
    ['an unknown message', message(telegram, '43'), discord, []],
    ['the same id in another room', message(room('telegram', '-200'), '42'), discord, []],
    ['the source, in a room it was not carried to', source, room('discord', '143'), []],
  ])('finds %s', async (_what, from, target, expected) => {
    const copies = await carried();
    expect(await copies.copiesOf(from, target)).toEqual(texts(...expected));
  });

  it('know which thread a message is in, from each of its copies', async () => {
    const copies = createCopies({ redis, keys });
    await record(copies, { source: message(discord, '9/10'), target: telegram, copies: texts('77') });
    const transaction = redis.multi();
    copies.threaded(transaction, message(discord, '9/10'), messageId('9'));
    await transaction.exec();
    expect(await copies.threadOf(message(discord, '9/10'))).toEqual(message(discord, '9'));
    expect(await copies.threadOf(message(telegram, '77'))).toEqual(message(discord, '9'));
    expect(await copies.threadOf(message(telegram, '78'))).toBeUndefined();
  });

  it('knows a copy from a source', async () => {
    const copies = await carried();
    expect([await copies.isCopy(source), await copies.isCopy(message(discord, 'd2')), await copies.isCopy(message(discord, 'd3'))]).toEqual(
      [false, true, false],
    );
    expect(await copies.originalOf(message(cometchat, 'c1'))).toEqual(source);
    expect(await copies.originalOf(source)).toEqual(source);
  });

  it('knows where a message lives, on platforms that do not say', async () => {
    const copies = await carried({ placeless: new Set([cometchat.platform]) });
    expect(await copies.conversationOf(cometchat.platform, messageId('c1'))).toBe('guid one');
    expect(await copies.conversationOf(discord.platform, messageId('d1'))).toBeUndefined();
    expect(await (await carried()).conversationOf(telegram.platform, messageId('42'))).toBe('-100:7');
  });

  it('knows the part of a conversation that a message is in, where changes name only the whole', async () => {
    const forum = room('telegram', '-100');
    const copies = await carried({
      placeless: new Set(),
      containerOf: ({ conversation }: ConversationRef) => conversationId(conversation.split(':', 1)[0] ?? conversation),
    });
    expect(await copies.partOf(message(forum, '42'))).toBe('-100:7');
    expect(await copies.partOf(message(forum, '43'))).toBeUndefined();
    expect(await copies.partOf(message(room('telegram', '-200'), '42'))).toBeUndefined();
    // What is no part of anything is not written down.
    expect(await redis.keys(`${keys.bullmq}:place:*`)).toHaveLength(1);
  });

  it('takes a later record for the whole truth', async () => {
    const copies = await carried();
    await record(copies, { source, target: discord, copies: texts('d1', 'd9') });
    expect(await copies.copiesOf(source, discord)).toEqual(texts('d1', 'd9'));
    expect(await copies.copiesOf(message(discord, 'd9'), telegram)).toEqual(texts('42'));
  });

  it('knows of copies that are deleted that there were some', async () => {
    const copies = await carried();
    await record(copies, { source, target: discord, copies: [] });
    expect([await copies.copiesOf(source, discord), await copies.copiesOf(source, cometchat)]).toEqual([[], texts('c1')]);
    expect([await copies.wereIn(source, discord), await copies.wereIn(message(telegram, '43'), discord)]).toEqual([true, false]);
    expect(await copies.isCopy(message(discord, 'd1'))).toBe(true);
  });

  it('forgets after its time, and not before', async () => {
    const copies = await carried({ ttlSeconds: 100_000 });
    for (const key of await redis.keys(`${keys.bullmq}*`)) {
      const ttl = await redis.ttl(key);
      expect(ttl).toBeLessThanOrEqual(100_000);
      // As much as a machine may have needed meanwhile.
      expect(ttl).toBeGreaterThan(99_000);
    }
    expect(await copies.copiesOf(source, discord)).toHaveLength(2);
  });

  it('know a message by either end, and where one lives before it was carried anywhere', async () => {
    const copies = await carried();
    const known = [source, message(discord, 'd2'), message(telegram, '43')];
    expect(await Promise.all(known.map((one) => copies.knows(one)))).toEqual([true, true, false]);
    const transaction = redis.multi();
    copies.place(transaction, message(telegram, '43'));
    createCopies({ redis, keys, placeless: new Set() }).place(transaction, message(telegram, '44'));
    await transaction.exec();
    expect(await copies.conversationOf(telegram.platform, messageId('43'))).toBe(telegram.conversation);
    expect(await copies.conversationOf(telegram.platform, messageId('44'))).toBeUndefined();
    expect(await copies.knows(message(telegram, '43'))).toBe(false);
  });

  it('reads something else than a record as nothing', async () => {
    const copies = createCopies({ redis, keys });
    await redis.set(keys.source(source), '{"platform":1}');
    await redis.hset(keys.copies(source), keys.conversation(discord), 'not json');
    expect([await copies.originalOf(source), await copies.copiesOf(source, discord)]).toEqual([source, []]);
  });

  it('survives a restart of everything', async () => {
    await carried();
    await server.restart();
    const fresh = workerConnection({ target: { kind: 'single', url: server.url } });
    await waitUntilReady(fresh);
    const copies = createCopies({ redis: fresh, keys });
    expect(await copies.copiesOf(message(discord, 'd2'), cometchat)).toEqual(texts('c1'));
    fresh.disconnect();
    await waitUntilReady(redis);
  });
});

describe('journeys', () => {
  const step = (n: number): JourneyStep => ({
    event: `telegram_${n}`,
    eventKey: String(n),
    type: 'message.created',
    step: 'delivered',
    at: n,
    receivedAt: n,
    messages: [],
  });
  const write = async (...numbers: number[]) => {
    const transaction = redis.multi();
    for (const n of numbers) createJourneys({ redis, keys }).step(transaction, step(n));
    await transaction.exec();
  };
  const collect = (steps: AsyncIterable<JourneyStep>) => {
    const seen: number[] = [];
    const done = (async () => {
      for await (const { at } of steps) seen.push(at);
    })();
    return { seen, done };
  };
  const connections = async () => String(await redis.client('LIST')).split('\n').length;

  it('tells the last steps, oldest first, and passes over what it does not understand', async () => {
    await write(1, 2);
    await redis.xadd(keys.journeys, '*', 'step', '{"event":1}');
    await redis.xadd(keys.journeys, '*', 'other', 'x');
    await write(3);
    expect(await createJourneys({ redis, keys }).recent(4)).toEqual([step(2), step(3)]);
    expect(await createJourneys({ redis, keys }).recent(100)).toEqual([step(1), step(2), step(3)]);
  });

  it('are followed as they happen, from now on, until told to stop', async () => {
    await write(1, 2);
    const before = await connections();
    const stop = new AbortController();
    const { seen, done } = collect(createJourneys({ redis: impatient, keys }).follow({ signal: stop.signal }));
    await vi.waitFor(async () => expect(await redis.client('LIST')).toContain('cmd=xread'), soon);
    await write(3);
    await write(4, 5);
    await vi.waitFor(() => expect(seen).toEqual([3, 4, 5]), soon);
    stop.abort();
    await done;
    await vi.waitFor(async () => expect(await connections()).toBe(before), soon);
  });

  it('are followed from the beginning, and over a restart of Redis', async () => {
    await write(1, 2);
    const stop = new AbortController();
    const { seen, done } = collect(createJourneys({ redis: impatient, keys }).follow({ signal: stop.signal, from: '0' }));
    await vi.waitFor(() => expect(seen).toEqual([1, 2]), soon);
    await server.restart();
    await waitUntilReady(redis);
    await write(3);
    await vi.waitFor(() => expect(seen).toEqual([1, 2, 3]), soon);
    stop.abort();
    await done;
  });

  it('end when told to stop while Redis is away', async () => {
    const stop = new AbortController();
    const { seen, done } = collect(createJourneys({ redis: impatient, keys }).follow({ signal: stop.signal, from: '0' }));
    await write(1);
    await vi.waitFor(() => expect(seen).toEqual([1]), soon);
    await server.kill9();
    await vi.waitFor(() => expect(redis.status).not.toBe('ready'), soon);
    stop.abort();
    await done;
    await server.restart();
    await waitUntilReady(redis);
  });

  it('end at once for a signal that is aborted already', async () => {
    const { seen, done } = collect(createJourneys({ redis: impatient, keys }).follow({ signal: AbortSignal.abort(), from: '0' }));
    await done;
    expect(seen).toEqual([]);
  });

  it('keep some twenty thousand steps', async () => {
    for (let batch = 0; batch < 25; batch += 1) await write(...Array.from({ length: 1_000 }, (_, n) => n));
    expect(await redis.xlen(keys.journeys)).toBeLessThan(20_500);
  });
});

describe('checkpoints', () => {
  it('are kept per platform', async () => {
    const checkpoints = createCheckpoints({ redis, keys });
    expect(await checkpoints.load(discord.platform)).toBeUndefined();
    await checkpoints.save(discord.platform, '{"sequence":7}');
    await checkpoints.save(telegram.platform, '9');
    await checkpoints.save(discord.platform, '{"sequence":8}');
    expect([await checkpoints.load(discord.platform), await checkpoints.load(telegram.platform)]).toEqual(['{"sequence":8}', '9']);
  });
});

describe('heartbeats', () => {
  const about = (id: string, startedAt = 1): Heartbeat => ({
    id,
    roles: ['gateway'],
    pid: 1,
    version: '1.0.0',
    startedAt,
    sources: { discord: { state: 'connected', guilds: 2 } },
  });

  it('list who is alive, and whoever stops is gone at once', async () => {
    const heartbeats = createHeartbeats({ redis, keys });
    const [second, first] = [await heartbeats.start(() => about('b', 2)), await heartbeats.start(() => about('a', 1))];
    expect(await heartbeats.list()).toEqual([about('a', 1), about('b', 2)]);
    await first.stop();
    expect(await heartbeats.list()).toEqual([about('b', 2)]);
    await second.stop();
  });

  it('keep coming, and say what changed when asked', async () => {
    const heartbeats = createHeartbeats({ redis, keys, everyMs: 20, goneAfterMs: 60_000 });
    let sources: Heartbeat['sources'] = {};
    const beating = await heartbeats.start(() => ({ ...about('a'), sources }));
    for (let beat = 0; beat < 3; beat += 1) {
      await redis.pexpire(keys.heartbeat('a'), 30_000);
      await vi.waitFor(async () => expect(await redis.pttl(keys.heartbeat('a'))).toBeGreaterThan(30_000), soon);
    }
    expect(await heartbeats.list()).toHaveLength(1);
    await beating.stop();
    const silent = await createHeartbeats({ redis, keys, everyMs: 100_000 }).start(() => ({ ...about('a'), sources }));
    sources = { discord: { state: 'failed', detail: 'the token is wrong' } };
    await silent.beatNow();
    expect(await heartbeats.list()).toMatchObject([{ sources }]);
    await silent.stop();
  });

  it('of a process that died run out', async () => {
    const heartbeats = createHeartbeats({ redis, keys, everyMs: 100_000, goneAfterMs: 100_000 });
    await heartbeats.start(() => about('dead'));
    expect(await heartbeats.list()).toHaveLength(1);
    expect(await redis.pttl(keys.heartbeat('dead'))).toBeGreaterThan(0);
    await redis.pexpire(keys.heartbeat('dead'), 1);
    await vi.waitFor(async () => expect(await heartbeats.list()).toEqual([]), soon);
    expect(await redis.scard(keys.processes)).toBe(0);
  });

  it('that fail are reported and do not throw', async () => {
    const errors: unknown[] = [];
    const lost = producerConnection({ target: { kind: 'single', url: server.url } });
    await waitUntilReady(lost);
    lost.disconnect();
    const beating = await createHeartbeats({ redis: lost, keys }).start(
      () => about('a'),
      (error) => errors.push(error),
    );
    await beating.beatNow();
    expect(errors).toHaveLength(2);
    await beating.stop().catch(() => undefined);
  });
});

describe('moves', () => {
  const tg = (conversation: string) => room('telegram', conversation);
  const move = async (moves: ReturnType<typeof createMoves>, from: string, to: string) => {
    const transaction = redis.multi();
    moves.record(transaction, tg(from), conversationId(to));
    await transaction.exec();
  };

  it('lead from every id to the one of now and back to the first, also over several', async () => {
    const moves = createMoves({ redis, keys });
    expect((await moves.all()).size).toBe(0);
    await move(moves, '-1', '-100');
    await move(moves, '-100', '-200');
    const table = await moves.all();
    for (const id of ['-1', '-100', '-200']) expect([table.now(tg(id)), table.first(tg(id))]).toEqual(['-200', '-1']);
    expect([table.now(tg('-3')), table.first(tg('-3')), table.now(room('discord', '-1'))]).toEqual(['-3', '-3', '-1']);
  });

  it('in a circle end somewhere', async () => {
    const moves = createMoves({ redis, keys });
    await move(moves, 'a', 'b');
    await move(moves, 'b', 'a');
    const table = await moves.all();
    expect(['a', 'b']).toContain(table.now(tg('a')));
    expect(['a', 'b']).toContain(table.first(tg('a')));
  });

  it('of another process are known at once where it matters, and soon elsewhere', async () => {
    const [ours, theirs] = [createMoves({ redis, keys }), createMoves({ redis, keys })];
    await ours.all();
    await move(theirs, 'a', 'b');
    expect((await ours.all({ fresh: true })).now(tg('a'))).toBe('b');
    expect((await ours.all()).now(tg('a'))).toBe('b');
    await move(theirs, 'b', 'c');
    await vi.waitFor(async () => expect((await ours.all()).now(tg('a'))).toBe('c'), soon);
  });

  it('that are no moves are as if they were not there', async () => {
    await redis.hset(keys.moves, keys.conversation(tg('a')), 'b');
    expect((await createMoves({ redis, keys }).all()).size).toBe(0);
  });
});
