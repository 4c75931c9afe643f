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
  readonly parentId?: number;
  /** Unix milliseconds. */
  readonly sentAt: number;
  edited?: { readonly at: number; readonly by: string };
  deleted?: { readonly at: number; readonly by: string; readonly permanent: boolean };
  readonly reactions: Reaction[];
  readonly viaApi: boolean;
  /** Of an action message: what was done, and to which message or user. */
  readonly action?: { readonly kind: string; readonly by: string; readonly message?: StoredMessage; readonly uid?: string };
}

/** `SimMessage.source` of this simulator. */
export interface CometChatSource {
  readonly category: string;
  readonly type: string;
  readonly data: JsonObject;
  readonly muid?: string;
  readonly tags?: readonly string[];
  readonly parentId?: string;
  readonly reactions: readonly Reaction[];
}

/** What a person writes: `room` is a guid, the uid of who is written to, or the id of a conversation of two. */
export interface CometChatPost {
  readonly room: string;
  readonly author: string;
  readonly text: string;
  /** Makes the message part of that message's thread. */
  readonly replyTo?: string;
  readonly metadata?: Readonly<Record<string, unknown>>;
}
