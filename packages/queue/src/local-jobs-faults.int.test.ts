import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it, onTestFinished, vi } from 'vitest';
import type { ChainableCommander, Redis } from 'ioredis';
import { workerConnection } from './connections.ts';
import { outbound, routeTo, target } from './fixtures/rig.ts';
import { failed, setStage, settled, soon, waitForEver } from './fixtures/stage.ts';
import { QueueUnavailable, type Attempt, type Outcome } from './index.ts';

const stage = setStage();

/** Work that lasts until the test is done with it. */
function hanging() {
  const { promise, resolve } = Promise.withResolvers<void>();
  onTestFinished(() => resolve());
  return { promise, release: resolve };
}

/** A connection whose transactions, if it is set when they begin, are told their answers only later. */
interface LateConnection {
  readonly redis: Redis;
  hold: { readonly until: Promise<void>; readonly answered: (last: unknown) => void } | undefined;
}

/** Whether the last command of a transaction was a claim, and Redis gave it a job. */
const tookJob = (last: unknown): boolean => Array.isArray(last) && Array.isArray(last[0]) && Array.isArray(last[0][0]);

function lateConnection(): LateConnection {
  const redis = workerConnection({ target: { kind: 'single', url: stage.server().url } });
  onTestFinished(() => redis.disconnect());
  const late: LateConnection = { redis, hold: undefined };
  const { multi } = redis;
  Reflect.set(redis, 'multi', function begin(this: unknown, ...args: readonly unknown[]): ChainableCommander {
    const transaction: ChainableCommander = Reflect.apply(multi, this, args);
    const { exec } = transaction;
    const { hold } = late;
    transaction.exec = async () => {
      const answers = await exec.apply(transaction);
      hold?.answered(answers?.at(-1)?.[1]);
      await hold?.until;
      return answers;
    };
    return transaction;
  });
  return late;
}

async function rigWithLateWorker() {
  waitForEver();
  const late = lateConnection();
  const rig = await stage.rig({ worker: late.redis });
  const other = await rig.again({ worker: lateConnection().redis });
  onTestFinished(() => other.close());
  const active = async () => rig.redis.llen(`${rig.keys.bullmq}:${outbound}:active`);
  /** Has a job claimed for the sender, which does not learn of it before `tell`. */
  const claimed = async (tried: Tried): Promise<{ readonly name: string; tell(): void }> => {
    await vi.waitFor(async () => expect(await active()).toBe(0), soon);
    const name = `claimed after ${tried.length}`;
    const { promise: until, release } = hanging();
    const { promise: last, resolve: answered } = Promise.withResolvers<unknown>();
    late.hold = { until, answered };
    await rig.accept(name, 1);
    const took = tookJob(await last);
    late.hold = undefined;
    if (took) return { name, tell: release };
    // The sender was not waiting yet, and is woken for it.
    release();
    await vi.waitFor(() => expect(tried.some(([conversation]) => conversation === name)).toBe(true), soon);
    return claimed(tried);
  };
  return { rig, other, active, claimed };
}

/** Who was tried, and how. */
type Tried = (readonly [conversation: string, attempt: number, ambiguous: boolean])[];

/** Remembers that; conversations that begin with `hang` wait. */
function watching(hung: Promise<void>) {
  const tried: Tried = [];
  const deliver = async ({ delivery, attempt, ambiguous }: Attempt): Promise<Outcome> => {
    tried.push([delivery.conversation, attempt, ambiguous]);
    if (delivery.conversation.startsWith('hang')) await hung;
    return settled;
  };
  return { tried, deliver };
}

it('a worker with its hands full leaves what comes to the idle one of another process', async () => {
  const { rig, other } = await rigWithLateWorker();
  const { promise: hung } = hanging();
  const [here, there] = [watching(hung), watching(hung)];
  await stage.route(rig);
  await stage.deliver(rig, here.deliver, { concurrency: 2 });
  for (const name of ['hang 1', 'hang 2']) {
    await rig.accept(name, 1);
    await vi.waitFor(() => expect(here.tried.map(([conversation]) => conversation)).toContain(name), soon);
  }
  await stage.deliver(other, there.deliver);
  await rig.accept('free', 1);
  await vi.waitFor(() => expect(there.tried).toEqual([['free', 1, false]]), soon);
});

it('what was claimed for a worker whose last hand was filled meanwhile is another one’s, and as if never tried', async () => {
  const { rig, other, claimed } = await rigWithLateWorker();
  const { promise: hung } = hanging();
  const [here, there] = [watching(hung), watching(hung)];
  await stage.route(rig);
  await stage.deliver(rig, here.deliver, { concurrency: 1 });
  await rig.accept('warm-up', 1);
  await vi.waitFor(() => expect(here.tried).toHaveLength(1), soon);
  const { name, tell } = await claimed(here.tried);
  await stage.route(other);
  await other.accept('hang', 1);
  await vi.waitFor(() => expect(here.tried.at(-1)).toEqual(['hang', 1, false]), soon);
  await stage.deliver(other, there.deliver);
  tell();
  await vi.waitFor(() => expect(there.tried).toEqual([[name, 1, false]]), soon);
  expect(here.tried.at(-1)).toEqual(['hang', 1, false]);
});

it('what was claimed for a worker that stops is given back, also when the answer comes late', async () => {
  const { rig, other, active, claimed } = await rigWithLateWorker();
  const { deliver, tried } = watching(Promise.resolve());
  await stage.route(rig);
  const sender = await rig.queues.startSender({ platform: target, deliver });
  await rig.accept('warm-up', 1);
  await vi.waitFor(() => expect(tried).toHaveLength(1), soon);
  const { name, tell } = await claimed(tried);
  const stopped = sender.stop(5_000);
  await sleep(100);
  tell();
  await stopped;
  await vi.waitFor(async () => expect(await active()).toBe(0), soon);
  await stage.deliver(other, deliver);
  await vi.waitFor(() => expect(tried.at(-1)).toEqual([name, 1, false]), soon);
});

it('an event that Redis took too late for its caller does not wait for a lock that nobody holds', async () => {
  const rig = await stage.rig({ hasty: true });
  const { tried, deliver } = watching(Promise.resolve());
  await stage.route(rig);
  await stage.deliver(rig, deliver);
  await rig.acceptPatiently('warm-up', 1);
  await vi.waitFor(() => expect(tried).toHaveLength(1), soon);
  await vi.waitFor(async () => expect(await rig.redis.llen(`${rig.keys.bullmq}:inbound:active`)).toBe(0), soon);
  await stage.server().pause();
  await expect(rig.accept('late', 1)).rejects.toThrow(QueueUnavailable);
  await stage.server().resume();
  await vi.waitFor(() => expect(tried).toHaveLength(2), soon);
  await vi.waitFor(async () => expect(await rig.accept('late', 1)).toBe('duplicate'), soon);
  expect(tried[1]).toEqual(['late', 1, false]);
});

it.each(['one process', 'two processes'])('a retry is made when it is due, whatever else comes meanwhile: %s', async (spread) => {
  const { rig, other } = await rigWithLateWorker();
  const tried: number[] = [];
  const deliver = async ({ delivery, attempt }: Attempt): Promise<Outcome> => {
    if (!delivery.conversation.startsWith('again') || attempt > 1) {
      if (attempt > 1) tried.push(performance.now());
      return settled;
    }
    return failed({ action: 'retry', delayMs: 300, reason: 'busy' });
  };
  await stage.route(rig);
  await stage.deliver(spread === 'one process' ? rig : other, deliver);
  for (let round = 1; round <= 4; round += 1) {
    await rig.accept(`again ${round}`, 1);
    for (let n = 0; n < round; n += 1) {
      await sleep(60);
      await rig.accept(`else ${round} ${n}`, 1);
    }
    await vi.waitFor(() => expect(tried).toHaveLength(round), soon);
  }
});

it('a claim that fails undoes nothing of the step that it came with', async () => {
  const rig = await stage.rig();
  const routed: string[] = [];
  const route = routeTo(target);
  await rig.queues.startRouter({
    concurrency: 1,
    route: async (event) => {
      routed.push(event.conversation);
      return route(event);
    },
  });
  await stage.deliver(rig, () => Promise.resolve(settled));
  // A foreign hand: BullMQ's script cannot take a job of this queue, and adds to it well.
  await rig.redis.set(`${rig.keys.bullmq}:${outbound}:prioritized`, 'x');
  for (const name of ['one', 'two', 'three']) await rig.accept(name, 1);
  await vi.waitFor(() => expect(routed).toEqual(['one', 'two', 'three']), soon);
  await vi.waitFor(async () => expect(await rig.redis.llen(`${rig.keys.bullmq}:inbound:active`)).toBe(0), soon);
  expect(rig.errors.map(String).join()).toContain('WRONGTYPE');
});
