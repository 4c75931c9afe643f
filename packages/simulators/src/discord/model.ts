import type { APIAttachment, APIEmbed, APIMessage } from 'discord-api-types/v10';
import type { SimPerson, SimRoom } from '../types.ts';
import type { PermissionName } from './permissions.ts';

/** A member of the guild to begin with; `id` is a snowflake. */
export interface DiscordPersonSpec {
  readonly id: string;
  /** The display name (`global_name`). */
  readonly name: string;
  /** Made from `name` where absent. */
  readonly username?: string;
  /** Hash of a picture on Discord's CDN; none where absent. */
  readonly avatar?: string;
  /** Another application's bot. */
  readonly bot?: boolean;
}

/** A text channel of the one guild; ids are snowflakes. */
export interface DiscordRoomSpec {
  readonly id: string;
  readonly name: string;
  readonly threads?: readonly DiscordThreadSpec[];
}

/** A public thread of a channel. */
export interface DiscordThreadSpec {
  readonly id: string;
  readonly name: string;
  readonly archived?: boolean;
  readonly locked?: boolean;
}

/** The bot user of the token. */
export interface DiscordBotSpec {
  /** Read from the token's first part where absent, as it is in a real one. */
  readonly id?: string;
  readonly username?: string;
}

/** A member of the guild, as the sandbox shows it. */
export interface DiscordPerson extends SimPerson {
  readonly username: string;
}

/** A channel with its threads, as the sandbox shows it. */
export interface DiscordRoom extends SimRoom {
  readonly threads: readonly SimRoom[];
}

/** `SimMessage.source` of this simulator. */
export interface DiscordSource {
  /** As it was sent: Markdown and mentions by id. */
  readonly content: string;
  readonly type: number;
  /** Set on what a webhook posted. */
  readonly webhookId?: string;
  readonly replyTo?: string;
  readonly embeds: readonly APIEmbed[];
  readonly attachments: readonly APIAttachment[];
  /** Ids of those who reacted, by emoji: the emoji itself, or `name:id`. */
  readonly reactions: Readonly<Record<string, readonly string[]>>;
}

/** A user as it is kept. */
export interface UserState {
  readonly id: string;
  readonly username: string;
  readonly globalName: string | null;
  readonly avatar: string | null;
  readonly bot: boolean;
}

/** A channel or thread as it is kept. */
export interface ChannelState {
  readonly id: string;
  readonly name: string;
  readonly position: number;
  /** Of a thread: its channel. */
  readonly parent: ChannelState | undefined;
  /** A thread that was started here, and not given at the start: people see it as a part of its channel. */
  readonly grown: boolean;
  archived: boolean;
  readonly locked: boolean;
  readonly denied: Set<PermissionName>;
  /** In the order of their ids; deleted ones stay. */
  readonly messages: MessageState[];
  lastMessageId: string | null;
  /** Not deleted. */
  messageCount: number;
}

/** A webhook as it is kept. */
export interface WebhookState {
  readonly id: string;
  readonly token: string;
  name: string;
  avatar: string | null;
  channel: ChannelState;
  /** Null for one that a person made. */
  readonly applicationId: string | null;
  readonly creator: UserState;
}

/** Who a webhook's message shows. */
export interface WebhookAuthor {
  readonly webhook: WebhookState;
  readonly name: string;
  readonly avatar: string | null;
  readonly avatarUrl: string | undefined;
}

export type MessageAuthor = { readonly kind: 'user'; readonly user: UserState } | ({ readonly kind: 'webhook' } & WebhookAuthor);

/** What a reply or forward points at. */
export interface ReferenceState {
  /** 0 a reply, 1 a forward. */
  readonly type: 0 | 1;
  readonly channelId: string;
  /** Absent where it is a channel that is pointed at. */
  readonly messageId?: string;
}

/** A message as it is kept. */
export interface MessageState {
  readonly id: string;
  readonly key: bigint;
  readonly channel: ChannelState;
  readonly author: MessageAuthor;
  readonly type: number;
  readonly viaApi: boolean;
  /** Unix milliseconds. */
  readonly sentAt: number;
  readonly reference: ReferenceState | undefined;
  readonly tts: boolean;
  content: string;
  embeds: readonly APIEmbed[];
  attachments: readonly APIAttachment[];
  flags: number;
  mentions: MentionState;
  editedAt: number | undefined;
  deleted: boolean;
  /** Emoji key to the users, in the order they came. */
  readonly reactions: Map<string, Set<string>>;
  /** Fields given by the test that writes it, such as stickers or a poll. */
  readonly extra: Partial<APIMessage>;
}

/** Who a message mentions, after `allowed_mentions`. */
export interface MentionState {
  readonly users: readonly string[];
  readonly roles: readonly string[];
  readonly everyone: boolean;
}
