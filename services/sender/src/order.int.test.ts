import { type BridgeEvent, type Command, type Receipt, DeliveryError, conversationId, messageId, platformId } from '@bridge/core';
import { acceptEvent, loadRole } from '@bridge/runtime';
import { bridgeOf, createPigeon, pigeonEvent, setStage, soon, untilTaken } from '@bridge/runtime/testing';
import { describe, expect, test, vi } from 'vitest';
import { role } from './index.ts';

const stage = setStage();
const placeless = { reports: { edits: true, deletes: true, reactions: true, withoutConversation: true } };

interface TownOptions {
  /** Throws, waits, or lets a platform's command through. */
  readonly answer: (command: Command, platform: string) => Promise<void> | void;
  readonly placeless?: boolean;
}

/** Three rooms in one bridge, each on a platform of its own. */
async function town({ answer, placeless: bare = false }: TownOptions) {
  const done: string[] = [];
  const deliver =
    (id: string) =>
    async (command: Command): Promise<Receipt> => {
      await answer(command, id);
      const about = 'message' in command ? command.message : 'replyTo' in command && command.replyTo !== undefined ? command.replyTo : '';
      done.push([id, command.type, about].filter((part) => part !== '').join(' '));
      return { message: messageId(command.type === 'send' ? `${id}-copy-${done.length}` : about) };
    };
  const platforms = ['pigeon', 'raven', 'swan'].map((id) =>
    createPigeon({ id, deliver: deliver(id), ...(bare ? { capabilities: placeless } : {}) }),
  );
  const opened = await stage.open({ platforms, bridges: [bridgeOf('town', 'pigeon:a', 'raven:b', 'swan:c')] });
  const running = await Promise.all([(await loadRole('router')).start(opened.context), role.start(opened.context)]);
  stage.afterwards(() => Promise.all(running.map((one) => one.stop(500))).then(() => undefined));
  const accept = (event: BridgeEvent, conversation: string = event.channel.id) =>
    untilTaken(() =>
      acceptEvent(opened.context, platformId(event.source), {
        eventKey: event.eventKey,
        conversation: conversationId(conversation),
        raw: JSON.parse(JSON.stringify(event)),
      }),
    );
  return { ...opened, accept, done, of: (id: string) => done.filter((one) => one.startsWith(id)) };
}

const inRoom = (id: string) => ({ channel: { id, name: id, type: 'group' } });
const written = (change: object = {}) => pigeonEvent({ ...inRoom('a'), ...change });
const changes = [
  written({ type: 'message.edited', revision: '2', eventKey: 'edit' }),
  written({ type: 'reaction.added', emoji: '👍', eventKey: 'like' }),
  written({ message: 'm2', id: 'pigeon_m2', eventKey: 'reply', replyTo: { message: 'm1' } }),
  written({ type: 'message.deleted', eventKey: 'delete' }),
];
const inOrder = (id: string, copy: string) => [
  `${id} send`,
  `${id} edit ${copy}`,
  `${id} react ${copy}`,
  `${id} send ${copy}`,
  `${id} delete ${copy}`,
];

describe('what is done to a message that has not arrived yet', () => {
  test('waits behind it, however long that takes, and holds up no other room', async () => {
    let away = true;
    const world = await town({
      answer: (_command, id) => {
        if (id === 'swan' && away) throw new DeliveryError('The swan is away.', { kind: 'transient' });
      },
    });
    await world.accept(written());
    for (const change of changes) await world.accept(change);
    await vi.waitFor(() => expect(world.of('raven')).toHaveLength(5), soon);
    expect(world.of('raven')).toEqual(inOrder('raven', 'raven-copy-1'));
    expect(world.of('swan')).toEqual([]);
    away = false;
    await vi.waitFor(() => expect(world.of('swan')).toHaveLength(5), soon);
    const copy = world.of('swan')[1]?.split(' ')[2] ?? '';
    expect(copy).toMatch(/^swan-copy-/);
    expect(world.of('swan')).toEqual(inOrder('swan', copy));
    const steps = await world.context.journeys.recent(200);
    expect(steps.filter(({ step }) => step === 'dropped' || step === 'dead-lettered')).toEqual([]);
  });

  test('also where changes name only the message, and so do not stand behind it on the way in', async () => {
    let away = true;
    const world = await town({
      placeless: true,
      answer: () => {
        if (away) throw new DeliveryError('Nobody is there.', { kind: 'transient' });
      },
    });
    // The change is even there first.
    const nowhere = inRoom('message:m1');
    await world.accept(pigeonEvent({ ...nowhere, type: 'message.edited', revision: '2', eventKey: 'edit' }));
    await world.accept(written());
    await vi.waitFor(
      async () => expect((await world.context.journeys.recent(50)).filter(({ step }) => step === 'routed')).toHaveLength(2),
      soon,
    );
    away = false;
    await vi.waitFor(() => expect(world.of('raven')).toHaveLength(2), soon);
    expect(world.of('raven')).toEqual([expect.stringMatching(/^raven send/), expect.stringMatching(/^raven edit raven-copy/)]);
  });
});

describe('a reaction to a copy', () => {
  const liked = (room: string, source: string, message: string) =>
    pigeonEvent({
      ...inRoom(room),
      source,
      id: `${source}_${message}`,
      message,
      type: 'reaction.added',
      emoji: '👍',
      eventKey: `like-${message}`,
    });

  /** As of an hour from now: how long the router waits for what it is about does not depend on how long this machine takes. */
  const react = ({ context }: Awaited<ReturnType<typeof town>>, event: BridgeEvent) =>
    untilTaken(() =>
      context.queues.accept({
        v: 1,
        platform: event.source,
        conversation: event.channel.id,
        eventKey: event.eventKey,
        receivedAt: Date.now() + 3_600_000,
        raw: JSON.parse(JSON.stringify(event)),
      }),
    );

  test('reaches the original, and the copies that are still on their way behind them', async () => {
    let away = true;
    const world = await town({
      answer: (_command, id) => {
        if (id === 'swan' && away) throw new DeliveryError('The swan is away.', { kind: 'transient' });
      },
    });
    await world.accept(written());
    await vi.waitFor(() => expect(world.of('raven')).toHaveLength(1), soon);
    await react(world, liked('b', 'raven', 'raven-copy-1'));
    await vi.waitFor(() => expect(world.of('pigeon')).toEqual(['pigeon react m1']), soon);
    away = false;
    await vi.waitFor(() => expect(world.of('swan')).toHaveLength(2), soon);
    expect(world.of('swan')).toEqual(['swan send', expect.stringMatching(/^swan react swan-copy/)]);
  });

  test('that is quicker than the answer to its sending waits for it', async () => {
    const { promise: answered, resolve: answer } = Promise.withResolvers<void>();
    const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
    const world = await town({
      answer: async (command, id) => {
        if (id !== 'raven' || command.type !== 'send') return;
        begin();
        await answered;
      },
    });
    await world.accept(written());
    await vi.waitFor(() => expect(world.of('swan')).toHaveLength(1), soon);
    await begun;
    const looks = vi.spyOn(world.context.copies, 'knows');
    await react(world, liked('b', 'raven', 'raven-copy-2'));
    await vi.waitFor(() => expect(looks).toHaveBeenCalled(), soon);
    answer();
    await vi.waitFor(() => expect(world.of('pigeon')).toEqual(['pigeon react m1']), soon);
  });

  test('of nothing that is known goes nowhere, is told so, and does not hold up its room', async () => {
    const world = await town({ answer: () => undefined });
    for (let n = 0; n < 8; n += 1) await world.accept(liked('b', 'raven', `old${n}`));
    await world.accept(pigeonEvent({ ...inRoom('b'), source: 'raven', id: 'raven_m9', message: 'm9', eventKey: 'k9' }));
    await vi.waitFor(() => expect(world.of('pigeon')).toEqual(['pigeon send']), soon);
    const dropped = async () =>
      (await world.context.journeys.recent(200)).filter(({ step }) => step === 'dropped').map(({ reason }) => reason);
    await vi.waitFor(async () => expect(await dropped()).toEqual(Array.from({ length: 16 }, () => 'original-not-copied')), soon);
  });
});
