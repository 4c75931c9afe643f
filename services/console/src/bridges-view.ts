import type { Bridge } from '@bridge/core';
import { type RoleContext, displayNameOf } from '@bridge/runtime';
import type { BridgeView, BridgesView, MemberView } from './protocol.ts';

const perPage = 50;

export interface BridgesQuery {
  /** Part of a bridge's name or of a member's id. */
  readonly q: string;
  /** `untried`: those with a member that should have brought or received a message and never has. */
  readonly show: 'all' | 'untried';
  readonly from: number;
}

/** One page of the bridges, with when each member last brought a message and last received one. */
export async function bridgesPage(context: RoleContext, { q, show, from }: BridgesQuery): Promise<BridgesView> {
  const all = context.bridges.list();
  const members = await membersOf(context, all);
  const untried = new Set(all.filter((bridge) => bridge.enabled && isUntried(members.get(bridge) ?? [])));
  const wanted = all.filter((bridge) => matches(bridge, q) && (show === 'all' || untried.has(bridge)));
  const shown = wanted.slice(from, from + perPage);
  const perHour = await context.flow.bridges(shown.map(({ name }) => name));
  return {
    bridges: shown.map(
      (bridge, index): BridgeView => ({
        name: bridge.name,
        enabled: bridge.enabled,
        perHour: perHour[index] ?? 0,
        members: members.get(bridge) ?? [],
      }),
    ),
    total: wanted.length,
    from,
    counts: { all: all.length, enabled: all.filter(({ enabled }) => enabled).length, untried: untried.size },
  };
}

function matches({ name, members }: Bridge, q: string): boolean {
  const wanted = q.trim().toLowerCase();
  return name.toLowerCase().includes(wanted) || members.some(({ conversation }) => conversation.toLowerCase().includes(wanted));
}

async function membersOf(context: RoleContext, bridges: readonly Bridge[]): Promise<ReadonlyMap<Bridge, readonly MemberView[]>> {
  const rooms = bridges.flatMap(({ members }) => members);
  const flows = await context.flow.conversations(rooms);
  const result = new Map<Bridge, readonly MemberView[]>();
  let at = 0;
  for (const bridge of bridges) {
    const own = flows.slice(at, at + bridge.members.length);
    at += bridge.members.length;
    const view = bridge.members.map(
      ({ platform, conversation, direction }, index): MemberView => ({
        platform: displayNameOf(context.known, platform),
        conversation,
        direction,
        ...own[index],
      }),
    );
    result.set(bridge, view);
  }
  return result;
}

/** Nothing has ever gone a way that it is configured to go. */
function isUntried(members: readonly MemberView[]): boolean {
  return members.some(
    ({ direction, lastIn, lastOut }) => (direction !== 'out' && lastIn === undefined) || (direction !== 'in' && lastOut === undefined),
  );
}
