import type { Bridge, BridgeMember, BridgeOptions, Show } from './bridge.ts';
import { showOf } from './bridge.ts';
import { type Pattern, type RefusalReason, applyOptions, isEmpty, notBrought, notCarried } from './filter.ts';
import type { ConversationId, ConversationRef } from './ids.ts';
import type { BridgeEvent } from './message.ts';

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

/** The id under which a conversation goes on now; its own for nearly all. */
export type WhereNow = (ref: ConversationRef) => ConversationId;

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

interface Passing {
  readonly event: BridgeEvent;
  readonly now: WhereNow | undefined;
}

function throughMembership({ bridge, member, patterns }: Membership, { event, now }: Passing): readonly RouteTarget[] | DropReason {
  if (!bridge.enabled) return 'bridge-disabled';
  // The source never gets its own event back, however often it is listed.
  const others = bridge.members.filter((other) => receives(other) && keyOf(other) !== keyOf(member));
  if (!brings(member) || others.length === 0) return 'one-way';
  const options = optionsOf(bridge, member);
  const brought = applyOptions(event, options);
  const refused = notCarried(event, options) ?? notBrought(event, options, patterns) ?? (isEmpty(brought) ? 'empty' : undefined);
  if (refused !== undefined) return refused;
  const results = others.map((other) => toMember(bridge, other, { event: brought, now }));
  const targets = results.filter((result) => typeof result !== 'string');
  return targets.length > 0 ? targets : (results.find((result) => typeof result === 'string') ?? 'one-way');
}

function toMember(bridge: Bridge, member: BridgeMember, { event: brought, now }: Passing): RouteTarget | DropReason {
  const options = optionsOf(bridge, member);
  const event = applyOptions(brought, options);
  const refused = notCarried(event, options) ?? (isEmpty(event) ? 'empty' : undefined);
  if (refused !== undefined) return refused;
  const { platform, conversation } = member;
  const show = showOf(options);
  const ref = { platform, conversation: now?.({ platform, conversation }) ?? conversation };
  return { bridge: bridge.name, ref, event, ...(show === undefined ? {} : { show }) };
}

interface Found {
  readonly event: BridgeEvent;
  readonly memberships: readonly Membership[];
}

/** The memberships of an event's conversation, or of the one that it is a thread of; the event then belongs to that one. */
function find({ event, now }: Passing, { memberships }: BridgeIndex): Found {
  const { source: platform, channel } = event;
  const at = (conversation: ConversationId): readonly Membership[] | undefined =>
    memberships.get(keyOf({ platform, conversation })) ?? movedTo(memberships, { platform, conversation }, now);
  const own = at(channel.id);
  if (own !== undefined || channel.parent === undefined) return { event, memberships: own ?? [] };
  const { parent, ...room } = channel;
  return { event: { ...event, channel: { ...room, id: parent } }, memberships: at(parent) ?? [] };
}

/** What bridges.yaml still calls by the id that it had before it moved. */
function movedTo(memberships: BridgeIndex['memberships'], ref: ConversationRef, now?: WhereNow): readonly Membership[] | undefined {
  if (now === undefined) return undefined;
  for (const [, [first, ...others]] of memberships) {
    if (first === undefined || first.member.platform !== ref.platform) continue;
    if (first.member.conversation !== ref.conversation && now(first.member) === ref.conversation) return [first, ...others];
  }
  return undefined;
}

/**
 * Where an event goes: to every other member of every enabled bridge that its conversation brings messages into, each
 * conversation once even where bridges share rooms, and never back where it came from. Whether the event is one of our
 * own copies is not seen here: that takes the store, and comes before.
 */
export function route(original: BridgeEvent, index: BridgeIndex, now?: WhereNow): RouteResult {
  const targets = new Map<string, RouteTarget>();
  let furthest: DropReason = 'not-bridged';
  const { event, memberships } = find({ event: original, now }, index);
  for (const membership of memberships) {
    const through = throughMembership(membership, { event, now });
    if (typeof through === 'string') furthest = reasons.indexOf(through) > reasons.indexOf(furthest) ? through : furthest;
    else for (const target of through) if (!targets.has(keyOf(target.ref))) targets.set(keyOf(target.ref), target);
  }
  return targets.size === 0 ? { targets: [], dropped: furthest } : { targets: [...targets.values()] };
}
