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

/** The id under which a conversation goes on now; its own for nearly all. */
export type WhereNow = (ref: ConversationRef) => ConversationId;

function throughMembership(
  { bridge, member }: Membership,
  original: BridgeEvent,
  now: WhereNow | undefined,
): readonly RouteTarget[] | DropReason {
  if (!bridge.enabled) return 'bridge-disabled';
  // The source never gets its own event back, however often it is listed.
  const others = bridge.members.filter((other) => receives(other) && keyOf(other) !== keyOf(member));
  if (!brings(member) || others.length === 0) return 'one-way';
  const event = applyOptions(original, bridge.options);
  const refused = refusedBy(event, bridge.options);
  if (refused !== undefined) return refused;
  return others.map(({ platform, conversation }) => ({
    bridge: bridge.name,
    ref: { platform, conversation: now?.({ platform, conversation }) ?? conversation },
    event,
  }));
}

/** The memberships of an event's conversation, or of the one that it is a thread of; the event then belongs to that one. */
function found(
  event: BridgeEvent,
  { memberships }: BridgeIndex,
  now: WhereNow | undefined,
): { readonly event: BridgeEvent; readonly in: readonly Membership[] } {
  const { source: platform, channel } = event;
  const at = (conversation: ConversationId): readonly Membership[] | undefined =>
    memberships.get(keyOf({ platform, conversation })) ?? movedTo(memberships, { platform, conversation }, now);
  const own = at(channel.id);
  if (own !== undefined || channel.parent === undefined) return { event, in: own ?? [] };
  const { parent, ...room } = channel;
  return { event: { ...event, channel: { ...room, id: parent } }, in: at(parent) ?? [] };
}

/** What bridges.yaml still calls by the id that it had before it moved. */
function movedTo(
  memberships: BridgeIndex['memberships'],
  ref: ConversationRef,
  now: WhereNow | undefined,
): readonly Membership[] | undefined {
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
  const { event, in: memberships } = found(original, index, now);
  for (const membership of memberships) {
    const through = throughMembership(membership, event, now);
    if (typeof through === 'string') furthest = reasons.indexOf(through) > reasons.indexOf(furthest) ? through : furthest;
    else for (const target of through) if (!targets.has(keyOf(target.ref))) targets.set(keyOf(target.ref), target);
  }
  return targets.size === 0 ? { targets: [], dropped: furthest } : { targets: [...targets.values()] };
}
