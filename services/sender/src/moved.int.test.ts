import { type Command, type Receipt, DeliveryError, conversationId, messageId, platformId } from '@bridge/core';
import { acceptEvent, loadRole } from '@bridge/runtime';
import { bridgeOf, createPigeon, pigeonEvent, setStage, soon, untilTaken } from '@bridge/runtime/testing';
import { describe, expect, test, vi } from 'vitest';
import { role } from './index.ts';

const stage = setStage();
const source = platformId('pigeon');
const raven = platformId('raven');
const written = (n: number, change: object = {}) =>
  pigeonEvent({ id: `pigeon_m${n}`, message: `m${n}`, eventKey: `k${n}`, channel: { id: 'a', name: 'a', type: 'group' }, ...change });

/** Rooms of a platform that know where they have gone, and a town of two senders whose bridge knows only the old one. */
async function town(moved: Map<string, string>, members: readonly string[] = ['pigeon:a', 'raven:old']) {
  const done: Command[] = [];
  const refused: string[] = [];
  const deliver = async (command: Command): Promise<Receipt> => {
    const to = moved.get(command.conversation);
    if (to !== undefined) {
      refused.push(command.conversation);
      throw new DeliveryError('The room has moved.', { kind: 'permanent', reason: 'moved', movedTo: to });
    }
    done.push(command);
    return { message: messageId(command.type === 'send' ? `r${done.length}` : command.message) };
  };
  const platforms = [createPigeon(), createPigeon({ id: 'raven', deliver })];
  const bridges = [bridgeOf('town', ...members)];
  const first = await stage.open({ platforms, bridges });
  const second = await stage.open({ platforms, bridges, prefix: first.prefix });
  const starting = [(await loadRole('router')).start(first.context), role.start(first.context), role.start(second.context)];
  const running = await Promise.all(starting);
  stage.afterwards(() => Promise.all(running.map((one) => one.stop(500))).then(() => undefined));
  return {
    ...first,
    done,
    refused,
    lines: () => [...first.lines, ...second.lines],
    write: (event: ReturnType<typeof pigeonEvent>) =>
      untilTaken(() =>
        acceptEvent(first.context, source, {
          eventKey: event.eventKey,
          conversation: event.channel.id,
          raw: JSON.parse(JSON.stringify(event)),
        }),
      ),
    shown: () =>
      done.map((command) => [command.type, command.conversation, 'message' in command ? command.message : (command.replyTo ?? '')]),
    depth: async () => (await first.context.queues.depths()).find(({ queue }) => queue === 'outbound-raven'),
  };
}

const toldMoves = (lines: readonly Readonly<Record<string, unknown>>[]) =>
  lines.filter(({ msg }) => String(msg).startsWith('a conversation goes on'));

describe('a conversation that goes on under another id', () => {
  test('takes all that waits with it, in order, and what comes later; the operator is told once what to change', async () => {
    const moved = new Map<string, string>();
    const world = await town(moved);
    await world.write(written(0));
    await vi.waitFor(() => expect(world.done).toHaveLength(1), soon);
    moved.set('old', 'new');
    for (let n = 1; n < 50; n += 1) await world.write(written(n));
    await vi.waitFor(() => expect(world.done).toHaveLength(50), soon);
    const sent = world.done.map((command) => (command.type === 'send' ? command.conversation : ''));
    expect(sent).toEqual(['old', ...Array.from({ length: 49 }, () => 'new')]);
    await vi.waitFor(async () => expect(await world.depth()).toMatchObject({ waiting: 0, dead: 0 }), soon);
    const routed = await world.context.journeys.recent(500);
    expect(routed.filter(({ step }) => step === 'delivered').map(({ event }) => event)).toEqual(
      Array.from({ length: 50 }, (_, n) => `pigeon_m${n}`),
    );
    expect(routed.filter(({ step }) => step === 'dead-lettered' || step === 'dropped')).toEqual([]);
    // Each process may find it out for itself; nobody needs to be refused twice.
    expect(world.refused.length).toBeLessThanOrEqual(4);
    expect(toldMoves(world.lines())).toMatchObject([
      { level: 'warn', platform: 'raven', from: 'old', to: 'new', fix: 'in bridge town, write new in place of old' },
    ]);
  });

  test('is found by edits and replies as far as its messages are its own, and never mistaken for the old one', async () => {
    const moved = new Map<string, string>();
    const world = await town(moved);
    await world.write(written(1));
    await vi.waitFor(() => expect(world.done).toHaveLength(1), soon);
    moved.set('old', 'new');
    await world.write(written(2));
    const edit = (n: number) => written(n, { type: 'message.edited', revision: '2', eventKey: `e${n}` });
    await world.write(edit(1));
    await world.write(edit(2));
    await world.write(written(3, { replyTo: { message: 'm1', excerpt: 'hello' } }));
    await world.write(written(4, { replyTo: { message: 'm2', excerpt: 'hello' } }));
    await vi.waitFor(() => expect(world.done).toHaveLength(5), soon);
    expect(world.shown()).toEqual([
      ['send', 'old', ''],
      ['send', 'new', ''],
      ['edit', 'new', 'r2'],
      ['send', 'new', ''],
      ['send', 'new', 'r2'],
    ]);
    const steps = (await world.context.journeys.recent(50)).filter(({ step }) => step === 'dropped');
    expect(steps).toMatchObject([{ event: 'pigeon_m1', reason: 'original-not-copied' }]);
    const isCopy = (conversation: string) =>
      world.context.copies.isCopy({ platform: raven, conversation: conversationId(conversation), message: messageId('r2') });
    expect([await isCopy('new'), await isCopy('old')]).toEqual([true, false]);
  });

  test('may have gone on twice, and may be called by its new id in bridges.yaml', async () => {
    const moved = new Map([
      ['old', 'new'],
      ['new', 'newer'],
    ]);
    const world = await town(moved);
    await world.write(written(1));
    await vi.waitFor(() => expect(world.done).toHaveLength(1), soon);
    // Another process may have noticed it; the operator is not quicker than that.
    await vi.waitFor(async () => expect((await world.context.moves.all()).size).toBe(2), soon);
    world.replaceBridges([bridgeOf('town', 'pigeon:a', 'raven:newer')]);
    await world.write(written(2));
    await vi.waitFor(() => expect(world.done).toHaveLength(2), soon);
    expect(world.shown().map(([, conversation]) => conversation)).toEqual(['newer', 'newer']);
    // Still the same mailbox, so that nothing of it can overtake what waits there.
    expect(await world.redis.hexists(`{${world.prefix}:0}:last:outbound-raven`, 'newer')).toBe(0);
  });

  test('that leads in a circle becomes a dead letter, and nobody is asked for ever', async () => {
    const moved = new Map([
      ['old', 'new'],
      ['new', 'old'],
    ]);
    const world = await town(moved);
    await world.write(written(1));
    await vi.waitFor(async () => expect(await world.depth()).toMatchObject({ waiting: 0, dead: 1 }), soon);
    expect(world.refused.length).toBeLessThanOrEqual(12);
    expect((await world.context.journeys.recent(50)).at(-1)).toMatchObject({ step: 'dead-lettered', reason: 'The room has moved.' });
  });
});
