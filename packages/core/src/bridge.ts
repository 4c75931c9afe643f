import type { ConversationId, PlatformId } from './ids.ts';

/** Which way a member takes part: `in` only brings messages into the bridge, `out` only receives them. */
export type Direction = 'both' | 'in' | 'out';

export interface BridgeMember {
  readonly platform: PlatformId;
  readonly conversation: ConversationId;
  readonly direction: Direction;
}

export interface BridgeOptions {
  readonly edits: boolean;
  readonly deletes: boolean;
  readonly reactions: boolean;
  readonly attachments: boolean;
}
export const defaultBridgeOptions: BridgeOptions = { edits: true, deletes: true, reactions: true, attachments: true };

export interface Bridge {
  readonly name: string;
  readonly enabled: boolean;
  readonly members: readonly BridgeMember[];
  readonly options: BridgeOptions;
}
