import type { Bridge, BridgeMember, BridgeOptions, Show } from './bridge.ts';
import { showOf } from './bridge.ts';
import { type Pattern, type RefusalReason, applyOptions, isEmpty, isIgnored, notBrought, notCarried } from './filter.ts';
import type { ConversationId, ConversationRef, PlatformId } from './ids.ts';
import type { BridgeEvent } from './message.ts';
import type { Typing } from './platform.ts';

interface Membership {
  readonly bridge: Bridge;
  readonly member: BridgeMember;
  readonly patterns: readonly Pattern[];
}

/** Which bridges a conversation takes part in; made by `compileBridges` from a validated bridges.yaml. */
export interface BridgeIndex {
  readonly memberships: ReadonlyMap<string, readonly Membership[]>;
}

/** Why an event goes nowhere: a short constant, for counting and for `bridge trace`. */
export type DropReason = 'not-bridged' | 'bridge-disabled' | 'one-way' | RefusalReason;
// From the least to the most that a bridge did with an event: of several bridges, the one that came furthest explains it best.
const reasons: readonly DropReason[] = [
  'not-bridged',
  'bridge-disabled',
  'one-way',
  'joins-off',
  'notices-off',
  'edits-off',
  'deletes-off',
  'reactions-off',
  'ignored-bot',
  'ignored-user',
  'ignored-message',
  'ignored-kind',
  'empty',
];

export interface RouteTarget {
  readonly bridge: string;
  readonly ref: ConversationRef;
  /** The event as this bridge's options let it through: `makeDelivery({ ...target, receivedAt, routedAt })`. */
  readonly event: BridgeEvent;
  readonly show?: Show;
}

export interface RouteResult {
  readonly targets: readonly RouteTarget[];
  /** Set when, and only when, there is no target. */
  readonly dropped?: DropReason;
}

const keyOf = (ref: ConversationRef): string => JSON.stringify([ref.platform, ref.conversation]);
const optionsOf = ({ options }: Bridge, member: BridgeMember): BridgeOptions =>
  member.options === undefined ? options : { ...options, ...member.options };

/**
 * Builds the look-up of `route`. Disabled bridges stay in it, so that a drop can name its true reason. `patternOf` turns
 * an `ignoreMessages` entry that was validated into what finds it; the core has no engine of its own.
 */
export function compileBridges(bridges: readonly Bridge[], patternOf: (pattern: string) => Pattern = () => () => false): BridgeIndex {
  const memberships = new Map<string, Membership[]>();
  for (const bridge of bridges) {
    for (const member of bridge.members) {
      const one: Membership = { bridge, member, patterns: optionsOf(bridge, member).ignoreMessages.map(patternOf) };
      const known = memberships.get(keyOf(member));
      if (known === undefined) memberships.set(keyOf(member), [one]);
      else known.push(one);
    }
  }
  return { memberships };
}

const brings = (member: BridgeMember): boolean => member.direction !== 'out';
const receives = (member: BridgeMember): boolean => member.direction !== 'in';

/**
 * The id that a conversation was first known by, the same before and after it moved; its own for nearly all. What is on its way
 * to a conversation keeps one name, and so its order, however the conversation is called meanwhile.
 */
export type FirstName = (ref: ConversationRef) => ConversationId;

interface Names {
  readonly memberships: BridgeIndex['memberships'];
  /** Absent when no conversation ever moved. */
  readonly first: FirstName | undefined;
}

const nameOf = ({ platform, conversation }: ConversationRef, first: FirstName | undefined): ConversationRef => ({
  platform,
  conversation: first?.({ platform, conversation }) ?? conversation,
});

interface Passing {
  readonly event: BridgeEvent;
  readonly first: FirstName | undefined;
}

function throughMembership({ bridge, member, patterns }: Membership, { event, first }: Passing): readonly RouteTarget[] | DropReason {
  if (!bridge.enabled) return 'bridge-disabled';
  const own = keyOf(nameOf(member, first));
  // The source never gets its own event back, however often it is listed, and by whatever id.
  const others = bridge.members.filter((other) => receives(other) && keyOf(nameOf(other, first)) !== own);
  if (!brings(member) || others.length === 0) return 'one-way';
  const options = optionsOf(bridge, member);
  const brought = applyOptions(event, options);
  const refused = notCarried(event, options) ?? notBrought(event, options, patterns) ?? (isEmpty(brought) ? 'empty' : undefined);
  if (refused !== undefined) return refused;
  const results = others.map((other) => toMember(bridge, other, { event: brought, first }));
  const targets = results.filter((result) => typeof result !== 'string');
  return targets.length > 0 ? targets : (results.find((result) => typeof result === 'string') ?? 'one-way');
}

function toMember(bridge: Bridge, member: BridgeMember, { event: brought, first }: Passing): RouteTarget | DropReason {
  const options = optionsOf(bridge, member);
  const event = applyOptions(brought, options);
  const refused = notCarried(event, options) ?? (isEmpty(event) ? 'empty' : undefined);
  if (refused !== undefined) return refused;
  const show = showOf(options);
  return { bridge: bridge.name, ref: nameOf(member, first), event, ...(show === undefined ? {} : { show }) };
}

interface Found {
  readonly event: BridgeEvent;
  readonly through: readonly Membership[];
}

/** The memberships of an event's conversation, or of the one that it is a thread of; the event then belongs to that one. */
function find(event: BridgeEvent, names: Names): Found {
  const { source: platform, channel } = event;
  const own = membershipsOf({ platform, conversation: channel.id }, names);
  if (own.length > 0 || channel.parent === undefined) return { event, through: own };
  const { parent, ...room } = channel;
  return { event: { ...event, channel: { ...room, id: parent } }, through: membershipsOf({ platform, conversation: parent }, names) };
}

/** Also those that bridges.yaml still calls by an id from before a move. */
function membershipsOf(ref: ConversationRef, { memberships, first }: Names): readonly Membership[] {
  if (first === undefined) return memberships.get(keyOf(ref)) ?? [];
  const name = keyOf(nameOf(ref, first));
  return [...memberships.values()].flat().filter(({ member }) => keyOf(nameOf(member, first)) === name);
}

/**
 * Where an event goes: to every other member of every enabled bridge that its conversation brings messages into, each
 * conversation once even where bridges share rooms, and never back where it came from. Conversations that moved are
 * named as `first` says. Whether the event is one of our
 * own copies is not seen here: that takes the store, and comes before.
 */
export function route(original: BridgeEvent, index: BridgeIndex, first?: FirstName): RouteResult {
  const targets = new Map<string, RouteTarget>();
  let furthest: DropReason = 'not-bridged';
  const { event, through: memberships } = find(original, { ...index, first });
  for (const membership of memberships) {
    const through = throughMembership(membership, { event, first });
    if (typeof through === 'string') furthest = reasons.indexOf(through) > reasons.indexOf(furthest) ? through : furthest;
    else for (const target of through) if (!targets.has(keyOf(target.ref))) targets.set(keyOf(target.ref), target);
  }
  return targets.size === 0 ? { targets: [], dropped: furthest } : { targets: [...targets.values()] };
}

/** Where it is shown that somebody writes: to the other members of the bridges that want it, if both rooms do. */
export function routeTyping(platform: PlatformId, { conversation, author }: Typing, { memberships }: BridgeIndex): ConversationRef[] {
  const source = keyOf({ platform, conversation });
  const targets = new Map<string, ConversationRef>();
  for (const { bridge, member } of memberships.get(source) ?? []) {
    const options = optionsOf(bridge, member);
    if (!bridge.enabled || !brings(member) || !options.typing || isIgnored(author, options)) continue;
    const others = bridge.members.filter((other) => receives(other) && optionsOf(bridge, other).typing && keyOf(other) !== source);
    for (const other of others) targets.set(keyOf(other), { platform: other.platform, conversation: other.conversation });
  }
  return [...targets.values()];
}
