import { Queue } from 'bullmq';
import { describe, expect, it, vi } from 'vitest';
import { deliveryOf, envelope, numberOf, origin, outbound, routeTo, target, type Rig } from './fixtures/rig.ts';
import { setStage, settled, soon } from './fixtures/stage.ts';
import type { Routed } from './index.ts';

const stage = setStage();
const range = (count: number) => Array.from({ length: count }, (_, n) => n);
const depths = async (rig: Rig) => Object.fromEntries((await rig.queues.depths()).map(({ queue, waiting }) => [queue, waiting]));

describe('the hop from inbound to outbound', () => {
  it('reaches every target, with what goes along, in order', async () => {
    const rig = await stage.rig();
    const seen: Record<string, number[]> = { [target]: [], [origin]: [] };
    await rig.queues
      .startRouter({
        route: async (event) => ({
          ...(await routeTo(target, origin)(event)),
          also: (transaction) => void transaction.rpush(`${rig.prefix}-steps`, event.eventKey),
        }),
      })
      .then(async (router) => {
        for (const platform of [target, origin]) {
          await stage.deliver(
            rig,
            async ({ delivery }) => {
              seen[platform]?.push(numberOf(delivery));
              return settled;
            },
            { platform },
          );
        }
        await rig.acceptMany('c', 30);
        await vi.waitFor(() => expect(seen).toEqual({ [target]: range(30), [origin]: range(30) }), soon);
        await router.stop(500);
      });
    expect(await rig.redis.lrange(`${rig.prefix}-steps`, 0, -1)).toEqual(range(30).map((n) => `c#${n}`));
  });

  it('happens once when two routers hold the same head', async () => {
    const rig = await stage.rig();
    const other = await stage.rig({ prefix: rig.prefix });
    const { promise: bothIn, resolve } = Promise.withResolvers<void>();
    const heads: string[] = [];
    const route = async (event: Parameters<ReturnType<typeof routeTo>>[0]): Promise<Routed> => {
      heads.push(event.eventKey);
      if (heads.filter((key) => key === 'c#0').length === 2) resolve();
      if (event.eventKey === 'c#0') await bothIn;
      return routeTo(target)(event);
    };
    const first = await rig.queues.startRouter({ route });
    await rig.acceptMany('c', 3);
    await vi.waitFor(() => expect(heads).toEqual(['c#0']), soon);
    const second = await other.queues.startRouter({ route });
    const [job] = await rig.redis.lrange(`${rig.keys.bullmq}:inbound:active`, 0, -1);
    await vi.waitFor(async () => {
      await rig.redis.del(rig.keys.lock('inbound', job ?? ''));
      expect(heads.filter((key) => key === 'c#0')).toHaveLength(2);
    }, soon);
    await vi.waitFor(async () => expect((await depths(rig))[outbound]).toBe(3), soon);
    const entries = await rig.redis.lrange(rig.keys.mailbox(outbound, 'c'), 0, -1);
    expect(entries.map((entry) => entry.split('\n')[0])).toEqual(range(3).map((n) => deliveryOf(envelope('c', n), target).id));
    await Promise.all([first.stop(500), second.stop(500)]);
  });

  it('drops an event that has no target', async () => {
    const rig = await stage.rig();
    const router = await rig.queues.startRouter({ route: async () => ({ deliveries: [] }) });
    await rig.acceptMany('c', 5);
    await vi.waitFor(async () => expect(await depths(rig)).toEqual({ inbound: 0, [outbound]: 0, 'outbound-discord': 0 }), soon);
    await router.stop(500);
  });
});

describe('an event that cannot be routed as things are', () => {
  it('becomes a dead letter, blocks nobody, and is routed when it is retried', async () => {
    const rig = await stage.rig();
    let mended = false;
    const router = await rig.queues.startRouter({
      route: async (event) => {
        if (!mended && event.eventKey === 'c#0')
          return { deliveries: [], dead: { reason: 'platform-off', detail: 'discord is not configured' } };
        return routeTo(target)(event);
      },
    });
    await rig.acceptMany('c', 2);
    await vi.waitFor(async () => expect(await depths(rig)).toMatchObject({ inbound: 0, [outbound]: 1 }), soon);
    const letters = new Queue('inbound-dead', { connection: rig.redis, prefix: rig.keys.bullmq });
    await vi.waitFor(
      async () => expect(await letters.getFailed()).toMatchObject([{ failedReason: 'platform-off: discord is not configured' }]),
      soon,
    );
    mended = true;
    const [letter] = await letters.getFailed();
    await letter?.retry('failed');
    await vi.waitFor(async () => expect(await depths(rig)).toMatchObject({ inbound: 0, [outbound]: 2 }), soon);
    await router.stop(500);
  });
});

describe('routing that fails', () => {
  it('keeps the event at the head, says why and tries again later', async () => {
    const rig = await stage.rig();
    const calls: number[] = [];
    let broken = true;
    const router = await rig.queues.startRouter({
      route: async (event) => {
        calls.push(performance.now());
        if (broken) throw new Error('no bridges are loaded');
        return routeTo(target)(event);
      },
    });
    await rig.acceptMany('c', 2);
    await vi.waitFor(() => expect(calls.length).toBeGreaterThanOrEqual(2), soon);
    await vi.waitFor(async () => {
      const [job] = await rig.redis.zrange(`${rig.keys.bullmq}:inbound:delayed`, 0, '-1');
      expect(await rig.redis.hget(rig.keys.job('inbound', job ?? ''), 'data')).toContain('routing failed: no bridges are loaded');
    }, soon);
    expect((calls[1] ?? 0) - (calls[0] ?? 0)).toBeGreaterThan(450);
    broken = false;
    await vi.waitFor(async () => expect(await depths(rig)).toMatchObject({ inbound: 0, [outbound]: 2 }), soon);
    await router.stop(500);
  });

  it('counts a delivery for a platform without a queue, or of the wrong shape, as failing', async () => {
    const rig = await stage.rig();
    const answers = [
      { ...deliveryOf(envelope('c', 0), target), id: 'Not An Id' },
      { ...deliveryOf(envelope('c', 0), target), platform: 'matrix' },
    ];
    const router = await rig.queues.startRouter({
      route: async (event) => {
        const answer: unknown = answers.shift();
        const correct = await routeTo(target)(event);
        if (answer !== undefined) Reflect.set(correct, 'deliveries', [answer]);
        return correct;
      },
    });
    await rig.accept('c', 0);
    await vi.waitFor(async () => expect(await depths(rig)).toMatchObject({ inbound: 0, [outbound]: 1 }), soon);
    expect(rig.errors).toHaveLength(2);
    await router.stop(500);
  });
});
