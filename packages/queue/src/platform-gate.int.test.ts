import { describe, expect, it, vi } from 'vitest';
import { numberOf, outbound, type Rig } from './fixtures/rig.ts';
import { failed, setStage, settled, soon } from './fixtures/stage.ts';
import type { Attempt } from './index.ts';

const stage = setStage();
/** BullMQ's own key: counts what is taken, or holds a number that is more than enough for as long as nobody may take a job. */
const limiterOf = ({ keys }: Rig) => `${keys.bullmq}:${outbound}:limiter`;
const depth = async (rig: Rig) => (await rig.queues.depths()).find(({ queue }) => queue === outbound);
const hourMs = 3_600_000;
/** An hour passes for a pause: it is to be tried again an hour sooner. */
async function hourPasses(rig: Rig): Promise<void> {
  await rig.redis.hincrby(rig.keys.pause(outbound), 'probeAt', -hourMs);
}
/** Waits for something, while no worker spares itself the look that tells it to wait. */
const lookingNow = (rig: Rig, check: () => void) =>
  vi.waitFor(async () => {
    await rig.redis.del(limiterOf(rig));
    check();
  }, soon);
/** Two processes, so that what one is told binds the other. */
async function twoWorkers(handler: Parameters<typeof stage.deliver>[1], pauseMs = 400) {
  const rig = await stage.rig();
  const other = await stage.rig({ prefix: rig.prefix });
  await stage.route(rig);
  await Promise.all([rig, other].map((on) => stage.deliver(on, handler, { pauseMs, concurrency: 4 })));
  return rig;
}

describe('a held platform', () => {
  it('is left alone by all workers until the time is over, and nothing is lost or reordered', async () => {
    const calls: { at: number; conversation: string; n: number; attempt: number }[] = [];
    let limitedAt = 0;
    const rig = await twoWorkers(async ({ delivery, attempt }) => {
      calls.push({ at: performance.now(), conversation: delivery.conversation, n: numberOf(delivery), attempt });
      if (limitedAt > 0) return settled;
      limitedAt = performance.now();
      return failed({ action: 'hold-platform', delayMs: 60_000, reason: 'rate limited' });
    });
    await rig.accept('first', 0);
    const holds = [rig.keys.hold(outbound), limiterOf(rig)];
    for (const hold of holds) await vi.waitFor(async () => expect(await rig.redis.pttl(hold)).toBeGreaterThan(30_000), soon);
    await Promise.all(Array.from({ length: 8 }, (_, c) => rig.acceptMany(`c${c}`, 3)));
    await vi.waitFor(async () => expect((await depth(rig))?.waiting).toBe(25), soon);
    // Nobody wants to wait for the whole minute.
    const shortenedAt = performance.now();
    for (const hold of holds) await rig.redis.pexpire(hold, 400);
    await vi.waitFor(() => expect(calls).toHaveLength(26), soon);

    const during = calls.filter(({ at }) => at > limitedAt && at < shortenedAt + 390);
    expect(during).toEqual([]);
    expect(calls.every(({ attempt }) => attempt === 1)).toBe(true);
    for (let c = 0; c < 8; c += 1)
      expect(calls.filter(({ conversation }) => conversation === `c${c}`).map(({ n }) => n)).toEqual([0, 1, 2]);
  });

  it('keeps the longer of two holds', async () => {
    const rig = await stage.rig();
    await rig.redis.set(rig.keys.hold(outbound), 'long', 'PX', 60_000);
    const { createPlatformGate } = await import('./platform-gate.ts');
    const transaction = rig.redis.multi();
    const { defineScripts } = await import('./scripts.ts');
    defineScripts(rig.redis);
    createPlatformGate(rig.keys, outbound).hold(transaction, 'short', 10);
    await transaction.exec();
    expect(await rig.redis.pttl(rig.keys.hold(outbound))).toBeGreaterThan(50_000);
  });
});

describe('a paused platform', () => {
  it('says why, lets one probe through at a time, and resumes by itself with every message at its first attempt', async () => {
    let works = false;
    let refused = 0;
    let answered = Promise.resolve();
    const delivered: { conversation: string; n: number; attempt: number }[] = [];
    const rig = await twoWorkers(async ({ delivery, attempt }) => {
      if (!works) {
        refused += 1;
        await answered;
        return failed({ action: 'pause-platform', reason: 'the credential was rejected' });
      }
      delivered.push({ conversation: delivery.conversation, n: numberOf(delivery), attempt });
      return settled;
    }, hourMs);
    await rig.accept('first', 0);
    await vi.waitFor(async () => expect((await depth(rig))?.pausedReason).toBe('the credential was rejected: HTTP 500'), soon);
    await Promise.all(Array.from({ length: 10 }, (_, c) => rig.acceptMany(`c${c}`, 3)));
    await vi.waitFor(async () => expect((await depth(rig))?.waiting).toBe(31), soon);
    expect(refused).toBe(1);
    for (const calls of [2, 3]) {
      const { promise, resolve } = Promise.withResolvers<void>();
      answered = promise;
      await hourPasses(rig);
      await lookingNow(rig, () => expect(refused).toBe(calls));
      // One call per pause, whatever waits: another worker that looks meanwhile is told that nobody may take anything.
      await vi.waitFor(async () => expect(Number(await rig.redis.get(limiterOf(rig)))).toBeGreaterThan(1_000_000), soon);
      expect(refused).toBe(calls);
      resolve();
      await vi.waitFor(async () => expect(await rig.redis.hexists(rig.keys.pause(outbound), 'probing')).toBe(0), soon);
    }
    works = true;
    await hourPasses(rig);
    await lookingNow(rig, () => expect(delivered).toHaveLength(31));
    expect(delivered.every(({ attempt }) => attempt === 1)).toBe(true);
    for (let c = 0; c < 10; c += 1)
      expect(delivered.filter(({ conversation }) => conversation === `c${c}`).map(({ n }) => n)).toEqual([0, 1, 2]);
    expect(refused).toBe(3);
    expect(await depth(rig)).toEqual({ queue: outbound, waiting: 0, conversations: 0, oldestWaitingMs: 0, dead: 0 });
  });

  it('stays paused when the probe tells nothing, and opens when the platform answers anything else', async () => {
    const answers = [
      failed({ action: 'pause-platform', reason: 'rejected' }),
      failed({ action: 'retry', delayMs: 10, reason: 'no answer' }),
      failed({ action: 'dead-letter', reason: 'not-found' }),
    ];
    const pausedBefore: boolean[] = [];
    const rig = await twoWorkers(async () => {
      pausedBefore.push((await depth(rig))?.pausedReason !== undefined);
      return answers.shift() ?? settled;
    }, 200);
    await rig.acceptMany('c', 2);
    await vi.waitFor(() => expect(pausedBefore).toEqual([false, true, true, false]), soon);
    await vi.waitFor(async () => expect(await depth(rig)).toMatchObject({ waiting: 0, dead: 1 }), soon);
  });

  it('stays paused when the probe was not made for a limit of our own', async () => {
    const answers = [
      failed({ action: 'pause-platform', reason: 'rejected' }),
      { ...failed({ action: 'hold-conversation', delayMs: 10, reason: 'outgoing limit' }), unasked: true } as const,
      failed({ action: 'hold-conversation', delayMs: 10, reason: 'rate limited' }),
    ];
    const pausedBefore: boolean[] = [];
    const rig = await twoWorkers(async () => {
      pausedBefore.push((await depth(rig))?.pausedReason !== undefined);
      return answers.shift() ?? settled;
    }, 200);
    await rig.accept('c', 0);
    await vi.waitFor(() => expect(pausedBefore).toEqual([false, true, true, false]), soon);
  });

  it('does not age a delivery while it waits', async () => {
    const ages: number[] = [];
    const rig = await stage.rig();
    const deliver = async ({ ageMs }: Attempt) => {
      ages.push(ageMs);
      return ages.length === 1 ? failed({ action: 'pause-platform', reason: 'rejected' }) : settled;
    };
    await stage.route(rig);
    const worker = await stage.deliver(rig, deliver, { pauseMs: hourMs });
    await rig.accept('c', 0);
    await vi.waitFor(async () => expect((await depth(rig))?.pausedReason).toBeDefined(), soon);
    await worker.stop(300);
    // An hour passes: what happened, and when it is to be tried again, is an hour longer ago.
    for (const field of ['began', 'idle']) await rig.redis.hincrby(rig.keys.journal(outbound, 'c'), field, -hourMs);
    await hourPasses(rig);
    await stage.deliver(await stage.rig({ prefix: rig.prefix }), deliver);
    await lookingNow(rig, () => expect(ages).toHaveLength(2));
    expect(ages[1]).toBeLessThan(1_800_000);
  });

  it('lets its workers stop as soon as any others, and nothing waits for their locks', async () => {
    // Stopped at different moments of falling asleep, of which one used to take BullMQ half a minute.
    for (const afterMs of [0, 1, 3, 10, 30]) {
      const rig = await stage.rig({ lockDurationMs: 60_000, stalledIntervalMs: 30_000 });
      await stage.route(rig);
      const { promise: refused, resolve: refuse } = Promise.withResolvers<void>();
      const pausing = async () => {
        refuse();
        return failed({ action: 'pause-platform', reason: 'rejected' });
      };
      const worker = await stage.deliver(rig, pausing, { pauseMs: 300 });
      await Promise.all(Array.from({ length: 10 }, (_, c) => rig.acceptMany(`c${c}`, 2)));
      await refused;
      await new Promise((resolve) => setTimeout(resolve, afterMs));
      const at = performance.now();
      await worker.stop(5_000);
      expect(performance.now() - at).toBeLessThan(10_000);
      await vi.waitFor(async () => expect(await rig.redis.llen(`${rig.keys.bullmq}:${outbound}:active`)).toBe(0), soon);
      expect(await rig.queues.sweep()).toBe(0);
      let delivered = 0;
      await stage.deliver(rig, async () => {
        delivered += 1;
        return settled;
      });
      await vi.waitFor(() => expect(delivered).toBe(20), soon);
    }
  });

  it('goes on after a probe whose worker died', async () => {
    const rig = await stage.rig();
    await rig.redis.hset(rig.keys.pause(outbound), { reason: 'rejected', probeAt: Date.now() + 300, probing: '1' });
    const delivered: number[] = [];
    await stage.route(rig);
    await stage.deliver(rig, async ({ delivery }) => {
      delivered.push(numberOf(delivery));
      return settled;
    });
    await rig.acceptMany('c', 2);
    await vi.waitFor(() => expect(delivered).toEqual([0, 1]), soon);
    expect((await depth(rig))?.pausedReason).toBeUndefined();
  });
});
