import { type Receipt, messageId, platformId } from '@bridge/core';
import { acceptEvent, loadRole } from '@bridge/runtime';
import {
  type PigeonOptions,
  type TestContext,
  bridgeOf,
  createPigeon,
  pigeonEvent,
  setStage,
  soon,
  untilTaken,
} from '@bridge/runtime/testing';
import { describe, expect, test, vi } from 'vitest';
import { createDeliver } from './deliver.ts';
import { attemptOf, deliveryOf, parts, settle } from './fixtures/attempts.ts';
import { role } from './index.ts';

const stage = setStage();
const source = platformId('pigeon');
const aDay = 24 * 3_600_000;

async function sending(options: PigeonOptions = {}) {
  const raven = createPigeon({ id: 'raven', maxLength: 16, ...options });
  const opened = await stage.open({ platforms: [createPigeon(), raven] });
  return { ...opened, raven, deliver: createDeliver(opened.context, raven.platform.id) };
}

const told = ({ lines }: TestContext) => lines.filter(({ level, msg }) => level !== 'debug' && level !== 'trace' && msg !== 'started');

describe('a call that would be one too many', () => {
  const limits = () => [{ key: 'loft', count: 2, perMs: aDay, burst: 2 }];

  test('is not made: the conversation waits, which is no attempt and nobody’s news', async () => {
    const world = await sending({ limits });
    await world.deliver(attemptOf(deliveryOf()));
    await world.deliver(attemptOf(deliveryOf({ eventKey: 'k2' })));
    const before = told(world).length;
    const outcome = await world.deliver(attemptOf(deliveryOf({ eventKey: 'k3' }), { ambiguous: true, attempt: 2 }));
    expect(outcome).toMatchObject({
      kind: 'failed',
      verdict: { action: 'hold-conversation', delayMs: expect.any(Number), reason: 'outgoing limit' },
      ambiguous: false,
      unasked: true,
      detail: 'to stay below what the platform allows for loft',
    });
    await settle(world, outcome);
    expect(world.raven.instance.commands).toHaveLength(2);
    expect(told(world)).toHaveLength(before);
    expect(await world.context.journeys.recent(9)).toEqual([]);
    const metrics = await world.metrics();
    expect(metrics).toContain('bridge_deliveries_limited_total{platform="raven"} 1');
    expect(metrics).not.toContain('outcome="hold-conversation"');
  });

  test('may be a later step: what was done is kept, and the next attempt goes on there', async () => {
    const world = await sending({ limits });
    const attempt = attemptOf(deliveryOf(parts('one', 'two', 'three')));
    expect(await world.deliver(attempt)).toMatchObject({ unasked: true });
    expect(world.raven.instance.commands.map(({ step }) => step)).toEqual([0, 1]);
    expect(attempt.saved.map((progress) => JSON.parse(progress).results.length)).toEqual([1, 2]);
  });

  test('is that of one conversation where the limit is', async () => {
    const world = await sending({ limits: (conversation) => [{ key: `loft:${conversation}`, count: 1, perMs: aDay, burst: 1 }] });
    const elsewhere = {
      ...deliveryOf({ eventKey: 'k2' }),
      conversation: deliveryOf({ channel: { id: 'attic', name: '', type: 'group' } }).event.channel.id,
    };
    expect(await world.deliver(attemptOf(deliveryOf()))).toMatchObject({ kind: 'settled' });
    expect(await world.deliver(attemptOf(elsewhere))).toMatchObject({ kind: 'settled' });
    expect(await world.deliver(attemptOf(deliveryOf({ eventKey: 'k3' })))).toMatchObject({ unasked: true });
  });
});

test('what an answer says is used up is held, for everybody', async () => {
  const answer = async (): Promise<Receipt> => ({ message: messageId('r'), exhausted: { key: 'loft', forMs: aDay } });
  const world = await sending({ limits: () => [{ key: 'loft', count: 1_000, perMs: 1_000, burst: 100 }], deliver: answer });
  const other = createDeliver(
    (await stage.open({ prefix: world.prefix, platforms: [createPigeon(), world.raven] })).context,
    world.raven.platform.id,
  );
  expect(await world.deliver(attemptOf(deliveryOf()))).toMatchObject({ kind: 'settled' });
  const state = `{${world.prefix}:0}:limit:raven/loft`;
  await vi.waitFor(async () => expect(await world.redis.hexists(state, 'closed')).toBe(1), soon);
  const held = await other(attemptOf(deliveryOf({ eventKey: 'k2' })));
  expect(held).toMatchObject({ unasked: true, verdict: { delayMs: expect.toSatisfy((ms: number) => ms > aDay / 2) } });
});

test('limits that Redis does not tell are asked for again, without a call and without a doubt', async () => {
  const world = await sending({ limits: () => [{ key: 'loft', count: 1, perMs: 1_000, burst: 1 }] });
  vi.spyOn(world.context.limiter, 'reserve').mockRejectedValueOnce(new Error('Command timed out'));
  expect(await world.deliver(attemptOf(deliveryOf()))).toMatchObject({ kind: 'failed', ambiguous: false, verdict: { action: 'retry' } });
  expect(world.raven.instance.commands).toEqual([]);
});

describe('many conversations at once', () => {
  const written = (room: string, n: number) =>
    pigeonEvent({
      id: `pigeon_${room}${n}`,
      message: `${room}.${n}`,
      eventKey: `${room}${n}`,
      channel: { id: room, name: room, type: 'group' },
    });

  async function town(rooms: readonly string[], options: PigeonOptions) {
    const raven = createPigeon({ id: 'raven', ...options });
    const platforms = [createPigeon(), raven];
    const bridges = rooms.map((room) => bridgeOf(room, `pigeon:${room}`, `raven:${room}`));
    const first = await stage.open({ platforms, bridges });
    const second = await stage.open({ platforms, bridges, prefix: first.prefix });
    const router = await (await loadRole('router')).start(first.context);
    const senders = await Promise.all([first, second].map(({ context }) => role.start(context)));
    stage.afterwards(() => Promise.all([router, ...senders].map((running) => running.stop(500))).then(() => undefined));
    const write = (room: string, n: number) => {
      const event = written(room, n);
      return untilTaken(() =>
        acceptEvent(first.context, source, {
          eventKey: event.eventKey,
          conversation: event.channel.id,
          raw: JSON.parse(JSON.stringify(event)),
        }),
      );
    };
    return { ...first, raven, write, metrics: async () => `${await first.metrics()}${await second.metrics()}` };
  }

  test('share the limit of the whole platform, each in its order, none of them left out', async () => {
    const rooms = Array.from({ length: 30 }, (_, n) => `room${n}`);
    const begun: number[] = [];
    const order: string[] = [];
    const world = await town(rooms, {
      limits: () => [{ key: 'bot', count: 60, perMs: 1_000, burst: 5 }],
      deliver: async (command) => {
        begun.push(performance.now());
        order.push(command.conversation);
        return { message: messageId(`r${begun.length}`) };
      },
    });
    await Promise.all(
      rooms.map(async (room) => {
        for (let n = 0; n < 3; n += 1) await world.write(room, n);
      }),
    );
    await vi.waitFor(() => expect(begun).toHaveLength(90), soon);
    for (const room of rooms) expect(order.filter((one) => one === room)).toHaveLength(3);
    // 90 calls of which 5 may come at once: the others take their time, however fast the machine is.
    expect((begun.at(-1) ?? 0) - (begun[0] ?? 0)).toBeGreaterThan(1_300);
    const delivered = (await world.context.journeys.recent(500)).filter(({ step }) => step === 'delivered');
    expect(delivered.every(({ attempt }) => attempt === 1)).toBe(true);
    expect((await world.context.journeys.recent(500)).filter(({ step }) => step === 'waiting')).toEqual([]);
  });

  test('are not held up by one that has to wait', async () => {
    const quiet = Array.from({ length: 5 }, (_, n) => `quiet${n}`);
    const calls: string[] = [];
    const world = await town(['hot', ...quiet], {
      limits: (conversation) => [{ key: `loft:${conversation}`, count: 1, perMs: aDay, burst: 3 }],
      deliver: async ({ conversation }) => {
        calls.push(conversation);
        return { message: messageId(`r${calls.length}`) };
      },
    });
    for (let n = 0; n < 60; n += 1) await world.write('hot', n);
    await vi.waitFor(() => expect(calls.filter((room) => room === 'hot')).toHaveLength(3), soon);
    for (let n = 0; n < 3; n += 1) for (const room of quiet) await world.write(room, n);
    await vi.waitFor(() => expect(calls.filter((room) => room !== 'hot')).toHaveLength(15), soon);
    expect(calls.filter((room) => room === 'hot')).toHaveLength(3);
    const depth = (await world.context.queues.depths()).find(({ queue }) => queue === 'outbound-raven');
    expect(depth).toMatchObject({ waiting: 57, dead: 0 });
  });
});
