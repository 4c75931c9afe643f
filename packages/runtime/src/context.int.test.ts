import { conversationId, messageId, platformId } from '@bridge/core';
import { createKeys } from '@bridge/queue';
import { describe, expect, test, vi } from 'vitest';
import { QueueUnavailable, acceptEvent, openContext } from './index.ts';
import { createPigeon, setStage, soon } from './testing/index.ts';

const stage = setStage();
const pigeon = createPigeon();
const raven = createPigeon({ id: 'raven' });
const platforms = [pigeon, raven];
const event = { eventKey: 'k', conversation: conversationId('loft'), raw: { n: 1 } };

describe('platforms', () => {
  test('are all served unless only some are asked for; configured they are nevertheless', async () => {
    const all = await stage.open({ platforms });
    expect([[...all.context.configured.keys()], [...all.context.platforms.keys()]]).toEqual([
      ['pigeon', 'raven'],
      ['pigeon', 'raven'],
    ]);
    const some = await stage.open({ platforms, only: [raven.platform.id] });
    expect([[...some.context.configured.keys()], [...some.context.platforms.keys()]]).toEqual([['pigeon', 'raven'], ['raven']]);
    // Queues of all of them are open: a router may have to route to any.
    expect((await some.context.queues.depths()).map(({ queue }) => queue)).toEqual(['inbound', 'outbound-pigeon', 'outbound-raven']);
  });

  test('whose changes name no conversation, and no others, have the places of their messages noted', async () => {
    const placeless = createPigeon({
      id: 'raven',
      capabilities: { reports: { edits: true, deletes: true, reactions: true, withoutConversation: true } },
    });
    const { context, redis, prefix } = await stage.open({ platforms: [pigeon, placeless] });
    const refs = platforms.map(({ platform }) => ({ platform: platform.id, conversation: conversationId('a') }));
    const [source, target] = refs;
    if (source === undefined || target === undefined) throw new Error('two platforms');
    const transaction = redis.multi();
    context.copies.record(transaction, {
      source: { ...source, message: messageId('m') },
      bridge: 'b',
      target,
      copies: [{ message: messageId('c'), shows: 'text' }],
    });
    await transaction.exec();
    expect(await redis.keys(`${createKeys({ prefix }).bullmq}:place:*`)).toEqual([
      createKeys({ prefix }).place({ platform: 'raven', message: 'c' }),
    ]);
  });
});

describe('accepting', () => {
  test('counts what is new and what came before', async () => {
    const { context, metrics } = await stage.open({ platforms });
    await acceptEvent(context, pigeon.platform.id, event);
    await acceptEvent(context, pigeon.platform.id, event);
    await acceptEvent(context, raven.platform.id, event);
    expect((await context.queues.depths())[0]).toMatchObject({ queue: 'inbound', waiting: 2 });
    const text = await metrics();
    for (const line of ['pigeon",result="accepted"} 1', 'pigeon",result="duplicate"} 1', 'raven",result="accepted"} 1'])
      expect(text).toContain(line);
  });

  test('passes on that Redis does not take it', async () => {
    const { context } = await stage.open({ platforms });
    await stage.server().pause();
    try {
      await expect(acceptEvent(context, pigeon.platform.id, event)).rejects.toThrow(QueueUnavailable);
    } finally {
      await stage.server().resume();
    }
  });

  test.each([
    ['key', { ...event, eventKey: '' }],
    ['conversation', { ...event, conversation: conversationId('') }],
  ])('does not want an event without a %s back: it would never end', async (_what, broken) => {
    const { context, lines, metrics } = await stage.open({ platforms });
    await acceptEvent(context, pigeon.platform.id, broken);
    expect(await metrics()).toContain('bridge_events_ignored_total{platform="pigeon",reason="unacceptable"} 1');
    expect(lines).toContainEqual(expect.objectContaining({ level: 'error', msg: 'event has no usable key or conversation' }));
    expect((await context.queues.depths())[0]).toMatchObject({ waiting: 0 });
  });
});

test('heartbeats tell what this process does and holds, at once when that changes', async () => {
  const { context, close } = await stage.open({ platforms, roles: ['gateway', 'router'], beatEveryMs: 3_600_000 });
  const other = await stage.open({ prefix: 'somebody-else' });
  const own = async () => (await context.heartbeats.list()).map(({ roles, pid, version, sources }) => ({ roles, pid, version, sources }));
  const about = { roles: ['gateway', 'router'], pid: process.pid, version: '0.0.0-test' };
  expect(await own()).toEqual([{ ...about, sources: {} }]);
  context.report(platformId('raven'), { state: 'connected', guilds: 3 });
  // The next regular one is an hour away.
  await vi.waitFor(async () => expect(await own()).toEqual([{ ...about, sources: { raven: { state: 'connected', guilds: 3 } } }]), soon);
  context.report(platformId('raven'), undefined);
  await vi.waitFor(async () => expect(await own()).toEqual([{ ...about, sources: {} }]), soon);
  expect(await other.context.heartbeats.list()).toHaveLength(1);
  const watcher = await stage.open({ prefix: 'somebody-else' });
  await other.close();
  expect(await watcher.context.heartbeats.list()).toHaveLength(1);
  await close();
});

describe('readiness', () => {
  test('needs the roles and a Redis that answers', async () => {
    const reasons: string[] = [];
    const { context } = await stage.open({ notReady: () => reasons });
    await vi.waitFor(async () => expect(await context.readiness()).toEqual({ ready: true, reasons: [] }), soon);
    reasons.push('raven: wrong token');
    await vi.waitFor(async () => expect(await context.readiness()).toEqual({ ready: false, reasons: ['raven: wrong token'] }), soon);
    await stage.server().pause();
    try {
      // Frozen, it keeps its connections and answers nobody.
      expect(await context.readiness()).toEqual({ ready: false, reasons: ['raven: wrong token', 'Redis does not answer'] });
    } finally {
      await stage.server().resume();
    }
    reasons.pop();
    await vi.waitFor(async () => expect(await context.readiness()).toEqual({ ready: true, reasons: [] }), soon);
  });
});

describe('opening', () => {
  const nowhere = { kind: 'single', url: 'redis://:hunter22@127.0.0.1:1' } as const;

  test.each([
    ['', 0],
    [', also where it was kept from hearing it', 700],
  ])('gives up in time, with what to look at and without the password%s', async (_how, busyMs) => {
    const { context } = await stage.open({ platforms });
    const opening = openContext({
      ...context,
      redis: nowhere,
      prefix: 'p',
      configured: new Map(),
      bridges: [],
      roles: [],
      notReady: () => [],
      waitMs: 100,
    });
    const busyUntil = performance.now() + busyMs;
    while (performance.now() < busyUntil);
    await expect(opening).rejects.toThrow(
      /^Redis did not answer within 0 s \(.*ECONNREFUSED.*\)\. Check that it runs and that REDIS_URL is right\.$/,
    );
  });

  test('ends soon when the process is told to stop meanwhile', async () => {
    const { context } = await stage.open({ platforms });
    const stopping = new AbortController();
    const options = { ...context, redis: nowhere, prefix: 'p', configured: new Map(), bridges: [], roles: [], notReady: () => [] };
    const opening = openContext({ ...options, signal: stopping.signal });
    stopping.abort(new Error('told to stop'));
    // Well before the 30 s after which it would give up by itself, and for another reason.
    await expect(opening).rejects.toThrow('told to stop');
  });
});
