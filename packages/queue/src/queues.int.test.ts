import { describe, expect, it, vi } from 'vitest';
import { numberOf, outbound, type Rig } from './fixtures/rig.ts';
import { setStage, settled, soon } from './fixtures/stage.ts';

const stage = setStage();
const waitingIn = async (rig: Rig, queue: string) => (await rig.queues.depths()).find((depth) => depth.queue === queue);

describe('accept', () => {
  it('takes an event once', async () => {
    const rig = await stage.rig();
    expect([await rig.accept('c', 1), await rig.accept('c', 1), await rig.accept('c', 2)]).toEqual(['accepted', 'duplicate', 'accepted']);
    expect(await waitingIn(rig, 'inbound')).toMatchObject({ waiting: 2, conversations: 1, dead: 0 });
  });

  it('remembers an event for longer than any platform repeats it', async () => {
    const rig = await stage.rig();
    await rig.accept('c', 1);
    expect(await rig.redis.ttl(rig.keys.seen('discord', 'c#1'))).toBeGreaterThan(24 * 3_600);
  });

  it('takes one of many that arrive at once', async () => {
    const rig = await stage.rig();
    const other = await rig.again();
    const answers = await Promise.all(Array.from({ length: 40 }, (_, i) => (i % 2 === 0 ? rig : other).accept('c', 7)));
    await other.close();
    expect(answers.filter((answer) => answer === 'accepted')).toHaveLength(1);
  });

  it.each([
    ['spaces and colons', 'a b:c : d'],
    ['braces, which mark a hash tag', '{x}{bridge:0}'],
    ['other scripts', 'чат 🐙 会話'],
    ['10 kB', 'x'.repeat(10_000)],
    ['a lone surrogate', 'a\ud800'],
    ['line breaks and NUL', 'a\nb\0c'],
    ['the name of a key', ':lock'],
    ['a number, which BullMQ takes for its own id', '123'],
    ['__proto__', '__proto__'],
  ])('carries a conversation named by %s', async (_what, conversation) => {
    const rig = await stage.rig();
    const seen: [string, number][] = [];
    await stage.route(rig);
    await stage.deliver(rig, async ({ delivery }) => {
      seen.push([delivery.conversation, numberOf(delivery)]);
      return settled;
    });
    await rig.acceptMany(conversation, 3);
    await vi.waitFor(() => expect(seen).toEqual([0, 1, 2].map((n) => [conversation, n])), soon);
    expect(rig.errors).toEqual([]);
  });
});

describe('order and fairness', () => {
  it('keeps the order of each conversation while conversations run side by side', async () => {
    const rig = await stage.rig();
    const seen = new Map<string, number[]>();
    const { promise: fourAtOnce, resolve } = Promise.withResolvers<void>();
    let running = 0;
    await stage.route(rig);
    await stage.deliver(rig, async ({ delivery }) => {
      // Nobody goes on before four are in here together.
      if ((running += 1) === 4) resolve();
      await fourAtOnce;
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 8));
      running -= 1;
      seen.set(delivery.conversation, [...(seen.get(delivery.conversation) ?? []), numberOf(delivery)]);
      return settled;
    });
    await Promise.all(Array.from({ length: 10 }, (_, c) => rig.acceptMany(`c${c}`, 30)));
    await vi.waitFor(() => expect([...seen.values()].flat()).toHaveLength(300), soon);
    for (const numbers of seen.values()) expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
  });

  it('lets others in after one batch of a long conversation', async () => {
    const rig = await stage.rig();
    const order: string[] = [];
    await stage.route(rig);
    await rig.acceptMany('long', 500);
    await vi.waitFor(async () => expect((await waitingIn(rig, outbound))?.waiting).toBe(500), soon);
    await rig.accept('short', 0);
    await vi.waitFor(async () => expect((await waitingIn(rig, outbound))?.waiting).toBe(501), soon);
    // One slot, so that only the batch can let the short conversation in.
    await stage.deliver(
      rig,
      async ({ delivery }) => {
        order.push(delivery.conversation);
        return settled;
      },
      { concurrency: 1, batch: 20 },
    );
    await vi.waitFor(() => expect(order).toHaveLength(501), soon);
    expect(order.indexOf('short')).toBe(20);
  });

  it('empties a mailbox that grows while it is being emptied', async () => {
    const rig = await stage.rig();
    const seen: number[] = [];
    await stage.route(rig);
    await stage.deliver(rig, async ({ delivery }) => {
      seen.push(numberOf(delivery));
      return settled;
    });
    const accepting: Promise<unknown>[] = [];
    for (let n = 0; n < 300; n += 1) {
      accepting.push(rig.acceptPatiently('c', n));
      if (n % 7 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    }
    await Promise.all(accepting);
    await vi.waitFor(() => expect(seen).toEqual(Array.from({ length: 300 }, (_, n) => n)), soon);
  });
});

describe('depths', () => {
  it('tells how much waits, and for how long', async () => {
    const rig = await stage.rig();
    await rig.acceptMany('a', 3);
    await rig.acceptMany('b', 2);
    await vi.waitFor(async () => expect(await waitingIn(rig, 'inbound')).toMatchObject({ waiting: 5, conversations: 2 }), soon);
    expect((await waitingIn(rig, 'inbound'))?.oldestWaitingMs).toBeGreaterThanOrEqual(0);
    expect(await waitingIn(rig, outbound)).toEqual({ queue: outbound, waiting: 0, conversations: 0, oldestWaitingMs: 0, dead: 0 });
  });
});

describe('the sweeper', () => {
  it('finds a mailbox whose wake-up was deleted by hand', async () => {
    const rig = await stage.rig();
    await rig.acceptMany('c', 2);
    const [job] = await rig.redis.lrange(`${rig.keys.bullmq}:inbound:wait`, 0, -1);
    await rig.redis.del(`${rig.keys.bullmq}:inbound:wait`, rig.keys.job('inbound', job ?? ''));
    expect([await rig.queues.sweep(), await rig.queues.sweep()]).toEqual([1, 0]);

    const seen: number[] = [];
    await stage.route(rig);
    await stage.deliver(rig, async ({ delivery }) => {
      seen.push(numberOf(delivery));
      return settled;
    });
    await vi.waitFor(() => expect(seen).toEqual([0, 1]), soon);
  });

  it('leaves mailboxes alone that wait as they should', async () => {
    const rig = await stage.rig();
    await Promise.all(Array.from({ length: 30 }, (_, c) => rig.accept(`c${c}`, 0)));
    expect(await rig.queues.sweep()).toBe(0);
  });
});
