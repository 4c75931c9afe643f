import {
  type BridgeEvent,
  type Command,
  type Parsed,
  type RawEvent,
  conversationId,
  eventSchema,
  messageId,
  platformId,
} from '@bridge/core';
import { acceptEvent, loadRole } from '@bridge/runtime';
import { bridgeOf, createPigeon, pigeonEvent, setStage, soon, untilTaken } from '@bridge/runtime/testing';
import { describe, expect, test, vi } from 'vitest';
import { role } from './index.ts';

const stage = setStage();
const ids = ['pigeon', 'raven', 'swan'] as const;

/** Platforms that tell the bridge whatever happens in their rooms, also what it did there itself: new messages with its mark, changes without. */
async function town(bridges: Readonly<Record<string, readonly string[]>>) {
  const done: string[] = [];
  let echoes = 0;
  const parse = ({ raw }: RawEvent): Parsed => {
    const event = eventSchema.parse(raw);
    return event.type === 'message.created' && event.author.id === 'bridge' ? { kind: 'own' } : { kind: 'events', events: [event] };
  };
  const deliver = (id: string) => async (command: Command) => {
    const message = command.type === 'send' ? messageId(`copy${done.length + 1}`) : command.message;
    done.push([command.type, command.conversation].join(' '));
    echoes += 1;
    await accept(id, echoOf(command, { id, message, key: `echo${echoes}` }));
    return { message };
  };
  const opened = await stage.open({
    platforms: ids.map((id) => createPigeon({ id, parse, deliver: deliver(id) })),
    bridges: Object.entries(bridges).map(([name, rooms]) => bridgeOf(name, ...rooms)),
  });
  const accept = (id: string, event: BridgeEvent) =>
    untilTaken(() =>
      acceptEvent(opened.context, platformId(id), {
        eventKey: event.eventKey,
        conversation: event.channel.id,
        raw: JSON.parse(JSON.stringify(event)),
      }),
    );
  const running = await Promise.all([(await loadRole('router')).start(opened.context), role.start(opened.context)]);
  stage.afterwards(() => Promise.all(running.map((one) => one.stop(500))).then(() => undefined));
  const quiet = () =>
    vi.waitFor(async () => expect((await opened.context.queues.depths()).map(({ waiting }) => waiting)).toEqual([0, 0, 0, 0]), soon);
  return {
    ...opened,
    accept,
    /** These are done, and nothing else when everything has come to rest: echoes are accepted before their cause is settled. */
    does: async (...expected: readonly string[]) => {
      await vi.waitFor(() => expect(done.toSorted()).toEqual(expected), soon);
      // Queues are counted one after the other, and something may be on its way from one to the next.
      for (let look = 0; look < 5; look += 1) await quiet();
      expect(done.splice(0).toSorted()).toEqual(expected);
    },
    reasons: async () =>
      (await opened.context.journeys.recent(500)).flatMap(({ step, reason }) =>
        step === 'dropped' && reason !== undefined ? [reason] : [],
      ),
  };
}

function echoOf(command: Command, at: { readonly id: string; readonly message: string; readonly key: string }): BridgeEvent {
  const common = { id: `${at.id}_${at.message}`, message: at.message, source: at.id, eventKey: at.key, ...room(command.conversation) };
  const bridge = { author: { id: 'bridge', name: 'bridge', displayName: 'Bridge', isBot: true } };
  switch (command.type) {
    case 'send':
      return pigeonEvent({ ...common, ...bridge });
    case 'edit':
      return pigeonEvent({ ...common, ...bridge, type: 'message.edited', revision: at.key });
    case 'delete':
      return pigeonEvent({ ...common, ...bridge, type: 'message.deleted' });
    case 'react':
      // Platforms leave the bridge's own reactions out: they could not be told from the person's whose they are.
      return pigeonEvent({ ...common, ...bridge });
  }
}

const room = (id: string) => ({ channel: { id: conversationId(id), name: id, type: 'group' } });
const said = (source: string, at: string, n: number, change: object = {}) =>
  pigeonEvent({ id: `${source}_m${n}`, message: `m${n}`, source, eventKey: `k${n}`, ...room(at), ...change });

describe('two bridges that share a room', () => {
  const shared = { a: ['pigeon:x', 'raven:y'], b: ['raven:y', 'swan:z'] };

  test('carry what is said in the shared room to both others, and from the others to it alone', async () => {
    const world = await town(shared);
    await world.accept('pigeon', said('pigeon', 'x', 1));
    await world.does('send y');
    await world.accept('raven', said('raven', 'y', 2));
    await world.does('send x', 'send z');
    await world.accept('swan', said('swan', 'z', 3));
    await world.does('send y');
  });

  test('carry changes as far as the message went, and their echoes no further', async () => {
    const world = await town(shared);
    await world.accept('pigeon', said('pigeon', 'x', 1));
    await world.does('send y');
    await world.accept('pigeon', said('pigeon', 'x', 1, { type: 'message.edited', revision: '2', eventKey: 'e1' }));
    await world.does('edit y');
    await world.accept('raven', said('raven', 'y', 1, { message: 'copy1', type: 'reaction.added', emoji: '👍', eventKey: 'l1' }));
    // The original hears of it; the third room, which never had the message, does not.
    await world.does('react x');
    await world.accept('pigeon', said('pigeon', 'x', 1, { type: 'message.deleted', eventKey: 'd1' }));
    await world.does('delete y');
    expect((await world.reasons()).toSorted()).toEqual(['copy', 'copy', 'original-not-copied']);
  });
});

test('bridges in a ring carry a message to each room once', async () => {
  const world = await town({ a: ['pigeon:x', 'raven:y'], b: ['raven:y', 'swan:z'], c: ['swan:z', 'pigeon:x'] });
  await world.accept('pigeon', said('pigeon', 'x', 1));
  await world.does('send y', 'send z');
  await world.accept('pigeon', said('pigeon', 'x', 1, { type: 'message.edited', revision: '2', eventKey: 'e1' }));
  await world.does('edit y', 'edit z');
  await world.accept('raven', said('raven', 'y', 2));
  await world.does('send x', 'send z');
});

test('two bridges between the same rooms carry a message once', async () => {
  const world = await town({ a: ['pigeon:x', 'raven:y'], b: ['raven:y', 'pigeon:x'] });
  await world.accept('pigeon', said('pigeon', 'x', 1));
  await world.does('send y');
});
