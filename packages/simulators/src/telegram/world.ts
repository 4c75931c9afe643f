import { createFileStore, type FileStore, type MessageMedia, type StoredFile } from './files.ts';
import { hueOf } from '../shared/avatars.ts';
import { portraitPng } from '../shared/png.ts';
import type {
  ApiUser,
  BotStatus,
  ChatState,
  ChatType,
  FormattedText,
  StoredMessage,
  TelegramBotSpec,
  TelegramPersonSpec,
  TelegramRoomSpec,
} from './model.ts';

/** Chats, people and messages: what there is, without any API. */
export interface World {
  readonly bot: ApiUser;
  readonly people: ReadonlyMap<string, ApiUser>;
  readonly chats: ReadonlyMap<number, ChatState>;
  readonly files: FileStore;
  /** Pictures by the id of a person. */
  readonly photos: ReadonlyMap<number, StoredFile>;
  /** Appends a message. */
  append(message: NewMessage): StoredMessage;
  /** Turns a group into a supergroup, as its owner may; the old chat is left behind. */
  upgrade(chat: ChatState): ChatState;
}

/** A message to append. */
export interface NewMessage {
  readonly chat: ChatState;
  readonly author: ApiUser;
  readonly content: FormattedText;
  readonly media?: MessageMedia;
  readonly mediaGroup?: string;
  readonly viaApi: boolean;
  readonly threadId?: number;
  readonly replyTo?: number;
  readonly service?: Readonly<Record<string, unknown>>;
}

/** @throws {Error} for ids that Telegram cannot have. */
export function createWorld(options: {
  readonly bot: TelegramBotSpec & { readonly id: number };
  readonly people: readonly TelegramPersonSpec[];
  readonly rooms: readonly TelegramRoomSpec[];
  readonly firstMessageId?: number;
}): World {
  const bot = botUser(options.bot);
  const people = new Map(options.people.map((person) => [person.id, personUser(person)]));
  const chats = new Map<number, ChatState>();
  const { firstMessageId = 1 } = options;
  for (const room of options.rooms) {
    const chat = addChat(chats, room);
    chat.nextMessageId = Math.max(chat.nextMessageId, firstMessageId);
  }
  // Groups and private chats count their messages together, supergroups and channels each for itself.
  const shared = { nextMessageId: firstMessageId };
  const append = (input: NewMessage): StoredMessage => {
    const counter = input.chat.type === 'group' || input.chat.type === 'private' ? shared : input.chat;
    const message = { ...input, id: counter.nextMessageId++, sentAt: Date.now(), deleted: false, reactions: new Map() };
    input.chat.messages.set(message.id, message);
    return message;
  };
  for (const chat of chats.values()) addTopicRoots(chat, bot);
  const files = createFileStore();
  return { bot, people, chats, files, photos: photosOf(options.people, files), append, upgrade: (chat) => upgrade(chats, chat) };
}

function photosOf(people: readonly TelegramPersonSpec[], files: FileStore): ReadonlyMap<number, StoredFile> {
  const pictured = people.filter(({ photo }) => photo !== false);
  return new Map(
    pictured.map(({ id }) => [
      Number(id),
      files.keep({ kind: 'photo', upload: { name: 'photo.png', mime: 'image/png', bytes: portraitPng(hueOf(id)) } }),
    ]),
  );
}

function botUser(spec: TelegramBotSpec & { readonly id: number }): ApiUser {
  return {
    id: spec.id,
    is_bot: true,
    first_name: spec.name ?? 'Bridge',
    username: spec.username ?? 'bridge_simulation_bot',
  };
}

function personUser(spec: TelegramPersonSpec): ApiUser {
  if (!/^[1-9]\d{0,15}$/.test(spec.id)) throw new Error(`a Telegram person's id is a positive number in digits, not "${spec.id}"`);
  const [first = '', ...rest] = spec.name.split(' ');
  return {
    id: Number(spec.id),
    is_bot: false,
    first_name: first,
    ...(rest.length > 0 ? { last_name: rest.join(' ') } : {}),
    ...(spec.username === undefined ? {} : { username: spec.username }),
  };
}

function addChat(chats: Map<number, ChatState>, spec: TelegramRoomSpec): ChatState {
  const id = Number(spec.id);
  if (!Number.isSafeInteger(id) || id === 0) throw new Error(`a Telegram chat's id is a number such as -1001234567890, not "${spec.id}"`);
  const topics = new Map((spec.topics ?? []).map((topic) => [topic.id, topic.name]));
  const status: BotStatus = spec.botIsAdmin === false ? 'member' : 'administrator';
  const firstFree = Math.max(0, ...topics.keys()) + 1;
  const chat: ChatState = {
    id,
    name: spec.name,
    type: spec.type ?? typeOf(id),
    topics,
    messages: new Map(),
    nextMessageId: firstFree,
    botStatus: status,
    withheld: new Set(),
  };
  chats.set(id, chat);
  return chat;
}

function typeOf(id: number): ChatType {
  if (id > 0) return 'private';
  return id < -1_000_000_000_000 ? 'supergroup' : 'group';
}

/** A topic's id is that of the service message that opened it. */
function addTopicRoots(chat: ChatState, author: ApiUser): void {
  for (const [id, name] of chat.topics) {
    chat.messages.set(id, {
      id,
      chat,
      author,
      viaApi: false,
      sentAt: Date.now(),
      threadId: id,
      service: { forum_topic_created: { name, icon_color: 7_322_096 } },
      content: { text: '', entities: [] },
      deleted: false,
      reactions: new Map(),
    });
  }
}

function upgrade(chats: Map<number, ChatState>, chat: ChatState): ChatState {
  const id = `-100${2_000_000_000 + (Math.abs(chat.id) % 1_000_000_000)}`;
  const next = addChat(chats, { id, name: chat.name, botIsAdmin: chat.botStatus === 'administrator' });
  chat.migratedTo = next.id;
  return next;
}
