import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { defaultBridgeOptions } from './bridge.ts';
import type { Bridge, BridgeMember, BridgeOptions, Direction } from './bridge.ts';
import { conversationId, messageId, platformId, userId } from './ids.ts';
import type { BridgeEvent } from './message.ts';
import { paragraphs } from './plain-text.ts';
import { applyOptions } from './filter.ts';
import { compileBridges, route, routeTyping } from './route.ts';

const member = (name: string, direction: Direction = 'both'): BridgeMember => {
  const [platform = '', conversation = ''] = name.split(':');
  return { platform: platformId(platform), conversation: conversationId(conversation), direction };
};
const bridge = (
  name: string,
  members: readonly BridgeMember[],
  more: { readonly enabled?: boolean; readonly options?: Partial<BridgeOptions> } = {},
): Bridge => ({
  name,
  members,
  enabled: more.enabled ?? true,
  options: { ...defaultBridgeOptions, ...more.options },
});
const base = (from: string, text = 'hello'): Omit<Extract<BridgeEvent, { readonly type: 'message.deleted' }>, 'type'> => {
  const { platform, conversation } = member(from);
  return {
    v: 1,
    id: `${platform}_1`,
    source: platform,
    message: messageId('1'),
    eventKey: 'k',
    author: { id: userId('u'), name: 'ana', displayName: 'Ana', isBot: false },
    channel: { id: conversation, name: 'Room', type: 'group' },
    timestamp: '2026-01-01T00:00:00.000Z',
    platform: {},
    content: { text, attachments: [], metadata: {}, body: paragraphs(text) },
  };
};
const created = (from: string, text?: string): BridgeEvent => ({ ...base(from, text), type: 'message.created' });
const image = { kind: 'image', name: 'cat.png', handle: 'h' } as const;
const withImage = (event: BridgeEvent): BridgeEvent => ({ ...event, content: { ...event.content, attachments: [image] } });

const targetsOf = (event: BridgeEvent, ...bridges: Bridge[]): string[] =>
  route(event, compileBridges(bridges)).targets.map(({ bridge: name, ref }) => `${name} ${ref.platform}:${ref.conversation}`);
const droppedOf = (event: BridgeEvent, ...bridges: Bridge[]): string | undefined => route(event, compileBridges(bridges)).dropped;

const three = [member('cometchat:g'), member('discord:c'), member('telegram:t')];

describe('where an event goes', () => {
  test('to every other member', () => {
    expect(targetsOf(created('cometchat:g'), bridge('b', three))).toEqual(['b discord:c', 'b telegram:t']);
    expect(targetsOf(created('telegram:t'), bridge('b', three))).toEqual(['b cometchat:g', 'b discord:c']);
  });

  test('to another room of the same platform, never to its own', () => {
    expect(targetsOf(created('discord:c'), bridge('b', [member('discord:c'), member('discord:d')]))).toEqual(['b discord:d']);
  });

  test('to each conversation once, where two bridges share rooms or one lists a room twice', () => {
    const shared = [
      bridge('b1', three),
      bridge('b2', [member('cometchat:g'), member('telegram:t'), member('telegram:t'), member('telegram:u')]),
    ];
    expect(targetsOf(created('cometchat:g'), ...shared)).toEqual(['b1 discord:c', 'b1 telegram:t', 'b2 telegram:u']);
  });

  test('never back, where its own room is listed twice', () => {
    expect(targetsOf(created('discord:c'), bridge('b', [member('discord:c'), member('discord:c', 'out'), member('telegram:t')]))).toEqual([
      'b telegram:t',
    ]);
  });

  test('does not mix up rooms of two platforms that have the same name', () => {
    expect(targetsOf(created('discord:x'), bridge('b', [member('telegram:x'), member('cometchat:g')]))).toEqual([]);
  });
});

describe('a conversation that moved', () => {
  const names: Readonly<Record<string, string>> = { '-100': '-1', '-200': '-100' };
  const first = ({ conversation }: { readonly conversation: string }) => {
    const before = names[conversation];
    return conversationId((before === undefined ? undefined : names[before]) ?? before ?? conversation);
  };
  const movedTargets = (from: string, ...bridges: Bridge[]) =>
    route(created(from), compileBridges(bridges), first).targets.map(
      ({ bridge: name, ref }) => `${name} ${ref.platform}:${ref.conversation}`,
    );

  test.each(['-1', '-100', '-200'])('keeps one name on the way out, though bridges.yaml calls it %s', (id) => {
    expect(movedTargets('discord:c', bridge('b', [member('discord:c'), member(`telegram:${id}`)]))).toEqual(['b telegram:-1']);
  });

  test.each(['-1', '-100', '-200'])('brings messages in by every id, though bridges.yaml calls it %s', (id) => {
    const bridges = [bridge('b', [member('discord:c'), member(`telegram:${id}`)])];
    for (const from of ['-1', '-100', '-200']) expect(movedTargets(`telegram:${from}`, ...bridges)).toEqual(['b discord:c']);
  });

  test('is one conversation, under however many ids it is listed', () => {
    const both = [
      bridge('b1', [member('discord:c'), member('telegram:-1')]),
      bridge('b2', [member('discord:c'), member('telegram:-100'), member('telegram:-200', 'out')]),
    ];
    expect(movedTargets('discord:c', ...both)).toEqual(['b1 telegram:-1']);
    expect(movedTargets('telegram:-100', ...both)).toEqual(['b1 discord:c']);
  });

  test('is not another platform’s of the same id, and others stay as they are', () => {
    const bridges = [bridge('b', [member('discord:-100'), member('telegram:t')])];
    expect(movedTargets('telegram:-1', ...bridges)).toEqual([]);
    expect(movedTargets('telegram:t', ...bridges)).toEqual(['b discord:-1']);
  });
});

describe('directions', () => {
  const members = [member('cometchat:g', 'in'), member('discord:c', 'out'), member('telegram:t')];
  test.each<[string, string[]]>([
    ['cometchat:g', ['b discord:c', 'b telegram:t']],
    ['discord:c', []],
    ['telegram:t', ['b discord:c']],
  ])('from %s', (from, expected) => {
    expect(targetsOf(created(from), bridge('b', members))).toEqual(expected);
  });
});

describe('why an event goes nowhere', () => {
  const off = (options: Partial<BridgeOptions>): Bridge => bridge('b', three, { options });
  const from = 'discord:c';
  const edited: BridgeEvent = { ...base(from), type: 'message.edited', revision: '2' };
  const deleted: BridgeEvent = { ...base(from, ''), type: 'message.deleted' };
  const added: BridgeEvent = { ...base(from, ''), type: 'reaction.added', emoji: '👍' };
  const removed: BridgeEvent = { ...base(from, ''), type: 'reaction.removed', emoji: '👍' };

  test.each<[string, BridgeEvent, Bridge[]]>([
    ['not-bridged', created('discord:other'), [bridge('b', three)]],
    ['not-bridged', created(from), []],
    ['bridge-disabled', created(from), [bridge('b', three, { enabled: false })]],
    ['one-way', created(from), [bridge('b', [member(from, 'out'), member('telegram:t')])]],
    ['one-way', created(from), [bridge('b', [member(from), member('telegram:t', 'in')])]],
    ['edits-off', edited, [off({ edits: false })]],
    ['deletes-off', deleted, [off({ deletes: false })]],
    ['reactions-off', added, [off({ reactions: false })]],
    ['reactions-off', removed, [off({ reactions: false })]],
    ['empty', created(from, ' \n'), [bridge('b', three)]],
    ['empty', withImage(created(from, '')), [off({ attachments: false })]],
  ])('%s', (reason, event, bridges) => {
    expect(route(event, compileBridges(bridges))).toEqual({ targets: [], dropped: reason });
  });

  test('of several bridges, the one that came furthest says why', () => {
    expect(
      droppedOf(
        edited,
        bridge('b1', three, { enabled: false }),
        off({ edits: false }),
        bridge('b3', [member(from, 'out'), member('telegram:t')]),
      ),
    ).toBe('edits-off');
  });

  test('not at all where another bridge takes it', () => {
    const result = route(edited, compileBridges([off({ edits: false }), bridge('b2', [member(from), member('telegram:t')])]));
    expect(result).toMatchObject({ targets: [{ bridge: 'b2' }] });
    expect('dropped' in result).toBe(false);
  });

  test('an option stops only its own kind of event', () => {
    const closed = off({ edits: false, deletes: false, reactions: false, attachments: false });
    expect(targetsOf(created(from), closed)).toHaveLength(2);
    for (const event of [edited, deleted, added, removed, withImage(created(from, ''))])
      expect(targetsOf(event, bridge('b', three))).toHaveLength(2);
  });

  test('edits and deletes need no text to be carried', () => {
    expect(targetsOf(deleted, bridge('b', three))).toHaveLength(2);
    expect(targetsOf({ ...edited, content: { ...edited.content, body: [] } }, bridge('b', three))).toHaveLength(2);
  });
});

describe('attachments: false', () => {
  test('empties them for that bridge alone', () => {
    const event = withImage(created('discord:c'));
    const bridges = [
      bridge('b1', [member('discord:c'), member('telegram:t')], { options: { attachments: false } }),
      bridge('b2', [member('discord:c'), member('cometchat:g')]),
    ];
    const counts = route(event, compileBridges(bridges)).targets.map((target) => [target.bridge, target.event.content.attachments.length]);
    expect(counts).toEqual([
      ['b1', 0],
      ['b2', 1],
    ]);
    expect(event.content.attachments).toHaveLength(1);
  });

  test('leaves an event as it is where they are on or there are none', () => {
    const plain = created('discord:c');
    expect(applyOptions(plain, { ...defaultBridgeOptions, attachments: false })).toBe(plain);
    expect(applyOptions(withImage(plain), defaultBridgeOptions)).toEqual(withImage(plain));
  });
});

describe('for any bridges', () => {
  const rooms = ['cometchat:a', 'cometchat:b', 'discord:a', 'discord:b', 'telegram:a'];
  const memberArbitrary = fc
    .tuple(fc.constantFrom(...rooms), fc.constantFrom<Direction>('both', 'in', 'out'))
    .map(([room, direction]) => member(room, direction));
  const bridges = fc
    .array(fc.tuple(fc.array(memberArbitrary, { minLength: 2, maxLength: 5 }), fc.boolean()), { maxLength: 4 })
    .map((list) => list.map(([members, enabled], index) => bridge(`b${index}`, members, { enabled })));
  const nameOf = ({ platform, conversation }: { platform: string; conversation: string }): string => `${platform}:${conversation}`;

  test('targets are exactly the members that some enabled bridge leads to, each once, never the source', () => {
    fc.assert(
      fc.property(bridges, fc.constantFrom(...rooms), (list, from) => {
        const wanted = new Set<string>();
        for (const { members, enabled } of list) {
          if (!enabled || !members.some((one) => nameOf(one) === from && one.direction !== 'out')) continue;
          for (const one of members) if (one.direction !== 'in' && nameOf(one) !== from) wanted.add(nameOf(one));
        }
        const { targets, dropped } = route(created(from), compileBridges(list));
        expect(targets.map(({ ref }) => nameOf(ref)).toSorted()).toEqual([...wanted].toSorted());
        expect(dropped === undefined).toBe(wanted.size > 0);
      }),
    );
  });
});

describe('filters', () => {
  const from = 'discord:c';
  const passing = (event: BridgeEvent, options: Partial<BridgeOptions>): string | number => {
    const result = route(
      event,
      compileBridges([bridge('b', three, { options })], (pattern) => (text) => text.includes(pattern)),
    );
    return result.dropped ?? result.targets.length;
  };
  const by = (author: Partial<BridgeEvent['author']>): BridgeEvent => {
    const event = created(from);
    return { ...event, author: { ...event.author, ...author } };
  };

  test('by who wrote it', () => {
    expect(passing(by({ isBot: true }), { ignoreBots: true })).toBe('ignored-bot');
    expect(passing(by({ isBot: true }), {})).toBe(2);
    for (const name of ['ANA', '@ana', 'u']) expect(passing(by({}), { ignoreUsers: ['bo', name] })).toBe('ignored-user');
    expect(passing(by({}), { ignoreUsers: ['an'] })).toBe(2);
    expect(passing({ ...by({}), type: 'message.edited', revision: '2' }, { ignoreUsers: ['Ana'] })).toBe('ignored-user');
  });

  test('by what it says', () => {
    expect(passing(created(from, 'buy now'), { ignoreMessages: ['nothing', 'buy'] })).toBe('ignored-message');
    expect(passing({ ...created(from, 'buy now'), type: 'message.edited', revision: '2' }, { ignoreMessages: ['buy'] })).toBe(
      'ignored-message',
    );
    expect(passing(created(from, 'sell'), { ignoreMessages: ['buy'] })).toBe(2);
  });

  test('by what it is: a forward whatever it holds, anything else where the message is nothing but that', () => {
    const of = (...kinds: NonNullable<BridgeEvent['content']['kinds']>): BridgeEvent => {
      const event = created(from);
      return { ...event, content: { ...event.content, kinds } };
    };
    const only = (event: BridgeEvent, ...ignoreKinds: BridgeOptions['ignoreKinds']) => passing(event, { ignoreKinds });
    expect([only(of('poll'), 'dice', 'poll'), only(of('poll'), 'dice'), only(of('poll'))]).toEqual(['ignored-kind', 2, 2]);
    expect([only(of('forward'), 'forward'), only(of('forward', 'poll'), 'forward')]).toEqual(['ignored-kind', 'ignored-kind']);
    expect([only(of('forward', 'poll'), 'poll'), only(of('forward'), 'poll')]).toEqual(['ignored-kind', 2]);
    expect([only(of('embed', 'sticker'), 'embed'), only(of('embed', 'sticker'), 'embed', 'sticker')]).toEqual([2, 'ignored-kind']);
    expect(only(created(from), 'forward', 'poll', 'embed')).toBe(2);
    expect(only({ ...of('poll'), type: 'message.edited', revision: '2' }, 'poll')).toBe('ignored-kind');
    expect(only({ ...of('poll'), type: 'message.deleted' }, 'poll')).toBe(2);
  });

  test('by what happened: who joins is not told unless wanted, the rest is unless not', () => {
    const notice = (kind: 'membership' | 'event'): BridgeEvent => ({ ...base(from, 'joined'), type: 'message.created', notice: kind });
    expect([passing(notice('membership'), {}), passing(notice('membership'), { joins: true })]).toEqual(['joins-off', 2]);
    expect([passing(notice('event'), {}), passing(notice('event'), { notices: false })]).toEqual([2, 'notices-off']);
  });

  test('of one room go before those of the bridge, on what it brings and on what it receives', () => {
    const picky = { ...member('discord:c'), options: { ignoreBots: true, nameTemplate: '{name}' } };
    const rooms = [picky, member('telegram:t'), { ...member('cometchat:g'), options: { edits: false } }];
    const bot = (at: string): BridgeEvent => ({ ...created(at), author: { ...created(at).author, isBot: true } });
    const [town] = [bridge('b', rooms)];
    expect(droppedOf(bot('discord:c'), town)).toBe('ignored-bot');
    expect(targetsOf(bot('telegram:t'), town)).toEqual(['b discord:c', 'b cometchat:g']);
    expect(route(created('telegram:t'), compileBridges([town])).targets.map(({ show }) => show)).toEqual([
      { nameTemplate: '{name}' },
      undefined,
    ]);
    expect(targetsOf({ ...base('telegram:t'), type: 'message.edited', revision: '2' }, town)).toEqual(['b discord:c']);
    expect(droppedOf({ ...base('cometchat:g'), type: 'message.edited', revision: '2' }, town)).toBe('edits-off');
  });

  test('threads become ordinary messages where they are not wanted', () => {
    const event: BridgeEvent = { ...created(from), thread: { root: messageId('r') } };
    expect(route(event, compileBridges([bridge('b', three)])).targets[0]?.event.thread).toEqual({ root: 'r' });
    expect(route(event, compileBridges([bridge('b', three, { options: { threads: false } })])).targets[0]?.event.thread).toBeUndefined();
  });
});

describe('a thread', () => {
  const inThread = (id: string): BridgeEvent => {
    const event = created('discord:c');
    return { ...event, channel: { id: conversationId(id), parent: conversationId('c'), name: 'thread', type: 'thread' } };
  };
  test('belongs to the room that it hangs on, unless it is bridged itself', () => {
    const result = route(inThread('t1'), compileBridges([bridge('b', three)]));
    expect(result.targets.map(({ event }) => [event.channel.id, event.channel.parent])).toEqual([
      ['c', undefined],
      ['c', undefined],
    ]);
    const own = bridge('own', [member('discord:t1'), member('telegram:u')]);
    expect(targetsOf(inThread('t1'), bridge('b', three), own)).toEqual(['own telegram:u']);
    expect(droppedOf({ ...inThread('t1'), source: platformId('telegram') }, bridge('b', three))).toBe('not-bridged');
  });
});

describe('a conversation that moved', () => {
  const now = ({ conversation }: { readonly conversation: string }) => conversationId(conversation === 't' ? 't-new' : conversation);
  const index = compileBridges([bridge('b', three)]);
  test('is found under its new id, and written to there', () => {
    expect(route(created('telegram:t-new'), index, now).targets.map(({ ref }) => ref.conversation)).toEqual(['g', 'c']);
    expect(route(created('discord:c'), index, now).targets.map(({ ref }) => ref.conversation)).toEqual(['g', 't-new']);
    expect(route(created('telegram:other'), index, now).dropped).toBe('not-bridged');
  });
});

describe('that somebody writes', () => {
  const shownIn = (options: Partial<BridgeOptions>, ...members: BridgeMember[]): string[] => {
    const author = { id: userId('u'), name: 'ana', displayName: 'Ana' };
    const index = compileBridges([bridge('b', members, { options }), bridge('off', members, { options, enabled: false })]);
    const targets = routeTyping(platformId('discord'), { conversation: conversationId('c'), author }, index);
    return targets.map(({ platform, conversation }) => `${platform}:${conversation}`);
  };
  const on = { typing: true };

  test('is shown in the other rooms of a bridge that wants it, each once', () => {
    expect(shownIn(on, ...three, member('telegram:t'))).toEqual(['cometchat:g', 'telegram:t']);
    expect(shownIn({}, ...three)).toEqual([]);
  });
  test('is shown only where both rooms want it, and the way messages go', () => {
    expect(shownIn({}, { ...member('discord:c'), options: on }, member('telegram:t'))).toEqual([]);
    expect(shownIn(on, member('discord:c'), { ...member('telegram:t'), options: { typing: false } }, member('telegram:u'))).toEqual([
      'telegram:u',
    ]);
    expect(shownIn(on, member('discord:c', 'out'), member('telegram:t'))).toEqual([]);
    expect(shownIn(on, member('discord:c'), member('telegram:t', 'in'))).toEqual([]);
    expect(shownIn(on, member('discord:d'), member('telegram:t'))).toEqual([]);
  });
  test('is not shown of people whose messages are not carried', () => {
    expect(shownIn({ ...on, ignoreUsers: ['@Ana'] }, ...three)).toEqual([]);
  });
});
