import type { Bridge, BridgeMember, BridgeOptions } from './bridge.ts';
import type { ConversationId, ConversationRef } from './ids.ts';
import type { BridgeEvent } from './message.ts';
import { isBlank } from './plain-text.ts';

interface Membership {
  readonly bridge: Bridge;
  readonly member: BridgeMember;
}

/** Which bridges a conversation takes part in; made by `compileBridges` from a validated bridges.yaml. */
export interface BridgeIndex {
  readonly memberships: ReadonlyMap<string, readonly Membership[]>;
}

/** Why an event goes nowhere: a short constant, for counting and for `bridge trace`. */
export type DropReason = 'not-bridged' | 'bridge-disabled' | 'one-way' | 'edits-off' | 'deletes-off' | 'reactions-off' | 'empty';
// From the least to the most that a bridge did with an event: of several bridges, the one that came furthest explains it best.
const reasons: readonly DropReason[] = ['not-bridged', 'bridge-disabled', 'one-way', 'edits-off', 'deletes-off', 'reactions-off', 'empty'];

export interface RouteTarget {
  readonly bridge: string;
  readonly ref: ConversationRef;
  /** The event as this bridge's options let it through: `makeDelivery({ ...target, receivedAt, routedAt })`. */
  readonly event: BridgeEvent;
}

export interface RouteResult {
  readonly targets: readonly RouteTarget[];
  /** Set when, and only when, there is no target. */
  readonly dropped?: DropReason;
}

const keyOf = (ref: ConversationRef): string => JSON.stringify([ref.platform, ref.conversation]);

/** Builds the look-up of `route`. Disabled bridges stay in it, so that a drop can name its true reason. */
export function compileBridges(bridges: readonly Bridge[]): BridgeIndex {
  const memberships = new Map<string, Membership[]>();
  for (const bridge of bridges) {
    for (const member of bridge.members) {
      const known = memberships.get(keyOf(member));
      if (known === undefined) memberships.set(keyOf(member), [{ bridge, member }]);
      else known.push({ bridge, member });
    }
  }
  return { memberships };
}

/** The event as a bridge's options let it through: without its attachments where they are off. */
export function applyOptions(event: BridgeEvent, options: BridgeOptions): BridgeEvent {
  if (options.attachments || event.content.attachments.length === 0) return event;
  return { ...event, content: { ...event.content, attachments: [] } };
}

function refusedBy(event: BridgeEvent, options: BridgeOptions): DropReason | undefined {
  switch (event.type) {
    case 'message.edited':
      return options.edits ? undefined : 'edits-off';
    case 'message.deleted':
      return options.deletes ? undefined : 'deletes-off';
    case 'reaction.added':
    case 'reaction.removed':
      return options.reactions ? undefined : 'reactions-off';
    case 'message.created':
      return event.content.attachments.length === 0 && isBlank(event.content.body) ? 'empty' : undefined;
  }
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

function throughMembership(
  { bridge, member }: Membership,
  original: BridgeEvent,
  first: FirstName | undefined,
): readonly RouteTarget[] | DropReason {
  if (!bridge.enabled) return 'bridge-disabled';
  const own = keyOf(nameOf(member, first));
  // The source never gets its own event back, however often it is listed, and by whatever id.
  const others = bridge.members.filter(receives).map((other) => nameOf(other, first));
  const targets = others.filter((ref) => keyOf(ref) !== own);
  if (!brings(member) || targets.length === 0) return 'one-way';
  const event = applyOptions(original, bridge.options);
  const refused = refusedBy(event, bridge.options);
  if (refused !== undefined) return refused;
  return targets.map((ref) => ({ bridge: bridge.name, ref, event }));
}

/** The memberships of an event's conversation, or of the one that it is a thread of; the event then belongs to that one. */
function found(event: BridgeEvent, names: Names): { readonly event: BridgeEvent; readonly in: readonly Membership[] } {
  const { source: platform, channel } = event;
  const own = membershipsOf({ platform, conversation: channel.id }, names);
  if (own.length > 0 || channel.parent === undefined) return { event, in: own };
  const { parent, ...room } = channel;
  return { event: { ...event, channel: { ...room, id: parent } }, in: membershipsOf({ platform, conversation: parent }, names) };
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
  const { event, in: memberships } = found(original, { ...index, first });
  for (const membership of memberships) {
    const through = throughMembership(membership, event, first);
    if (typeof through === 'string') furthest = reasons.indexOf(through) > reasons.indexOf(furthest) ? through : furthest;
    else for (const target of through) if (!targets.has(keyOf(target.ref))) targets.set(keyOf(target.ref), target);
  }
  return targets.size === 0 ? { targets: [], dropped: furthest } : { targets: [...targets.values()] };
}
