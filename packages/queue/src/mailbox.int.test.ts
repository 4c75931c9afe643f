import { beforeEach, describe, expect, it } from 'vitest';
import type { Rig } from './fixtures/rig.ts';
import { setStage } from './fixtures/stage.ts';
import { Mailboxes, readPeek, type Head, type Right } from './mailbox.ts';
import { defineScripts } from './scripts.ts';
import { transact } from './transaction.ts';
import { type BullQueues, openBullQueues } from './wake-ups.ts';

const stage = setStage();
const at = { queue: 'outbound-telegram', mailbox: 'm' };
const right = (more: Partial<Right> = {}): Right => ({
  jobId: '1',
  token: 'mine',
  lockDurationMs: 60_000,
  pauseMs: 1_000,
  nonce: 'n1',
  ...more,
});
let rig: Rig;
let mailboxes: Mailboxes;

beforeEach(async () => {
  rig = await stage.rig();
  defineScripts(rig.redis);
  mailboxes = new Mailboxes(rig.keys);
  await rig.redis.set(rig.keys.lock(at.queue, '1'), 'mine', 'PX', 60_000);
});

const append = async (...ids: string[]) => {
  for (const id of ids) {
    await transact(rig.redis, {
      own: (transaction) => mailboxes.append(transaction, at, { seen: rig.keys.seen('t', id), entry: `${id}\n{}`, seconds: 60 }),
    });
  }
};
const peek = async (more: Partial<Right> = {}) => mailboxes.peek(rig.redis, at, right(more));
const head = async (more: Partial<Right> = {}): Promise<Head> => {
  const found = await peek(more);
  if (found.kind !== 'head') throw new Error(`expected a head, found ${found.kind}`);
  return found;
};
const take = async (id: string) =>
  (await transact(rig.redis, { own: (transaction) => mailboxes.take(transaction, at, { id, delivered: true }) }))[0];
const close = async (nonce: string, counts: boolean) =>
  (await transact(rig.redis, { own: (transaction) => mailboxes.close(transaction, at, { id: 'a', nonce, counts, ambiguous: false }) }))[0];

describe('peek', () => {
  it('gives the head to whoever holds the lock, and to nobody else', async () => {
    await append('a', 'b');
    expect(await peek({ token: 'another' })).toEqual({ kind: 'fenced' });
    expect(await peek({ jobId: '2' })).toEqual({ kind: 'fenced' });
    expect(await rig.redis.exists(rig.keys.journal(at.queue, 'm'))).toBe(0);
    expect(await head()).toMatchObject({ entry: 'a\n{}', id: 'a', waiting: 2, attempt: 1, ambiguous: false, probe: false });
    await rig.redis.del(rig.keys.lock(at.queue, '1'));
    expect(await peek({ nonce: 'n2' })).toEqual({ kind: 'fenced' });
  });

  it('that a broken connection repeats is one attempt', async () => {
    await append('a');
    const [first, again] = [await head(), await head()];
    expect([first.attempt, first.ambiguous, again.attempt, again.ambiguous]).toEqual([1, false, 1, false]);
    expect(await head({ nonce: 'n2' })).toMatchObject({ attempt: 2, ambiguous: true });
  });

  it('renews a lock that has run half out, and tells how long it still lasts', async () => {
    await append('a');
    expect((await head()).lockLeftMs).toBeLessThanOrEqual(60_000);
    await rig.redis.pexpire(rig.keys.lock(at.queue, '1'), 20_000);
    await rig.redis.sadd(rig.keys.stalled(at.queue), '1');
    expect((await head({ nonce: 'n2' })).lockLeftMs).toBe(60_000);
    expect(await rig.redis.pttl(rig.keys.lock(at.queue, '1'))).toBeGreaterThan(50_000);
    expect(await rig.redis.scard(rig.keys.stalled(at.queue))).toBe(0);
  });

  it('does not take an earlier message`s attempts for its own', async () => {
    await append('a', 'b');
    await head();
    await rig.redis.lpop(rig.keys.mailbox(at.queue, 'm'));
    expect(await head({ nonce: 'n2' })).toMatchObject({ id: 'b', attempt: 1, ambiguous: false, progress: undefined });
  });

  it('of an empty mailbox leaves nothing behind', async () => {
    await append('a');
    await head();
    await rig.redis.del(rig.keys.mailbox(at.queue, 'm'));
    expect(await peek()).toEqual({ kind: 'empty' });
    expect(await rig.redis.exists(rig.keys.journal(at.queue, 'm'), rig.keys.ready(at.queue))).toBe(0);
  });

  it('refuses an answer that it does not understand', () => {
    expect(() => readPeek(['head', 1])).toThrow();
    expect(() => readPeek(null)).toThrow();
  });
});

describe('take', () => {
  it('goes by identity: once, in order, and whoever holds the lock', async () => {
    await append('a', 'b', 'c');
    await rig.redis.del(rig.keys.lock(at.queue, '1'));
    expect([await take('b'), await take('a'), await take('a'), await take('b'), await take('c'), await take('c')]).toEqual([
      -1, 2, -1, 1, 0, -1,
    ]);
    expect(await rig.redis.exists(rig.keys.ready(at.queue))).toBe(0);
  });

  it('does not take a longer id for a shorter one', async () => {
    await append('ab');
    expect([await take('a'), await take('ab\n{}'), await take('ab')]).toEqual([-1, -1, 0]);
  });
});

describe('close', () => {
  it('gives back an attempt that does not count, once', async () => {
    await append('a');
    await head();
    expect([await close('n1', false), await close('n1', false)]).toEqual([1, 0]);
    expect(await head({ nonce: 'n2' })).toMatchObject({ attempt: 1, ambiguous: false });
  });

  it('leaves the attempt of a later holder open', async () => {
    await append('a');
    await head();
    await head({ nonce: 'n2' });
    expect(await close('n1', true)).toBe(0);
    expect(await head({ nonce: 'n3' })).toMatchObject({ attempt: 3, ambiguous: true });
  });
});

describe('saveProgress', () => {
  it('is kept for the message that it is about', async () => {
    await append('a', 'b');
    await head();
    await mailboxes.saveProgress(rig.redis, at, { id: 'a', nonce: 'n1', progress: '{"step":1}' });
    await mailboxes.saveProgress(rig.redis, at, { id: 'b', nonce: 'n1', progress: 'too early' });
    expect(await head({ nonce: 'n2' })).toMatchObject({ id: 'a', progress: '{"step":1}' });
    await take('a');
    expect(await head({ nonce: 'n3' })).toMatchObject({ id: 'b', progress: undefined });
  });

  it('by one that was overtaken is dropped, and leaves the doubt of the later attempt', async () => {
    await append('a');
    await head();
    await head({ nonce: 'n2' });
    await mailboxes.saveProgress(rig.redis, at, { id: 'a', nonce: 'n1', progress: 'late' });
    expect(await head({ nonce: 'n3' })).toMatchObject({ ambiguous: true, progress: undefined });
  });
});

describe('hop', () => {
  const target = { queue: 'outbound-discord', mailbox: 'd' };
  let bull: BullQueues;
  beforeEach(async () => {
    bull = await openBullQueues({
      redis: rig.redis,
      keys: rig.keys,
      names: [target.queue],
      onError: (error) => rig.errors.push(['', error]),
    });
    return async () => bull.close();
  });
  const hop = async (id: string, behind: readonly string[]) =>
    (
      await transact(rig.redis, {
        own: (transaction) =>
          mailboxes.hop(transaction, at, {
            id,
            behind,
            targets: [{ ...target, entry: `${id}'\n{}`, wakeUp: bull.wakeUp({ ...target, conversation: 'd' }) }],
          }),
      })
    )[0];
  const left = async (of: { readonly queue: string; readonly mailbox: string }) =>
    (await rig.redis.lrange(rig.keys.mailbox(of.queue, of.mailbox), 0, -1)).map((entry) => entry.slice(0, entry.indexOf('\n')));

  it('takes all that was gathered, or nothing when anything of it is another one by now', async () => {
    await append('a', 'b', 'c', 'd');
    for (const behind of [['c'], ['b', 'd'], ['b', 'c', 'd', 'e']]) expect(await hop('a', behind)).toBe(-1);
    expect([await left(at), await left(target)]).toEqual([['a', 'b', 'c', 'd'], []]);
    expect(await hop('a', ['b', 'c'])).toBe(1);
    for (const behind of [['b', 'c'], []]) expect(await hop('a', behind)).toBe(-1);
    expect([await left(at), await left(target)]).toEqual([['d'], ["a'"]]);
    expect(await hop('d', [])).toBe(0);
    expect(await rig.redis.zcard(rig.keys.ready(at.queue))).toBe(0);
  });

  it('asks for a wake-up where the mailbox was empty or its job is gone, and for no other', async () => {
    const asked = async () => Number(await rig.redis.get(`${rig.keys.bullmq}:${target.queue}:id`));
    const jobs = () => bull.get(target.queue).getJobs(['waiting']);
    await append('a', 'b', 'c', 'd');
    await hop('a', []);
    await hop('b', []);
    expect([await asked(), (await jobs()).length]).toEqual([1, 1]);
    for (const job of await jobs()) await job.remove();
    await hop('c', []);
    expect([await asked(), (await jobs()).length]).toEqual([2, 1]);
    // Whoever holds the job may have found the mailbox empty already, and be about to end.
    await rig.redis.del(rig.keys.mailbox(target.queue, target.mailbox));
    await hop('d', []);
    expect(await asked()).toBe(3);
  });

  it('shows what stands behind the head, and nothing behind what is no longer the head', async () => {
    await append('a', 'b', 'c');
    const ids = async (id: string, count: number) => (await mailboxes.behind(rig.redis, at, { id, count })).map((entry) => entry.id);
    expect([await ids('a', 1), await ids('a', 9), await ids('b', 9)]).toEqual([['b'], ['b', 'c'], []]);
  });
});
