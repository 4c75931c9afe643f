import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import { workerConnection } from './connections.ts';
import { outbound, target } from './fixtures/rig.ts';
import { setStage, settled, soon } from './fixtures/stage.ts';
import type { Attempt, Outcome } from './index.ts';
import { joinBackend } from './joined-backend.ts';
import { quiet } from './lua.ts';
import { readPeek } from './mailbox.ts';
import { defineScripts } from './scripts.ts';
import { transact } from './transaction.ts';
import { openBullQueues } from './wake-ups.ts';

const stage = setStage();

describe('the marker that jobs wait', () => {
  it.each([
    ['goes when none does', [], [], ['1']],
    ['stays while one does', ['7'], [], ['0', '1']],
    ['stays while one with a priority does', [], ['7'], ['0', '1']],
  ])('%s, and the one of delayed jobs stays', async (_what, wait, prioritized, left) => {
    const { redis, keys } = await stage.rig();
    const key = (name: string) => `${keys.bullmq}:marker-test:${name}`;
    for (const job of wait) await redis.lpush(key('wait'), job);
    for (const job of prioritized) await redis.zadd(key('prioritized'), 1, job);
    await redis.zadd(key('marker'), 0, '0', 5, '1');
    await redis.eval(`${quiet} return quiet(KEYS[1], KEYS[2], KEYS[3])`, 3, key('wait'), key('prioritized'), key('marker'));
    expect(await redis.zrange(key('marker'), 0, '-1')).toEqual(left);
  });
});

it('a worker waits and asks for the next job once per message, and not twice', async () => {
  const rig = await stage.rig();
  let seen = 0;
  await stage.route(rig);
  await stage.deliver(rig, () => {
    seen += 1;
    return Promise.resolve(settled);
  });
  let waits = 0;
  let asked = 0;
  const monitor = await rig.redis.monitor();
  monitor.on('monitor', (_time: string, args: readonly string[]) => {
    const [command = '', key] = args;
    if (command.toLowerCase() === 'bzpopmin' && key === `${rig.keys.bullmq}:${outbound}:marker`) waits += 1;
    // The command by which BullMQ's scripts take a job.
    if (command.toLowerCase() === 'rpoplpush' && key === `${rig.keys.bullmq}:${outbound}:wait`) asked += 1;
  });
  for (let n = 0; n < 20; n += 1) {
    await rig.accept('c', n);
    await vi.waitFor(() => expect(seen).toBe(n + 1), soon);
  }
  monitor.disconnect();
  // BullMQ by itself waits 40 times for 20 messages and asks 80 times. A few more than needed are for what comes in between.
  expect(waits).toBeLessThan(32);
  // Once to get each job, and once when it is finished, in case there is another.
  expect(asked).toBeLessThan(52);
});

const tookJob = (answer: unknown): boolean => Array.isArray(answer) && Array.isArray(answer[0]) && Array.isArray(answer[0][0]);

/** Comes between a connection and what it asks. */
function between(redis: Redis, command: string, step: (ask: () => Promise<unknown>) => Promise<unknown>): void {
  const once: unknown = Reflect.get(redis, command);
  if (typeof once !== 'function') throw new TypeError(`no command ${command}`);
  Reflect.set(redis, command, (...args: readonly unknown[]) => step(async (): Promise<unknown> => Reflect.apply(once, redis, args)));
}

function workerOfItsOwn(): Redis {
  const worker = workerConnection({ target: { kind: 'single', url: stage.server().url } });
  onTestFinished(() => worker.disconnect());
  return worker;
}

async function rigWithWorker() {
  const worker = workerOfItsOwn();
  return { worker, rig: await stage.rig({ worker }) };
}

it.each(['mailbox_fetch', 'mailbox_finish'])('who asks again by %s because a connection broke is given the same job', async (command) => {
  const { worker, rig } = await rigWithWorker();
  const seen: string[] = [];
  // As ioredis does when a connection breaks after Redis has carried a command out and before it has said so.
  between(worker, command, async (ask) => {
    const answer = await ask();
    return tookJob(answer) ? ask() : answer;
  });
  for (const conversation of ['a', 'b', 'c', 'd']) await rig.accept(conversation, 0);
  await stage.route(rig);
  await stage.deliver(
    rig,
    ({ delivery, attempt, ambiguous }) => {
      seen.push(`${delivery.conversation} ${attempt} ${ambiguous}`);
      return Promise.resolve(settled);
    },
    { concurrency: 1 },
  );
  await vi.waitFor(() => expect(seen).toHaveLength(4), soon);
  // Lost jobs would come once their locks run out, and their attempts would be in doubt.
  expect(new Set(seen)).toEqual(new Set(['a', 'b', 'c', 'd'].map((conversation) => `${conversation} 1 false`)));
});

it('who asks again so late that the job is another worker’s by now is not given it', async () => {
  const { worker, rig } = await rigWithWorker();
  const answers: unknown[] = [];
  between(worker, 'mailbox_fetch', async (ask) => {
    const answer = await ask();
    if (!tookJob(answer)) return answer;
    const [active] = await rig.redis.lrange(`${rig.keys.bullmq}:${outbound}:active`, 0, 0);
    await rig.redis.set(rig.keys.lock(outbound, active ?? ''), 'another worker');
    answers.push(await ask());
    return answers.at(-1);
  });
  const deliver = vi.fn(() => Promise.resolve(settled));
  await stage.deliver(rig, deliver);
  const other = await rig.again({ worker: workerOfItsOwn() });
  onTestFinished(() => other.close());
  await stage.route(other);
  await rig.accept('a', 0);
  await vi.waitFor(() => expect(answers).toHaveLength(1), soon);
  expect(tookJob(answers[0])).toBe(false);
  expect(deliver).not.toHaveBeenCalled();
});

it('a worker that is told to stop closes the attempt that taking the job began', async () => {
  const { worker, rig } = await rigWithWorker();
  const turns: (readonly [attempt: number, ambiguous: boolean])[] = [];
  const deliver = ({ attempt, ambiguous }: Attempt): Promise<Outcome> => {
    turns.push([attempt, ambiguous]);
    return Promise.resolve(settled);
  };
  const first = await rig.queues.startSender({ platform: target, deliver });
  const { promise: stopped, resolve } = Promise.withResolvers<void>();
  between(worker, 'mailbox_fetch', async (ask) => {
    const answer = await ask();
    if (tookJob(answer)) resolve(first.stop(5_000));
    return answer;
  });
  const other = await rig.again({ worker: workerOfItsOwn() });
  onTestFinished(() => other.close());
  await stage.route(other);
  await rig.accept('a', 0);
  await stopped;
  expect(turns).toEqual([]);
  await stage.deliver(other, deliver);
  await vi.waitFor(() => expect(turns).toEqual([[1, false]]), soon);
});

it('a job ends with its mailbox, not before it is empty, and once however often it is asked for', async () => {
  const rig = await stage.rig();
  const { redis, keys } = rig;
  await stage.route(rig);
  for (const conversation of ['a', 'b']) await rig.accept(conversation, 0);
  await vi.waitFor(async () => expect(await redis.zcard(keys.ready(outbound))).toBe(2), soon);
  defineScripts(redis);
  const bull = await openBullQueues({ redis, keys, names: [outbound], onError: (error) => rig.errors.push(error) });
  const joined = joinBackend({
    redis,
    keys,
    queue: outbound,
    sending: { lockDurationMs: 60_000, pauseMs: 1_000 },
    busy: () => false,
    giveBack: () => Promise.resolve(),
  });
  const settings = { connection: redis, prefix: keys.bullmq, autorun: false, lockDuration: 60_000 };
  const worker = new Worker(outbound, null, settings, joined.factory);
  onTestFinished(async () => void (await Promise.all([worker.close(true), bull.close()])));
  const job = await worker.getNextJob('token', { block: false });
  if (job === undefined) throw new Error('no job waits');
  const { mailbox } = job.data;
  const ending = joined.ending({ job, token: 'token', mailbox, fetchNext: true });
  const end = async () => (await transact(redis, { own: (transaction) => ending.add(transaction) }))[0];

  expect(ending.read(await end())).toBe('more');
  await redis.del(keys.mailbox(outbound, mailbox));
  const [first, again] = [await end(), await end()];
  expect([ending.read(first), ending.read(again)]).toEqual(['ended', 'ended']);
  const active = await redis.lrange(`${keys.bullmq}:${outbound}:active`, 0, -1);
  expect(active).toHaveLength(1);
  expect(active).not.toEqual([job.id]);
  // One attempt at the other conversation's message, and not a second one in doubt.
  const peeked = joined.firstOf(active[0] ?? '');
  expect(readPeek(peeked?.answer)).toMatchObject({ kind: 'head', attempt: 1, ambiguous: false });
});
