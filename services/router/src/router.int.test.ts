import { type BridgeEvent, type Parsed, type RawEvent, conversationId, eventSchema, messageId, platformId } from '@bridge/core';
import { acceptEvent, testPlatform } from '@bridge/runtime';
import {
  type TestContext,
  type TestContextOptions,
  bridgeOf,
  createPigeon,
  pigeonEvent,
  setStage,
  soon,
  untilTaken,
} from '@bridge/runtime/testing';
import { describe, expect, test, vi } from 'vitest';
import { role } from './index.ts';

const stage = setStage();
const raven = createPigeon({ id: 'raven' });
const bridges = [bridgeOf('town', 'pigeon:loft', 'raven:tower')];

interface Routing extends TestContext {
  accept(event: BridgeEvent | RawEvent): Promise<void>;
  /** What waits for the raven's sender in this conversation. */
  outbound(conversation?: string): Promise<readonly { readonly event: BridgeEvent; readonly bridge: string }[]>;
  dead(): Promise<readonly Record<string, string>[]>;
  /** All journeys so far, as `<step> <event> <reason>`. */
  journeys(): Promise<readonly string[]>;
  dropped(reason: string): Promise<string>;
  settled(): Promise<void>;
}

async function route(options: TestContextOptions = {}): Promise<Routing> {
  const opened = await stage.open({ platforms: [createPigeon(), raven], bridges, ...options });
  const running = await role.start(opened.context);
  stage.afterwards(() => running.stop(500));
  const { context, redis, prefix } = opened;
  const jobs = `{${prefix}:0}:inbound-dead`;
  return {
    ...opened,
    accept: async (event) =>
      void (await untilTaken(() => acceptEvent(context, platformId('pigeon'), 'raw' in event ? event : rawOf(event)))),
    outbound: async (conversation = 'tower') =>
      (await redis.lrange(`{${prefix}:0}:mailbox:outbound-raven:${conversation}`, 0, -1)).map(bodyOf),
    dead: async () => Promise.all((await redis.zrange(`${jobs}:failed`, 0, '-1')).map((id) => redis.hgetall(`${jobs}:${id}`))),
    journeys: async () =>
      (await context.journeys.recent(100)).map(({ step, event, reason }) =>
        [step, event, reason].filter((part) => part !== undefined).join(' '),
      ),
    dropped: async (reason) =>
      /(\d+)$/m.exec(
        (await opened.metrics())
          .split('\n')
          .find((line) => line.startsWith('bridge_events_dropped_total') && line.includes(`"${reason}"`)) ?? '',
      )?.[1] ?? '0',
    settled: () => vi.waitFor(async () => expect((await context.queues.depths())[0]?.waiting).toBe(0), soon),
  };
}

const bodyOf = (entry: string) => JSON.parse(entry.slice(entry.indexOf('\n') + 1));
const rawOf = (event: BridgeEvent): RawEvent => ({
  eventKey: event.eventKey,
  conversation: event.channel.id,
  raw: JSON.parse(JSON.stringify(event)),
});
const written = (n: number, change: object = {}) => pigeonEvent({ id: `pigeon_m${n}`, message: `m${n}`, eventKey: `k${n}`, ...change });
const about = (n: number, type: string, change: object = {}) =>
  written(n, { type, eventKey: `k${n}-${type}`, revision: '1', emoji: '👍', ...change });

type Place = readonly [platform: string, conversation: string, message: string];

/** Notes that one message is a copy of another. */
async function carried({ context, redis }: TestContext, { from, to }: { readonly from: Place; readonly to: Place }): Promise<void> {
  const ref = ([platform, conversation, message]: Place) => ({
    platform: platformId(platform),
    conversation: conversationId(conversation),
    message: messageId(message),
  });
  const { message, ...target } = ref(to);
  const transaction = redis.multi();
  context.copies.record(transaction, { source: ref(from), bridge: 'town', target, copies: [{ message, shows: 'text' }] });
  await transaction.exec();
}

describe('a message', () => {
  test('goes to every other room of its bridges, and the journey says so', async () => {
    const routing = await route({ bridges: [...bridges, bridgeOf('suburb', 'pigeon:loft', 'raven:barn')] });
    await routing.accept(written(1));
    await routing.settled();
    expect([await routing.outbound(), await routing.outbound('barn')]).toMatchObject([
      [{ bridge: 'town', v: 1, platform: 'raven', event: { id: 'pigeon_m1', content: { text: 'hello' } } }],
      [{ bridge: 'suburb' }],
    ]);
    expect(await routing.context.journeys.recent(10)).toMatchObject([
      {
        step: 'routed',
        event: 'pigeon_m1',
        eventKey: 'k1',
        targets: [
          { platform: 'raven', conversation: 'tower' },
          { platform: 'raven', conversation: 'barn' },
        ],
      },
    ]);
  });

  test('follows bridges.yaml as it is in force', async () => {
    const routing = await route();
    routing.replaceBridges([bridgeOf('moved', 'pigeon:loft', 'raven:attic')]);
    await routing.accept(written(1));
    await routing.settled();
    expect([await routing.outbound(), await routing.outbound('attic')]).toMatchObject([[], [{ bridge: 'moved' }]]);
  });

  test('is routed although this process serves neither its platform nor its target', async () => {
    const routing = await route({ only: [] });
    await routing.accept(written(1));
    await routing.settled();
    expect(await routing.outbound()).toHaveLength(1);
  });
});

describe('by a written rule nothing is sent, counted and told where somebody may wonder', () => {
  test.each<[string, Parsed, string, readonly string[]]>([
    ['what the bridge sent', { kind: 'own' }, 'own', []],
    ['what is nothing to carry', { kind: 'dropped', reason: 'link-unfurl' }, 'link-unfurl', []],
    [
      'a room of no bridge',
      { kind: 'events', events: [written(1, { channel: { id: 'elsewhere', name: 'e', type: 'group' } })] },
      'not-bridged',
      [],
    ],
    [
      'an empty message',
      { kind: 'events', events: [written(1, { content: { text: '', attachments: [], metadata: {}, body: [] } })] },
      'empty',
      ['dropped pigeon_m1 empty'],
    ],
    ['nothing at all', { kind: 'events', events: [] }, 'none', []],
  ])('for %s', async (_what, parsed, reason, journeys) => {
    const routing = await route({ platforms: [createPigeon({ parse: () => parsed }), raven] });
    await routing.accept(written(1));
    await routing.settled();
    expect([await routing.outbound(), await routing.dropped(reason), await routing.journeys()]).toEqual([
      [],
      reason === 'none' ? '0' : '1',
      journeys,
    ]);
  });

  const both = [bridgeOf('town', 'raven:tower', 'pigeon:loft')];

  test.each(['message.edited', 'message.deleted'])('for a %s of one of our own copies', async (type) => {
    const routing = await route({ bridges: both });
    await carried(routing, { from: ['raven', 'tower', 'r1'], to: ['pigeon', 'loft', 'm1'] });
    await routing.accept(about(1, type));
    await routing.accept(about(2, type));
    await routing.settled();
    expect((await routing.outbound()).map(({ event }) => event.id)).toEqual(['pigeon_m2']);
    expect(await routing.dropped('copy')).toBe('1');
    expect(await routing.journeys()).toEqual(['dropped pigeon_m1 copy', 'routed pigeon_m2']);
  });

  test('but a reaction to one of our copies is meant for the original', async () => {
    const routing = await route({ bridges: both });
    await carried(routing, { from: ['raven', 'tower', 'r1'], to: ['pigeon', 'loft', 'm1'] });
    await routing.accept(about(1, 'reaction.added'));
    await routing.settled();
    expect(await routing.outbound()).toMatchObject([{ event: { type: 'reaction.added', message: 'm1' } }]);
  });
});

describe('reactions that were all taken away at once', () => {
  const clear = (emoji: string): RawEvent => ({ eventKey: `clear ${emoji}`, conversation: conversationId('loft'), raw: { emoji } });
  const parse = ({ eventKey, raw }: RawEvent): Parsed => {
    if (!eventKey.startsWith('clear')) return { kind: 'events', events: [eventSchema.parse(raw)] };
    const { emoji } = raw as { emoji: string };
    const event = eventSchema.parse({ ...about(1, 'reaction.removed'), emoji, eventKey });
    return event.type === 'reaction.removed' ? { kind: 'cleared', event } : { kind: 'dropped', reason: 'never' };
  };
  const reacted = (key: number, person: string, emoji: string, source = 'pigeon') =>
    pigeonEvent({
      ...about(1, 'reaction.added'),
      eventKey: `reacted ${key}`,
      source,
      emoji,
      author: { id: person, name: person, displayName: person, isBot: false },
      timestamp: `2025-10-07T16:00:0${key}.000Z`,
    });
  const removed = async (routing: Routing) =>
    (await routing.outbound()).flatMap(({ event }) => (event.type === 'reaction.removed' ? [`${event.author.id} ${event.emoji}`] : []));

  async function reactedRoom() {
    const routing = await route({ platforms: [createPigeon({ parse }), raven] });
    await carried(routing, { from: ['pigeon', 'loft', 'm1'], to: ['raven', 'tower', 'r1'] });
    await routing.accept(reacted(1, 'ana', '👍'));
    await routing.accept(reacted(2, 'bo', '👍'));
    await routing.accept(reacted(3, 'ana', '🎉'));
    await routing.settled();
    return routing;
  }

  test('go one by one elsewhere, as the records have them', async () => {
    const routing = await reactedRoom();
    await routing.accept(clear(''));
    await routing.settled();
    expect(await removed(routing)).toEqual(['ana 👍', 'bo 👍', 'ana 🎉']);
    await routing.accept({ ...clear(''), eventKey: 'clear again' });
    await routing.settled();
    expect([(await removed(routing)).length, await routing.dropped('reactions-cleared')]).toEqual([3, '1']);
  });

  test('go for one emoji where it was one', async () => {
    const routing = await reactedRoom();
    await routing.accept(clear('👍'));
    await routing.settled();
    expect(await removed(routing)).toEqual(['ana 👍', 'bo 👍']);
  });
});

describe('a change that names no conversation', () => {
  const reports = { edits: true, deletes: true, reactions: true, withoutConversation: true };
  const nowhere = { channel: { id: 'message:m1', name: '', type: 'group' } };

  test('goes where its message went', async () => {
    const routing = await route({ platforms: [createPigeon({ capabilities: { reports } }), raven] });
    await carried(routing, { from: ['pigeon', 'loft', 'm1'], to: ['raven', 'tower', 'r1'] });
    await routing.accept(about(1, 'message.deleted', nowhere));
    await routing.settled();
    expect(await routing.outbound()).toMatchObject([{ event: { type: 'message.deleted', channel: { id: 'loft' } } }]);
  });

  test('finds its message also before any copy of it is there', async () => {
    const routing = await route({ platforms: [createPigeon({ capabilities: { reports } }), raven] });
    await routing.accept(written(1));
    await routing.settled();
    await routing.accept(about(1, 'reaction.added', nowhere));
    await routing.settled();
    expect((await routing.outbound()).map(({ event }) => [event.type, event.channel.id])).toEqual([
      ['message.created', 'loft'],
      ['reaction.added', 'loft'],
    ]);
  });

  test('goes to the part of the named one that its message is in', async () => {
    const wings = createPigeon();
    const platform = { ...wings.platform, containerOf: () => conversationId('house') };
    const routing = await route({ platforms: [{ ...wings, platform }, raven] });
    await carried(routing, { from: ['pigeon', 'loft', 'm1'], to: ['raven', 'tower', 'r1'] });
    await routing.accept(about(1, 'reaction.added', { channel: { id: 'house', name: '', type: 'group' } }));
    await routing.accept(about(2, 'reaction.added', { channel: { id: 'loft', name: '', type: 'group' } }));
    await routing.settled();
    expect(await routing.outbound()).toMatchObject([
      { event: { type: 'reaction.added', message: 'm1', channel: { id: 'loft' } } },
      { event: { type: 'reaction.added', message: 'm2', channel: { id: 'loft' } } },
    ]);
  });

  test('goes nowhere when its message is not known', async () => {
    const routing = await route({ platforms: [createPigeon({ capabilities: { reports } }), raven] });
    await routing.accept(about(1, 'reaction.added', nowhere));
    await routing.settled();
    expect([await routing.outbound(), await routing.dropped('not-bridged')]).toEqual([[], '1']);
  });
});

describe('a conversation that goes on under another id', () => {
  const parse = ({ eventKey, raw }: RawEvent): Parsed =>
    eventKey === 'move'
      ? { kind: 'moved', from: conversationId('loft'), to: conversationId('new loft') }
      : { kind: 'events', events: [eventSchema.parse(raw)] };
  const elsewhere = { channel: { id: 'new loft', name: 'Loft', type: 'group' } };
  const move = (conversation: string): RawEvent => ({ eventKey: 'move', conversation: conversationId(conversation), raw: {} });

  test('brings messages in from there, under the bridge of before, and says once what to change', async () => {
    const routing = await route({ platforms: [createPigeon({ parse }), raven] });
    await routing.accept(written(1));
    await routing.accept(move('new loft'));
    await routing.accept(written(2, elsewhere));
    await routing.settled();
    await routing.accept({ ...move('loft'), eventKey: 'move', raw: { again: true } });
    await routing.settled();
    expect((await routing.outbound()).map(({ event }) => event.id)).toEqual(['pigeon_m1', 'pigeon_m2']);
    const told = routing.lines.filter(({ level }) => level === 'warn');
    expect(told).toMatchObject([
      { platform: 'pigeon', from: 'loft', to: 'new loft', fix: 'in bridge town, write new loft in place of loft' },
    ]);
  });

  test('is known at once, although another router noticed it', async () => {
    const routing = await route({ platforms: [createPigeon({ parse }), raven] });
    await routing.accept(written(1));
    await routing.settled();
    const transaction = routing.redis.multi();
    const other = await stage.open({ prefix: routing.prefix });
    other.context.moves.record(
      transaction,
      { platform: platformId('pigeon'), conversation: conversationId('loft') },
      conversationId('new loft'),
    );
    await transaction.exec();
    await routing.accept(written(2, elsewhere));
    await routing.settled();
    expect(await routing.outbound()).toHaveLength(2);
  });
});

describe('what cannot be routed as things are', () => {
  const broken = () => {
    throw new TypeError('secret words');
  };
  const misread = (): Parsed => ({ kind: 'events', events: [{ ...written(1), timestamp: 'yesterday' }] });

  test.each([
    ['throws', broken, /^Pigeon Post's event could not be read; report it/],
    ['gives no standard message', misread, /^Pigeon Post's event was misread \(timestamp: .*\); report it/],
  ])('because parsing %s becomes a dead letter; what comes behind it goes on', async (_what, parse, detail) => {
    const good = createPigeon();
    const platforms = [createPigeon({ parse: (event) => (event.eventKey === 'k1' ? parse() : good.instance.parse(event)) }), raven];
    const routing = await route({ platforms });
    await routing.accept(written(1));
    await routing.accept(written(2));
    await routing.settled();
    await vi.waitFor(async () => expect(await routing.dead()).toHaveLength(1), soon);
    expect((await routing.outbound()).map(({ event }) => event.id)).toEqual(['pigeon_m2']);
    const [letter] = await routing.dead();
    expect(JSON.parse(letter?.['data'] ?? '')).toMatchObject({
      queue: 'inbound',
      reason: 'unparseable',
      detail: expect.stringMatching(detail),
      message: { platform: 'pigeon', eventKey: 'k1', raw: { id: 'pigeon_m1' } },
    });
    expect(letter?.['failedReason']).toMatch(/^unparseable: Pigeon Post/);
    expect(await routing.dropped('unparseable')).toBe('1');
    expect(routing.lines).toContainEqual(
      expect.objectContaining({ level: 'error', msg: 'event cannot be routed and is a dead letter now' }),
    );
    expect((await routing.context.queues.depths())[0]).toMatchObject({ queue: 'inbound', dead: 1 });
  });

  test('because its platform was switched off with events still waiting is kept, and told', async () => {
    const before = await stage.open({ platforms: [createPigeon(), raven] });
    await untilTaken(() => acceptEvent(before.context, platformId('pigeon'), rawOf(written(1))));
    const routing = await route({ prefix: before.prefix, platforms: [raven] });
    await routing.settled();
    await vi.waitFor(async () => expect(await routing.dead()).toHaveLength(1), soon);
    expect((await routing.dead())[0]?.['failedReason']).toMatch(
      /^platform-off: pigeon is not configured where the router runs; set its variables there/,
    );
  });

  test('waits while Redis does not say whether it is one of ours, and is then routed', async () => {
    const routing = await route();
    const isCopy = vi.spyOn(routing.context.copies, 'isCopy').mockRejectedValueOnce(new Error('Command timed out'));
    await routing.accept(about(1, 'message.edited'));
    await routing.settled();
    expect(isCopy).toHaveBeenCalledTimes(2);
    expect(await routing.outbound()).toHaveLength(1);
  });
});

describe('a message of bridge send', () => {
  const send = (routing: Routing, raw: RawEvent['raw'], eventKey = 't1') =>
    untilTaken(() => acceptEvent(routing.context, testPlatform, { eventKey, conversation: conversationId('bridge'), raw }));

  test('goes to every room that receives, and carries who wrote it', async () => {
    const members = bridgeOf('x', 'raven:tower', 'pigeon:loft').members.map((member, index) => ({
      ...member,
      direction: index === 0 ? ('out' as const) : ('in' as const),
    }));
    const routing = await route({ bridges: [{ ...bridgeOf('town'), members }] });
    await send(routing, { bridge: 'town', text: 'on?' });
    await routing.settled();
    expect(await routing.outbound()).toMatchObject([
      {
        bridge: 'town',
        event: { source: 'bridge', message: 't1', author: { displayName: 'Bridge test', isBot: true }, content: { text: 'on?' } },
      },
    ]);
    expect(await routing.journeys()).toEqual(['routed bridge_t1']);
  });

  test('that nobody understands blocks nothing', async () => {
    const routing = await route();
    await send(routing, { bridge: 7 });
    await send(routing, { bridge: 'town', text: 'on?' }, 't2');
    await routing.settled();
    expect(await routing.outbound()).toHaveLength(1);
    await vi.waitFor(async () => expect(await routing.dead()).toHaveLength(1), soon);
  });
});
