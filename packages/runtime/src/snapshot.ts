import type { QueueDepth } from '@bridge/queue';
import type { Heartbeat } from '@bridge/store';
import { type MovedMember, movedMembers } from './moved.ts';
import type { RoleContext } from './role.ts';

/** What Redis says about the whole installation at one moment. */
export interface Snapshot {
  readonly redis: boolean;
  readonly depths: readonly QueueDepth[];
  readonly heartbeats: readonly Heartbeat[];
  /** What bridges.yaml should call by another id. */
  readonly moved: readonly MovedMember[];
}

/**
 * Makes the function that takes a snapshot; it never rejects, since an unreachable Redis is an answer. Anybody may ask for
 * /health as often as they like, so those who ask at the same time share one look.
 */
export function createSnapshots(context: RoleContext): () => Promise<Snapshot> {
  let underWay: Promise<Snapshot> | undefined;
  return () => {
    underWay ??= takeSnapshot(context).finally(() => (underWay = undefined));
    return underWay;
  };
}

async function takeSnapshot({ queues, heartbeats, moves, bridges, log }: RoleContext): Promise<Snapshot> {
  try {
    const [depths, beats, table] = await Promise.all([queues.depths(), heartbeats.list(), moves.all({ fresh: true })]);
    return { redis: true, depths, heartbeats: beats, moved: movedMembers({ bridges }, table) };
  } catch (error) {
    log.debug({ err: error }, 'the state of the queues could not be read');
    return { redis: false, depths: [], heartbeats: [], moved: [] };
  }
}
