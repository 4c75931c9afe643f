import { describe, expect, it, vi } from 'vitest';
import { numberOf, outbound, type Rig } from './fixtures/rig.ts';
import { failed, setStage, settled, soon } from './fixtures/stage.ts';

const stage = setStage();
const whole = { from: 0, count: 1_000 };

/** A rig whose messages die while `broken` says so, and what was delivered. */
async function dying(broken: { now: boolean }, rooms: readonly (readonly [string, number])[]) {
  const rig = await stage.rig();
  const delivered: string[] = [];
  await stage.route(rig);
  await stage.deliver(rig, async ({ delivery }) => {
    if (broken.now) return failed({ action: 'dead-letter', reason: delivery.conversation === 'hall' ? 'forbidden' : 'not-found' });
    delivered.push(`${delivery.conversation} ${numberOf(delivery)}`);
    return settled;
  });
  for (const [room, count] of rooms) await rig.acceptMany(room, count);
  const expected = rooms.reduce((sum, [, count]) => sum + count, 0);
  await vi.waitFor(async () => expect(await tellable(rig)).toBe(expected), soon);
  return { rig, desk: rig.queues.deadLetters, delivered };
}

/** Those whose reason the dead letters' own worker has written down already. */
async function tellable(rig: Rig): Promise<number> {
  const { items } = await rig.queues.deadLetters.list({}, whole);
  return items.filter(({ why }) => why.includes(':')).length;
}

describe('the desk', () => {
  it('groups by reason and conversation, the largest first, and says how many wait behind', async () => {
    const { rig, desk } = await dying({ now: true }, [
      ['room', 3],
      ['hall', 1],
    ]);
    await rig.redis.rpush(rig.keys.mailbox(outbound, 'room'), 'one\n{}', 'two\n{}');
    const page = await desk.groups(whole);
    expect(page).toMatchObject({ total: 2, unseen: 0, letters: 4 });
    expect(page.items).toMatchObject([
      { queue: outbound, conversation: 'room', why: 'not-found: HTTP 500', told: true, count: 3, waitingBehind: 2 },
      { queue: outbound, conversation: 'hall', why: 'forbidden: HTTP 500', count: 1, waitingBehind: 0 },
    ]);
    const [group] = page.items;
    expect(group?.oldestAt).toBeLessThanOrEqual(group?.newestAt ?? 0);
    expect(await desk.show(group?.newest ?? { queue: '', id: '' })).toMatchObject({ conversation: 'room', reason: 'not-found' });
    expect((await desk.groups({ from: 1, count: 1 })).items).toMatchObject([{ conversation: 'hall' }]);
  });

  it('lists newest first, in parts, by queue, conversation and reason', async () => {
    const { desk } = await dying({ now: true }, [
      ['room', 5],
      ['hall', 2],
    ]);
    const { items, total } = await desk.list({}, whole);
    expect([items.length, total]).toEqual([7, 7]);
    expect(items.map(({ diedAt }) => diedAt)).toEqual(items.map(({ diedAt }) => diedAt).toSorted((a, b) => b - a));
    expect((await desk.list({}, { from: 5, count: 10 })).items).toEqual(items.slice(5));
    expect((await desk.list({ conversation: 'hall' }, whole)).total).toBe(2);
    expect((await desk.list({ conversation: 'hall', why: 'not-found: HTTP 500' }, whole)).total).toBe(0);
    expect((await desk.list({ queue: 'inbound' }, whole)).total).toBe(0);
    expect((await desk.matching({ queue: outbound })).length).toBe(7);
  });

  it('retries in the order in which they died, whatever order they are named in', async () => {
    const broken = { now: true };
    const { desk, delivered } = await dying(broken, [['room', 40]]);
    broken.now = false;
    const refs = await desk.matching({ conversation: 'room' });
    const shuffled = refs.toSorted((a, b) => (a.id < b.id ? -1 : 1));
    expect(await desk.retry(shuffled)).toEqual({ done: 40, missing: 0 });
    await vi.waitFor(() => expect(delivered).toHaveLength(40), soon);
    expect(delivered).toEqual(Array.from({ length: 40 }, (_, n) => `room ${n}`));
    expect((await desk.list({}, whole)).total).toBe(0);
  });

  it('retries once what two people retry at the same time', async () => {
    const broken = { now: true };
    const { rig, desk, delivered } = await dying(broken, [['room', 10]]);
    broken.now = false;
    const other = await rig.again();
    const refs = await desk.matching({});
    await Promise.all([desk.retry(refs), other.queues.deadLetters.retry(refs)]);
    await other.close();
    await vi.waitFor(() => expect(delivered.length).toBeGreaterThanOrEqual(10), soon);
    await vi.waitFor(
      async () => expect(await rig.queues.depths()).toMatchObject([{ waiting: 0 }, { waiting: 0, dead: 0 }, { waiting: 0 }]),
      soon,
    );
    expect(delivered).toHaveLength(10);
  });

  it('puts a note into the transaction of each, with the letter it is about', async () => {
    const { rig, desk } = await dying({ now: true }, [['room', 3]]);
    const [first, ...rest] = await desk.matching({});
    if (first === undefined) throw new Error('no letter');
    await desk.discard([first], (transaction, letter) => void transaction.rpush('notes', `discarded ${letter.id}`));
    await desk.retry(rest, (transaction, letter) => void transaction.rpush('notes', `retried ${letter.id}`));
    const notes = await rig.redis.lrange('notes', 0, -1);
    expect(notes.map((note) => note.split(' ')[0])).toEqual(['discarded', 'retried', 'retried']);
    await rig.redis.del('notes');
  });

  it('discards for good, and says what was gone already', async () => {
    const { desk } = await dying({ now: true }, [['room', 3]]);
    const [one, two] = await desk.matching({});
    if (one === undefined || two === undefined) throw new Error('no letters');
    expect(await desk.discard([one, two])).toEqual({ done: 2, missing: 0 });
    expect(await desk.discard([one])).toEqual({ done: 0, missing: 1 });
    expect(await desk.retry([one, { queue: 'no-such-queue', id: 'x' }, { queue: outbound, id: 'dead-nonsense' }])).toEqual({
      done: 0,
      missing: 3,
    });
    expect((await desk.list({}, whole)).total).toBe(1);
    expect(await desk.show(one)).toBeUndefined();
  });

  it('shows letters also while no worker has looked at them', async () => {
    const rig = await stage.rig();
    const router = await rig.queues.startRouter({
      route: async () => ({ deliveries: [], dead: { reason: 'unparseable', detail: 'it is' } }),
    });
    await rig.acceptMany('room', 2);
    await vi.waitFor(async () => expect((await rig.queues.deadLetters.list({}, whole)).total).toBe(2), soon);
    await router.stop(500);
    expect(await rig.queues.deadLetters.retry(await rig.queues.deadLetters.matching({}))).toEqual({ done: 2, missing: 0 });
    expect(await rig.queues.depths()).toMatchObject([{ queue: 'inbound', waiting: 2, dead: 0 }, {}, {}]);
  });
});
