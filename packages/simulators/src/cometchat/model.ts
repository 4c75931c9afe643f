import type { PostInput } from '../types.ts';

/** A person to begin with; `id` is the uid. */
export interface CometChatPersonSpec {
  readonly id: string;
  readonly name: string;
  /** Served by the simulator where absent. */
  readonly avatarUrl?: string;
}

/** A group to begin with; `id` is the guid. */
export interface CometChatRoomSpec {
  readonly id: string;
  readonly name: string;
  readonly type?: 'public' | 'private' | 'password';
  /** Uids; everybody where absent. */
  readonly members?: readonly string[];
}

/** JSON as it came. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** A user in the form of the API. Timestamps of the API are Unix seconds. */
export interface User {
  readonly uid: string;
  name: string;
  avatar?: string;
  link?: string;
  statusMessage?: string;
  role: string;
  status: 'offline' | 'available';
  metadata?: unknown;
  tags?: readonly string[];
  readonly createdAt: number;
  updatedAt?: number;
}

/** What a member may do in a group. */
export type Scope = 'admin' | 'moderator' | 'participant';

/** A group as it is kept. */
export interface Group {
  readonly guid: string;
  readonly name: string;
  readonly type: 'public' | 'private' | 'password';
  readonly createdAt: number;
  readonly members: Map<string, { readonly scope: Scope; readonly joinedAt: number }>;
  readonly banned: Set<string>;
}

/** One user's reaction. */
export interface Reaction {
  readonly id: string;
  readonly reaction: string;
  readonly uid: string;
  readonly reactedAt: number;
}

/** A message as it is kept; action messages too. */
export interface StoredMessage {
  readonly id: number;
  readonly conversationId: string;
  readonly sender: string;
  readonly receiverType: 'user' | 'group';
  readonly receiver: string;
  readonly category: string;
  readonly type: string;
  /** Without `entities`, which are put in as they are at the time of asking. */
  data: JsonObject;
  readonly muid?: string;
  tags?: readonly string[];
  /** The message whose thread it is in. */
  readonly parentId?: number;
  /** The message that it quotes. */
  readonly quotedId?: number;
  moderation?: ModerationStatus;
  /** Unix milliseconds. */
  readonly sentAt: number;
  edited?: { readonly at: number; readonly by: string };
  deleted?: { readonly at: number; readonly by: string; readonly permanent: boolean };
  readonly reactions: Reaction[];
  readonly viaApi: boolean;
  /** Of an action message: what was done, and to which message or user. */
  readonly action?: { readonly kind: string; readonly by: string; readonly message?: StoredMessage; readonly uid?: string };
}

/** What the app's moderation says of a message; absent where it is off. */
export type ModerationStatus = 'pending' | 'approved' | 'disapproved';

/** `SimMessage.source` of this simulator. */
export interface CometChatSource {
  readonly category: string;
  readonly type: string;
  readonly data: JsonObject;
  readonly muid?: string;
  readonly tags?: readonly string[];
  readonly parentId?: string;
  readonly quotedMessageId?: string;
  readonly reactions: readonly Reaction[];
}

/**
 * What a person writes: `room` is a guid, the uid of who is written to, or the id of a conversation of two. A reply quotes
 * the message that it answers; a sticker is a custom message, as CometChat's kits send it; files of several types are of type
 * `file` together.
 */
export interface CometChatPost extends PostInput {
  readonly metadata?: Readonly<Record<string, unknown>>;
  /** A custom message of this type; `text` is then only what notifications say. */
  readonly custom?: { readonly type: string; readonly data: Readonly<Record<string, unknown>> };
  /** Has the app's moderation look at it. */
  readonly moderation?: ModerationStatus;
}

/** What the app's moderation, or a person who reviews, decides about a message. */
export interface ModerationDecision {
  readonly message: string;
  readonly status: 'approved' | 'disapproved';
  /** A person's decision, not the engine's. */
  readonly manual?: boolean;
}
