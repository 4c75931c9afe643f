import type { ConversationId, ConversationRef } from '@bridge/core';
import type { MoveTable } from '@bridge/store';
import type { RoleContext } from './role.ts';

/** A member that bridges.yaml calls by an id from before it moved. */
export interface MovedMember {
  readonly bridge: string;
  readonly platform: string;
  /** As bridges.yaml has it. */
  readonly member: ConversationId;
  readonly now: ConversationId;
}

/** Everything in bridges.yaml that goes on under another id. */
export function movedMembers({ bridges }: Pick<RoleContext, 'bridges'>, moves: MoveTable): readonly MovedMember[] {
  if (moves.size === 0) return [];
  return bridges.list().flatMap(({ name, members }) =>
    members.flatMap((member): MovedMember[] => {
      const now = moves.now(member);
      return now === member.conversation ? [] : [{ bridge: name, platform: member.platform, member: member.conversation, now }];
    }),
  );
}

/** Tells the operator what to change in bridges.yaml, for whoever notices a move; the bridge goes on by itself. */
export async function tellMove(
  { bridges, moves, log }: Pick<RoleContext, 'bridges' | 'moves' | 'log'>,
  from: ConversationRef,
  to: ConversationId,
): Promise<void> {
  // Noticed before, by a router or by a sender; it may have been another process a moment ago.
  const table = await moves.all({ fresh: true });
  if (table.now(from) === table.now({ ...from, conversation: to })) return;
  const first = table.first(from);
  const named = bridges
    .list()
    .flatMap(({ name, members }) =>
      members.filter((member) => member.platform === from.platform && table.first(member) === first).map((member) => ({ name, member })),
    );
  const fixes = named.map(({ name, member }) => `in bridge ${name}, write ${to} in place of ${member.conversation}`);
  log.warn(
    { platform: from.platform, from: from.conversation, to, fix: fixes.join('; ') },
    'a conversation goes on under another id: the bridge follows; change bridges.yaml as `fix` says when you next edit it',
  );
}
