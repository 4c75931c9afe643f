import type { PostInput, ReactInput, SimPerson, SimRoom } from '../types.ts';
import type { MessageMedia } from './files.ts';

/** Kinds of chats of the Bot API. */
export type ChatType = 'private' | 'group' | 'supergroup' | 'channel';

/** A chat to begin with. `id` as Telegram writes it: `-100…` for supergroups and channels, `-…` for groups, a person's id else. */
export interface TelegramRoomSpec {
  readonly id: string;
  readonly name: string;
  /** Told from the id where absent; a channel cannot be told from a supergroup. */
  readonly type?: ChatType;
  /** Makes a supergroup a forum. Ids are message ids, so above 1; messages without a topic are in General. */
  readonly topics?: readonly TelegramTopic[];
  /** Whether the bot administers the chat, as message_reaction updates need; true where absent. */
  readonly botIsAdmin?: boolean;
}

/** A topic of a forum. */
export interface TelegramTopic {
  readonly id: number;
  readonly name: string;
}

/** A person to begin with; `id` in digits. */
export interface TelegramPersonSpec {
  readonly id: string;
  readonly name: string;
  readonly username?: string;
  /** Whether there is a profile picture; true where absent. */
  readonly photo?: boolean;
}

/** A chat, as the sandbox shows it. */
export interface TelegramRoom extends SimRoom {
  readonly type: ChatType;
  readonly topics: readonly TelegramTopic[];
}

/** A person, as the sandbox shows it. */
export interface TelegramPerson extends SimPerson {
  readonly username?: string;
}

/** `MessageEntity` of the Bot API; offset and length in UTF-16 code units. */
export interface Entity {
  readonly type: string;
  readonly offset: number;
  readonly length: number;
  readonly url?: string;
  readonly user?: object;
  readonly language?: string;
  readonly custom_emoji_id?: string;
  readonly unix_time?: number;
  readonly date_time_format?: string;
}

/** Text with its entities, checked and normalised. */
export interface FormattedText {
  readonly text: string;
  readonly entities: readonly Entity[];
}

/** `SimMessage.source` of this simulator. */
export interface TelegramSource extends FormattedText {
  readonly topic?: number;
  readonly replyTo?: number;
  readonly mediaGroup?: string;
  /** Emoji by the id of who reacted. */
  readonly reactions: Readonly<Record<string, readonly string[]>>;
}

/** The bot that the token belongs to. */
export interface TelegramBotSpec {
  /** The number that the token begins with, where absent. */
  readonly id?: number;
  readonly username?: string;
  readonly name?: string;
  /** Privacy mode: in groups only commands and replies to the bot reach it. Off where absent. */
  readonly privacyMode?: boolean;
}

/** A user in the form of the Bot API. */
export interface ApiUser {
  readonly id: number;
  readonly is_bot: boolean;
  readonly first_name: string;
  readonly last_name?: string;
  readonly username?: string;
}

/** The bot's place in a chat. */
export type BotStatus = 'member' | 'administrator' | 'left' | 'kicked';

/** What a person puts on a message or takes away; or, as a list, all that is to stand there. */
export type TelegramReact = ReactInput | (Omit<ReactInput, 'emoji' | 'on'> & { readonly emoji: readonly string[] });

/** A message as it is kept. */
export interface StoredMessage {
  readonly id: number;
  readonly chat: ChatState;
  readonly author: ApiUser;
  readonly viaApi: boolean;
  /** Unix milliseconds. */
  readonly sentAt: number;
  readonly threadId?: number;
  readonly replyTo?: number;
  /** Fields of a service message, such as `forum_topic_created`. */
  readonly service?: Readonly<Record<string, unknown>>;
  /** The text, or the caption of a file. */
  content: FormattedText;
  readonly media?: MessageMedia;
  /** Ties the parts of an album. */
  readonly mediaGroup?: string;
  editedAt?: number;
  deleted: boolean;
  readonly reactions: Map<number, readonly string[]>;
}

/** A chat as it is kept. */
export interface ChatState {
  readonly id: number;
  readonly name: string;
  readonly type: ChatType;
  readonly username?: string;
  readonly topics: Map<number, string>;
  readonly messages: Map<number, StoredMessage>;
  nextMessageId: number;
  botStatus: BotStatus;
  /** Rights that an administrator was not given, such as `can_delete_messages`. */
  readonly withheld: Set<string>;
  migratedTo?: number;
}

/** What a person writes. */
export interface TelegramPost extends PostInput {
  readonly entities?: readonly Entity[];
  /** A topic of a forum, as `thread` names it too; General where both are absent. */
  readonly topic?: number;
  /** A sticker's emoji. */
  readonly emoji?: string;
}
