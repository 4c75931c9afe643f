import { type CatchUp, type CatchUpContext, conversationId, platformId } from '@bridge/core';
import { type TestContext, bridgeOf, createPigeon, setStage, soon } from '@bridge/runtime/testing';
import { expect, test, vi } from 'vitest';
import { role } from './index.ts';

const stage = setStage();
const pigeon = platformId('pigeon');
const bridges = [bridgeOf('town', 'pigeon:loft', 'raven:tower'), bridgeOf('suburb', 'pigeon:loft', 'pigeon:shed')];

interface CatchingUp extends TestContext {
  readonly rounds: CatchUpContext[];
  stop(): Promise<void>;
}

/** A gateway whose platform catches up every few milliseconds, doing what the test says in each round. */
async function start(round: CatchUp['round'] = async () => undefined, prefix?: string): Promise<CatchingUp> {
  const rounds: CatchUpContext[] = [];
  const catchUp: CatchUp = {
    everyMs: 10,
    async round(context) {
      rounds.push(context);
      await round(context);
    },
  };
  const opened = await stage.open({
    platforms: [createPigeon({ catchUp }), createPigeon({ id: 'raven' })],
    bridges,
    roles: ['gateway'],
    ...(prefix === undefined ? {} : { prefix }),
  });
  const running = await role.start(opened.context);
  stage.afterwards(() => running.stop(500));
  return { ...opened, rounds, stop: () => running.stop(1_000) };
}

const waiting = async ({ context }: TestContext) => (await context.queues.depths())[0]?.waiting;
const event = { eventKey: 'k1', conversation: conversationId('loft'), raw: {} };

test('rounds go over the bridged conversations, each once, and what they find is taken once', async () => {
  const gateway = await start(({ emit }) => emit(event, 1_000));
  await vi.waitFor(() => expect(gateway.rounds.length).toBeGreaterThan(3), soon);
  expect(gateway.rounds[0]?.conversations).toEqual(['loft', 'shed']);
  expect(await waiting(gateway)).toBe(1);
  await vi.waitFor(async () => expect(await gateway.context.sightings.of(pigeon)).toEqual({ missed: 1_000 }), soon);
});

test('each round goes by bridges.yaml as it is then', async () => {
  const gateway = await start();
  await vi.waitFor(() => expect(gateway.rounds.length).toBeGreaterThan(0), soon);
  gateway.replaceBridges([bridgeOf('moved', 'pigeon:attic', 'raven:tower')]);
  await vi.waitFor(() => expect(gateway.rounds.at(-1)?.conversations).toEqual(['attic']), soon);
});

test('where it got to is kept, also for the next process', async () => {
  const gateway = await start(({ checkpoint }) => checkpoint.save('here'));
  await vi.waitFor(() => expect(gateway.rounds.length).toBeGreaterThan(0), soon);
  await gateway.stop();
  expect(await gateway.context.checkpoints.load(pigeon)).toBe('here');
});

test('a round that fails is said and made again', async () => {
  let fails = 2;
  const gateway = await start(async () => {
    if (fails-- > 0) throw new Error('no wind');
  });
  await vi.waitFor(() => expect(gateway.rounds.length).toBeGreaterThan(3), soon);
  expect(gateway.lines.filter(({ msg }) => msg === 'catching up failed and is tried again')).toHaveLength(2);
});

test('of two gateways one does it, and the other goes on when it stops', async () => {
  const first = await start();
  await vi.waitFor(() => expect(first.rounds.length).toBeGreaterThan(0), soon);
  const second = await start(undefined, first.prefix);
  const before = first.rounds.length;
  await vi.waitFor(() => expect(first.rounds.length).toBeGreaterThan(before + 3), soon);
  expect(second.rounds).toEqual([]);
  await first.stop();
  const after = first.rounds.length;
  await vi.waitFor(() => expect(second.rounds.length).toBeGreaterThan(3), soon);
  expect(first.rounds).toHaveLength(after);
});

test('stopping aborts the round that is under way', async () => {
  const gateway = await start(({ signal }) => new Promise((resolve) => signal.addEventListener('abort', () => resolve())));
  await vi.waitFor(() => expect(gateway.rounds).toHaveLength(1), soon);
  await gateway.stop();
  expect(gateway.rounds[0]?.signal.aborted).toBe(true);
});
