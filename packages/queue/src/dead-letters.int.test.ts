import { Queue } from 'bullmq';
import { describe, expect, it, vi } from 'vitest';
import { deadLetterSchema, inboundQueue } from './catalog.ts';
import { openHands, type Hands, type RouterHand, type SenderHand } from './fixtures/hands.ts';
import { numberOf, outbound, routeTo, target, type Rig } from './fixtures/rig.ts';
import { failed, setStage, settled, soon } from './fixtures/stage.ts';

const stage = setStage();
const dead = { action: 'dead-letter', reason: 'not-found' } as const;

/** As a dashboard sees them. */
async function failedLetters(rig: Rig, queue = outbound) {
  const letters = new Queue(`${queue}-dead`, { connection: rig.redis, prefix: rig.keys.bullmq });
  return letters.getFailed();
}
const deadCount = async (rig: Rig, queue = outbound) => (await rig.queues.depths()).find((depth) => depth.queue === queue)?.dead;

describe('a dead letter', () => {
  it('leaves the conversation, which goes on, and shows under Failed with reason and message', async () => {
    const rig = await stage.rig();
    const delivered: number[] = [];
    await stage.route(rig);
    await stage.deliver(rig, async ({ delivery }) => {
      if (numberOf(delivery) === 1) return failed(dead);
      delivered.push(numberOf(delivery));
      return settled;
    });
    await rig.acceptMany('room', 4);
    await vi.waitFor(() => expect(delivered).toEqual([0, 2, 3]), soon);
    await vi.waitFor(async () => expect(await failedLetters(rig)).toHaveLength(1), soon);
    const [letter] = await failedLetters(rig);
    expect(letter).toMatchObject({ name: 'room', failedReason: 'not-found: HTTP 500' });
    expect(deadLetterSchema.parse(letter?.data)).toMatchObject({
      queue: outbound,
      conversation: 'room',
      attempts: 1,
      answer: { status: 500 },
      message: { event: { content: { text: 'message 1' } } },
    });
    expect(await deadCount(rig)).toBe(1);
  });

  it('that is retried comes back at the end of its conversation, with fresh attempts', async () => {
    const rig = await stage.rig();
    const delivered: string[] = [];
    let broken = true;
    await stage.route(rig);
    await stage.deliver(rig, async ({ delivery, attempt, ambiguous }) => {
      if (broken && numberOf(delivery) === 0) return failed(dead, true);
      delivered.push(`${numberOf(delivery)}/${attempt}/${ambiguous}`);
      return settled;
    });
    await rig.acceptMany('room', 3);
    await vi.waitFor(async () => expect(await failedLetters(rig)).toHaveLength(1), soon);
    broken = false;
    const [letter] = await failedLetters(rig);
    await letter?.retry('failed');
    await vi.waitFor(() => expect(delivered).toEqual(['1/1/false', '2/1/false', '0/1/false']), soon);
    await vi.waitFor(async () => expect(await deadCount(rig)).toBe(0), soon);
  });

  it('that is retried goes on where it was given up', async () => {
    const rig = await stage.rig();
    const seen: unknown[] = [];
    await stage.route(rig);
    await stage.deliver(rig, async ({ delivery, attempt, ambiguous, progress }) => {
      seen.push({ attempt, ambiguous, progress, keys: Object.keys(delivery).includes('progress') });
      return seen.length < 3 ? { ...failed(dead), progress: `step ${seen.length}` } : settled;
    });
    await rig.accept('room', 0);
    for (const life of [1, 2]) {
      await vi.waitFor(async () => {
        expect(seen).toHaveLength(life);
        expect(await failedLetters(rig)).toHaveLength(1);
      }, soon);
      await (await failedLetters(rig))[0]?.retry('failed');
    }
    await vi.waitFor(() => expect(seen).toHaveLength(3), soon);
    expect(seen).toEqual([undefined, 'step 1', 'step 2'].map((progress) => ({ attempt: 1, ambiguous: false, progress, keys: false })));
  });

  it('that dies again, and again, is never lost', async () => {
    const rig = await stage.rig();
    let calls = 0;
    await stage.route(rig);
    await stage.deliver(rig, async () => {
      calls += 1;
      return calls < 4 ? failed(dead) : settled;
    });
    await rig.accept('room', 0);
    for (let life = 1; life < 4; life += 1) {
      await vi.waitFor(async () => {
        expect(calls).toBe(life);
        expect(await failedLetters(rig)).toHaveLength(1);
      }, soon);
      const [letter] = await failedLetters(rig);
      await letter?.retry('failed');
    }
    await vi.waitFor(() => expect(calls).toBe(4), soon);
    await vi.waitFor(
      async () => expect(await rig.queues.depths()).toMatchObject([{ waiting: 0 }, { waiting: 0, dead: 0 }, { waiting: 0 }]),
      soon,
    );
  });

  it('retried by many at once is delivered as often as there are letters', async () => {
    const rig = await stage.rig();
    const delivered: string[] = [];
    let broken = true;
    await stage.route(rig);
    await stage.deliver(rig, async ({ delivery }) => {
      if (broken) return failed(dead);
      delivered.push(`${delivery.conversation}${numberOf(delivery)}`);
      return settled;
    });
    await Promise.all(Array.from({ length: 10 }, (_, c) => rig.acceptMany(`c${c}`, 5)));
    await vi.waitFor(async () => expect(await failedLetters(rig)).toHaveLength(50), soon);
    broken = false;
    await Promise.all((await failedLetters(rig)).map((letter) => letter.retry('failed')));
    await vi.waitFor(() => expect(delivered).toHaveLength(50), soon);
    expect(new Set(delivered).size).toBe(50);
  });
});

describe('an entry that does not parse', () => {
  it.each([
    ['not JSON', 'abc\nnot json', 'text'],
    ['without an id', 'garbage', 'text'],
    ['another shape', 'abc\n{"v":2}', 'message'],
    ['another type', 'abc\n[]', 'message'],
    ['empty', '', 'text'],
  ])('in an outbound mailbox (%s) becomes a dead letter and blocks nobody', async (_what, entry, kept) => {
    const rig = await stage.rig();
    const delivered: number[] = [];
    await rig.redis.rpush(rig.keys.mailbox(outbound, 'room'), entry);
    await stage.route(rig);
    await stage.deliver(rig, async ({ delivery }) => {
      delivered.push(numberOf(delivery));
      return settled;
    });
    await rig.acceptMany('room', 2);
    await vi.waitFor(() => expect(delivered).toEqual([0, 1]), soon);
    await vi.waitFor(async () => expect(await failedLetters(rig)).toHaveLength(1), soon);
    const [letter] = await failedLetters(rig);
    expect(letter?.failedReason).toMatch(/^not a delivery: /);
    expect(letter?.data).toHaveProperty(kept);
  });

  it('in an inbound mailbox becomes a dead letter too, and a retry of it is one again', async () => {
    const rig = await stage.rig();
    const delivered: number[] = [];
    await rig.redis.rpush(rig.keys.mailbox('inbound', 'discord/room'), 'x\n{"v":1,"platform":""}');
    await stage.route(rig);
    await stage.deliver(rig, async ({ delivery }) => {
      delivered.push(numberOf(delivery));
      return settled;
    });
    await rig.acceptMany('room', 2);
    await vi.waitFor(() => expect(delivered).toEqual([0, 1]), soon);
    await vi.waitFor(async () => expect(await failedLetters(rig, 'inbound')).toHaveLength(1), soon);
    const [letter] = await failedLetters(rig, 'inbound');
    await letter?.retry('failed');
    await vi.waitFor(async () => {
      const [next] = await failedLetters(rig, 'inbound');
      expect(next?.id).toBe(`${letter?.id}.r2`);
    }, soon);
  });
});

it('keeps one letter when two workers bury the same message', async () => {
  const rig = await stage.rig();
  const other = await stage.rig({ prefix: rig.prefix });
  const { promise: bothIn, resolve } = Promise.withResolvers<void>();
  let calls = 0;
  const bury = async () => {
    calls += 1;
    if (calls === 2) resolve();
    await bothIn;
    return failed(dead);
  };
  await stage.route(rig);
  await stage.deliver(rig, bury, { platform: target });
  await rig.accept('room', 0);
  await vi.waitFor(() => expect(calls).toBe(1), soon);
  // The lock is gone as if this worker had been frozen; the stalled check gives the conversation to the other.
  await stage.deliver(other, bury);
  const [job] = await rig.redis.lrange(`${rig.keys.bullmq}:${outbound}:active`, 0, -1);
  await vi.waitFor(async () => {
    await rig.redis.del(rig.keys.lock(outbound, job ?? ''));
    expect(calls).toBe(2);
  }, soon);
  await vi.waitFor(async () => expect(await failedLetters(rig)).toHaveLength(1), soon);
  await vi.waitFor(async () => expect(await rig.redis.exists(rig.keys.mailbox(outbound, 'room'))).toBe(0), soon);
  expect(await failedLetters(rig)).toHaveLength(1);
});

describe('one that was frozen until another worker had dealt with the message', () => {
  async function holding(act: (rig: Rig, hands: Hands) => Promise<void>): Promise<void> {
    const rig = await stage.rig();
    const hands = await openHands(rig);
    try {
      await rig.accept('room', 0);
      await act(rig, hands);
    } finally {
      await hands.close();
    }
  }
  /** Freezes it until its lock has run out and was noticed. */
  async function freeze(rig: Rig, hands: Hands, hand: RouterHand | SenderHand | undefined): Promise<void> {
    if (hand === undefined) throw new Error('nobody holds anything');
    await rig.redis.del(rig.keys.lock(hand.turn.queue, hand.turn.jobId));
    hand.turn.lose('its lock has run out');
    await hands.findStalled();
  }
  const routeIt = async (hand: RouterHand | undefined) => hand?.question && hand.answer(await routeTo(target)(hand.question));

  it('buries nothing that was delivered', () =>
    holding(async (rig, hands) => {
      await routeIt(await hands.takeInbound());
      const frozen = await hands.takeOutbound();
      await freeze(rig, hands, frozen);
      const other = await hands.takeOutbound();
      await other?.answer(settled);
      await frozen?.answer(failed(dead));
      expect(await hands.dead(outbound)).toEqual([]);
    }));

  it('buries nothing that was routed', () =>
    holding(async (rig, hands) => {
      const frozen = await hands.takeInbound();
      await freeze(rig, hands, frozen);
      await routeIt(await hands.takeInbound());
      await frozen?.answer({ deliveries: [], dead: { reason: 'platform-off', detail: '' } });
      expect(await hands.dead(inboundQueue)).toEqual([]);
    }));

  it('makes no second letter of what was buried, and leaves the first', () =>
    holding(async (rig, hands) => {
      await routeIt(await hands.takeInbound());
      const frozen = await hands.takeOutbound();
      await freeze(rig, hands, frozen);
      const other = await hands.takeOutbound();
      await other?.answer(failed(dead));
      expect(await hands.dead(outbound)).toHaveLength(1);
      await frozen?.answer(failed(dead));
      expect(await hands.dead(outbound)).toHaveLength(1);
    }));
});
