import { startStopwatch } from '@bridge/testing';
import { describe, expect, it, vi } from 'vitest';
import { numberOf, outbound, shortLocks, target, type Rig } from './fixtures/rig.ts';
import { failed, setStage, settled, soon } from './fixtures/stage.ts';
import type { Attempt, Outcome } from './index.ts';

const stage = setStage();
const facts = ({ delivery, attempt, ambiguous, progress }: Attempt) => ({ n: numberOf(delivery), attempt, ambiguous, progress });
const shownJob = async (rig: Rig) => {
  const [id] = await rig.redis.zrange(`${rig.keys.bullmq}:${outbound}:delayed`, 0, '-1');
  const data: unknown = JSON.parse((await rig.redis.hget(rig.keys.job(outbound, id ?? ''), 'data')) ?? 'null');
  return data;
};

describe('an attempt', () => {
  it('is the first one, unambiguous and without progress', async () => {
    const rig = await stage.rig();
    const seen: unknown[] = [];
    await stage.route(rig);
    await stage.deliver(rig, async (attempt) => {
      seen.push({ ...facts(attempt), ageMs: attempt.ageMs, held: attempt.held(), aborted: attempt.signal.aborted });
      return settled;
    });
    await rig.accept('c', 5);
    await vi.waitFor(
      () => expect(seen).toEqual([{ n: 5, attempt: 1, ambiguous: false, progress: undefined, ageMs: 0, held: true, aborted: false }]),
      soon,
    );
  });

  it('that is retried counts, ages and keeps its progress, and the next message waits behind it', async () => {
    const rig = await stage.rig();
    const seen: Attempt[] = [];
    await stage.route(rig);
    await stage.deliver(rig, async (attempt) => {
      seen.push(attempt);
      if (attempt.attempt === 1 && numberOf(attempt.delivery) === 0) {
        await attempt.saveProgress('step 1');
        return failed({ action: 'retry', delayMs: 150, reason: 'the platform failed' });
      }
      return settled;
    });
    await rig.acceptMany('c', 2);
    await vi.waitFor(() => expect(seen).toHaveLength(3), soon);
    expect(seen.map(facts)).toEqual([
      { n: 0, attempt: 1, ambiguous: false, progress: undefined },
      { n: 0, attempt: 2, ambiguous: false, progress: 'step 1' },
      { n: 1, attempt: 1, ambiguous: false, progress: undefined },
    ]);
    expect(seen[1]?.ageMs).toBeGreaterThanOrEqual(150);
    expect(seen[2]?.ageMs).toBeLessThan(seen[1]?.ageMs ?? 0);
  });

  it('of unknown outcome makes the next one ambiguous, until its progress is known', async () => {
    const rig = await stage.rig();
    const seen: Attempt[] = [];
    await stage.route(rig);
    await stage.deliver(rig, async (attempt) => {
      seen.push(attempt);
      if (attempt.attempt === 1) return failed({ action: 'retry', delayMs: 10, reason: 'the answer was lost' }, true);
      if (attempt.attempt === 2) return failed({ action: 'retry', delayMs: 10, reason: 'refused' });
      if (attempt.attempt === 3) {
        await attempt.saveProgress('found it');
        return failed({ action: 'retry', delayMs: 10, reason: 'refused' });
      }
      return settled;
    });
    await rig.accept('c', 0);
    await vi.waitFor(() => expect(seen).toHaveLength(4), soon);
    // The second one's clear refusal says nothing about the first one.
    expect(seen.map((attempt) => attempt.ambiguous)).toEqual([false, true, true, false]);
  });

  it('whose handler throws stays open, so the next one is told', async () => {
    const rig = await stage.rig();
    const seen: unknown[] = [];
    await stage.route(rig);
    await stage.deliver(rig, async (attempt) => {
      seen.push(facts(attempt));
      if (attempt.attempt === 1) throw new Error('a fault of ours');
      return settled;
    });
    await rig.accept('c', 0);
    await vi.waitFor(
      () =>
        expect(seen).toEqual([
          { n: 0, attempt: 1, ambiguous: false, progress: undefined },
          { n: 0, attempt: 2, ambiguous: true, progress: undefined },
        ]),
      soon,
    );
    expect(rig.errors).toHaveLength(1);
  });
});

describe('a lost lock', () => {
  it('aborts the attempt, and the next one is told that it began', async () => {
    const rig = await stage.rig(shortLocks);
    const seen: unknown[] = [];
    const lost: unknown[] = [];
    await stage.route(rig);
    const deliver = async (attempt: Attempt): Promise<Outcome> => {
      seen.push(facts(attempt));
      if (attempt.attempt > 1) return settled;
      const [job] = await rig.redis.lrange(`${rig.keys.bullmq}:${outbound}:active`, 0, -1);
      await rig.redis.del(rig.keys.lock(outbound, job ?? ''));
      await new Promise<void>((resolve) => attempt.signal.addEventListener('abort', () => resolve()));
      lost.push(attempt.held());
      return failed({ action: 'retry', delayMs: 60_000, reason: 'aborted' }, true);
    };
    // With one hand it cannot take the job again before it has noticed.
    await stage.deliver(rig, deliver, { concurrency: 1 });
    await rig.accept('c', 0);
    await vi.waitFor(() => expect(lost).toEqual([false]), soon);
    await vi.waitFor(
      () =>
        expect(seen).toEqual([
          { n: 0, attempt: 1, ambiguous: false, progress: undefined },
          { n: 0, attempt: 2, ambiguous: true, progress: undefined },
        ]),
      soon,
    );
  });

  it('does not come of a delivery that takes longer than the lock lasts', async () => {
    // It is renewed before half of it is gone; what is left is longer than a machine stands still.
    const lockDurationMs = 12_000;
    const rig = await stage.rig({ lockDurationMs });
    const held: boolean[] = [];
    await stage.route(rig);
    await stage.deliver(rig, async (attempt) => {
      const late = performance.now() + lockDurationMs * 1.5;
      const heldThen = (): boolean => {
        const clock = vi.spyOn(performance, 'now').mockReturnValue(late);
        try {
          return attempt.held();
        } finally {
          clock.mockRestore();
        }
      };
      // Without a renewal, and another one, it would be over by then.
      held.push(heldThen());
      await vi.waitFor(() => expect(heldThen()).toBe(true), soon);
      const [job] = await rig.redis.lrange(`${rig.keys.bullmq}:${outbound}:active`, 0, -1);
      expect(await rig.redis.pttl(rig.keys.lock(outbound, job ?? ''))).toBeGreaterThan(late - performance.now() - 1_000);
      held.push(attempt.held());
      return settled;
    });
    await rig.accept('c', 0);
    await vi.waitFor(() => expect(held).toEqual([false, true]), soon);
    await vi.waitFor(async () => expect(await rig.redis.exists(rig.keys.mailbox(outbound, 'c'))).toBe(0), soon);
    expect(rig.errors).toEqual([]);
  });
});

describe('holding one conversation', () => {
  it('frees the slot, uses up no attempt and keeps the order', async () => {
    const rig = await stage.rig();
    const seen: string[] = [];
    await stage.route(rig);
    await stage.deliver(
      rig,
      async (attempt) => {
        seen.push(`${attempt.delivery.conversation}${numberOf(attempt.delivery)}/${attempt.attempt}`);
        return seen.length === 1 ? failed({ action: 'hold-conversation', delayMs: 3_600_000, reason: 'rate limited' }) : settled;
      },
      { concurrency: 1 },
    );
    await rig.acceptMany('slow', 2);
    await vi.waitFor(() => expect(seen).toEqual(['slow0/1']), soon);
    await rig.acceptMany('other', 2);
    await vi.waitFor(() => expect(seen).toEqual(['slow0/1', 'other0/1', 'other1/1']), soon);
    // The hour is over.
    const [job] = (await rig.queues.jobs.find(({ name }) => name === outbound)?.getDelayed()) ?? [];
    await job?.promote();
    await vi.waitFor(() => expect(seen).toEqual(['slow0/1', 'other0/1', 'other1/1', 'slow0/1', 'slow1/1']), soon);
  });

  it('shows in the dashboard who waits, why, and what came last', async () => {
    const rig = await stage.rig();
    await stage.route(rig);
    await rig.acceptMany('room', 4);
    await vi.waitFor(async () => expect(await rig.redis.llen(rig.keys.mailbox(outbound, 'room'))).toBe(4), soon);
    await stage.deliver(rig, async ({ delivery }) =>
      numberOf(delivery) === 0 ? settled : failed({ action: 'hold-conversation', delayMs: 60_000, reason: 'rate limited for 60 s' }),
    );
    await vi.waitFor(
      async () => expect(await shownJob(rig)).toMatchObject({ conversation: 'room', waiting: 3, why: 'rate limited for 60 s: HTTP 500' }),
      soon,
    );
    expect(await shownJob(rig)).toMatchObject({ lastDelivered: expect.stringMatching(/^d\w+0 \d{4}-/) });
  });
});

describe('also', () => {
  it('is written together with the settle', async () => {
    const rig = await stage.rig();
    await stage.route(rig);
    await stage.deliver(rig, async ({ delivery }) => ({
      kind: 'settled',
      also: (transaction) => void transaction.rpush('done', delivery.id),
    }));
    await rig.acceptMany('c', 3);
    await vi.waitFor(async () => expect(await rig.redis.lrange('done', 0, -1)).toHaveLength(3), soon);
    await rig.redis.del('done');
  });

  it('that throws or fails is reported, and the message is not sent again for it', async () => {
    const rig = await stage.rig();
    let sent = 0;
    await rig.redis.set('text', 'x');
    await stage.route(rig);
    await stage.deliver(rig, async ({ delivery }) => {
      sent += 1;
      return {
        kind: 'settled',
        also: (transaction) => {
          if (numberOf(delivery) === 0) throw new Error('a fault of ours');
          transaction.rpush('text', 'not a list');
        },
      };
    });
    await rig.acceptMany('c', 2);
    await vi.waitFor(() => expect(rig.errors).toHaveLength(2), soon);
    await vi.waitFor(async () => expect((await rig.queues.depths()).map((depth) => depth.waiting)).toEqual([0, 0, 0]), soon);
    expect(sent).toBe(2);
  });
});

describe('stopping', () => {
  it('finishes what is under way, begins nothing more and lets another worker go on at once', async () => {
    const rig = await stage.rig();
    const first: unknown[] = [];
    const second: unknown[] = [];
    const { promise: letGo, resolve: release } = Promise.withResolvers<void>();
    await stage.route(rig);
    const worker = await stage.deliver(rig, async (attempt) => {
      first.push(facts(attempt));
      await letGo;
      return settled;
    });
    await rig.acceptMany('c', 3);
    await vi.waitFor(() => expect(first).toHaveLength(1), soon);
    const stopped = worker.stop(5_000);
    release();
    await stopped;
    const other = await stage.rig({ prefix: rig.prefix });
    await stage.deliver(other, async (attempt) => {
      second.push(facts(attempt));
      return settled;
    });
    // Far sooner than its lock would run out.
    await vi.waitFor(() => expect(second).toHaveLength(2), { timeout: 30_000 });
    expect([first, second]).toEqual([
      [{ n: 0, attempt: 1, ambiguous: false, progress: undefined }],
      [1, 2].map((n) => ({ n, attempt: 1, ambiguous: false, progress: undefined })),
    ]);
  });

  it('aborts what takes too long, and a requeue costs no attempt', async () => {
    const rig = await stage.rig();
    const second: unknown[] = [];
    let held: boolean | undefined;
    await stage.route(rig);
    const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
    const worker = await stage.deliver(rig, async (attempt) => {
      begin();
      await new Promise<void>((resolve) => attempt.signal.addEventListener('abort', () => resolve()));
      held = attempt.held();
      return failed({ action: 'requeue' });
    });
    await rig.accept('c', 0);
    await begun;
    const watch = startStopwatch();
    await worker.stop(400);
    expect(watch.elapsedMs()).toBeLessThan(10_000 + watch.slackMs());
    expect(held).toBe(false);
    await stage.deliver(rig, async (attempt) => {
      second.push(facts(attempt));
      return settled;
    });
    await vi.waitFor(() => expect(second).toEqual([{ n: 0, attempt: 1, ambiguous: false, progress: undefined }]), { timeout: 30_000 });
  });

  it('does not take, and hand back, the same waiting conversation over and over meanwhile', async () => {
    const rig = await stage.rig();
    const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
    await stage.route(rig);
    const worker = await stage.deliver(rig, async ({ signal }) => {
      begin();
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
      return failed({ action: 'requeue' });
    });
    await rig.accept('slow', 0);
    await begun;
    const stopped = worker.stop(800);
    await rig.accept('waiting', 0);
    await stopped;
    const waiting = async () => rig.redis.lrange(`${rig.keys.bullmq}:${outbound}:wait`, 0, -1);
    await vi.waitFor(async () => expect(await waiting()).toHaveLength(2), soon);
    const taken = await Promise.all(
      (await waiting()).map(async (job) => Number((await rig.redis.hget(rig.keys.job(outbound, job), 'ats')) ?? 0)),
    );
    expect(taken.toSorted((a, b) => a - b)).toEqual([
      expect.toSatisfy((times: number) => times <= 1),
      expect.toSatisfy((times: number) => times <= 2),
    ]);
  });

  it('hands back even what does not listen, as ambiguous', async () => {
    const rig = await stage.rig();
    const second: unknown[] = [];
    await stage.route(rig);
    const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
    const worker = await stage.deliver(rig, async () => {
      begin();
      return new Promise(() => undefined);
    });
    await rig.accept('c', 0);
    await begun;
    await worker.stop(300);
    await stage.deliver(rig, async (attempt) => {
      second.push(facts(attempt));
      return settled;
    });
    await vi.waitFor(() => expect(second).toEqual([{ n: 0, attempt: 2, ambiguous: true, progress: undefined }]), { timeout: 30_000 });
  });
});

describe('a requeue by a worker that goes on', () => {
  it('lets any worker take the message again', async () => {
    const rig = await stage.rig();
    const seen: unknown[] = [];
    await stage.route(rig);
    await stage.deliver(rig, async (attempt) => {
      seen.push(facts(attempt));
      return seen.length < 3 ? failed({ action: 'requeue' }, seen.length === 2) : settled;
    });
    await rig.accept('c', 0);
    await vi.waitFor(() => expect(seen).toHaveLength(3), soon);
    expect(seen).toEqual([false, false, true].map((ambiguous) => ({ n: 0, attempt: 1, ambiguous, progress: undefined })));
  });
});

it('refuses to start workers in a process that only accepts', async () => {
  const rig = await stage.rig();
  const { openQueues, producerConnection } = await import('./index.ts');
  const producer = producerConnection({ target: { kind: 'single', url: stage.server().url } });
  const queues = await openQueues({ producer, prefix: rig.prefix, platforms: [target] });
  await expect(queues.startSender({ platform: target, deliver: async () => settled })).rejects.toThrow(/workerConnection/);
  await queues.close();
  producer.disconnect();
});
