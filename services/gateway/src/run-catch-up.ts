import { setTimeout as sleep } from 'node:timers/promises';
import type { CatchUp, CatchUpContext, ConversationId, PlatformId } from '@bridge/core';
import { type RoleContext, acceptEvent } from '@bridge/runtime';

export interface CatchUpOptions {
  readonly id: PlatformId;
  readonly catchUp: CatchUp;
  readonly context: RoleContext;
  readonly signal: AbortSignal;
}

/**
 * Catches up on one platform for as long as this process holds its lease: at once, and then again and again. Resolves once
 * `signal` has aborted. Never rejects.
 */
export async function runCatchUp(options: CatchUpOptions): Promise<void> {
  const { id, catchUp, context, signal } = options;
  while (!signal.aborted) {
    try {
      await context.leases.hold(`catch-up-${id}`, signal, (held) => rounds(options, held));
    } catch (error) {
      context.log.warn({ platform: id, err: error }, 'catching up failed and is tried again');
    }
    await sleep(catchUp.everyMs, undefined, { signal, ref: false }).catch(() => undefined);
  }
}

async function rounds({ id, catchUp, context }: CatchUpOptions, held: AbortSignal): Promise<void> {
  while (!held.aborted) {
    await catchUp.round(roundContext(context, id, held));
    await sleep(catchUp.everyMs, undefined, { signal: held, ref: false }).catch(() => undefined);
  }
}

const roundContext = (context: RoleContext, id: PlatformId, signal: AbortSignal): CatchUpContext => ({
  signal,
  conversations: conversationsOf(context, id),
  checkpoint: {
    load: () => context.checkpoints.load(id),
    save: (value) => context.checkpoints.save(id, value),
  },
  emit: async (event, at) => {
    if (await acceptEvent(context, id, event)) context.sightings.note(id, 'missed', at);
  },
});

/** As bridges.yaml has them now. */
function conversationsOf({ bridges }: RoleContext, id: PlatformId): readonly ConversationId[] {
  const members = bridges.list().flatMap((bridge) => (bridge.enabled ? bridge.members : []));
  return [...new Set(members.flatMap((member) => (member.platform === id && member.direction !== 'out' ? [member.conversation] : [])))];
}
