import type { SimMessage } from '../types.ts';
import type { StoredFile } from './files.ts';
import type { ApiUser, ChatState, StoredMessage, TelegramSource } from './model.ts';
import { mediaFields } from './render-media.ts';

/** `Chat` of the Bot API. */
export function apiChat(chat: ChatState): Record<string, unknown> {
  const named = chat.type === 'private' ? { first_name: chat.name } : { title: chat.name };
  return {
    id: chat.id,
    ...named,
    ...(chat.username === undefined ? {} : { username: chat.username }),
    type: chat.type,
    ...(chat.topics.size > 0 ? { is_forum: true } : {}),
  };
}

/** `Message` of the Bot API; with `reply`, what it replies to is in it, one level deep. */
export function apiMessage(message: StoredMessage, reply = true): Record<string, unknown> {
  const { chat } = message;
  const fromChannel = chat.type === 'channel';
  const target = reply ? repliedTo(message) : undefined;
  return {
    message_id: message.id,
    ...(fromChannel ? { sender_chat: apiChat(chat) } : { from: message.author }),
    chat: apiChat(chat),
    date: Math.floor(message.sentAt / 1000),
    ...(message.editedAt === undefined ? {} : { edit_date: Math.floor(message.editedAt / 1000) }),
    ...(message.threadId === undefined ? {} : { message_thread_id: message.threadId }),
    ...(target === undefined ? {} : { reply_to_message: apiMessage(target, false) }),
    ...(message.mediaGroup === undefined ? {} : { media_group_id: message.mediaGroup }),
    ...(message.service ?? contentFields(message)),
    ...(message.threadId === undefined ? {} : { is_topic_message: true }),
  };
}

function contentFields({ content, media }: StoredMessage): object {
  const { text, entities } = content;
  if (media === undefined) return { text, ...(entities.length > 0 ? { entities } : {}) };
  const caption = text === '' ? {} : { caption: text, ...(entities.length > 0 ? { caption_entities: entities } : {}) };
  return { ...mediaFields(media), ...caption };
}

/** In a topic, a message that replies to nothing replies to the topic's first message. */
function repliedTo(message: StoredMessage): StoredMessage | undefined {
  const id = message.replyTo ?? message.threadId;
  const target = id === undefined || id === message.id ? undefined : message.chat.messages.get(id);
  return target?.deleted === true ? undefined : target;
}

/** Where the simulator itself serves what is shown. */
export interface Urls {
  avatar(user: ApiUser): string;
  file(file: StoredFile): string;
}

/** A message as the members of the chat see it. */
export function simMessage(message: StoredMessage, urls: Urls): SimMessage {
  const { author } = message;
  const source: TelegramSource = {
    ...message.content,
    ...(message.threadId === undefined ? {} : { topic: message.threadId }),
    ...(message.replyTo === undefined ? {} : { replyTo: message.replyTo }),
    ...(message.mediaGroup === undefined ? {} : { mediaGroup: message.mediaGroup }),
    reactions: Object.fromEntries(message.reactions),
  };
  return {
    id: String(message.id),
    room: String(message.chat.id),
    author: { id: String(author.id), name: fullName(author), avatarUrl: urls.avatar(author), isBot: author.is_bot },
    text: message.content.text,
    source,
    sentAt: message.sentAt,
    ...(message.editedAt === undefined ? {} : { editedAt: message.editedAt }),
    deleted: message.deleted,
    viaApi: message.viaApi,
    files: shownFiles(message, urls),
    ...(message.replyTo === undefined ? {} : { replyTo: String(message.replyTo) }),
    ...(message.threadId === undefined ? {} : { thread: String(message.threadId) }),
    reactions: [...message.reactions].flatMap(([by, all]) => all.map((emoji) => ({ emoji, by: String(by) }))),
  };
}

function shownFiles({ media }: StoredMessage, urls: Urls): NonNullable<SimMessage['files']> {
  if (media === undefined) return [];
  const { kind, file } = media;
  const { name, mime, bytes, sha256 } = file;
  return [{ kind, name, mime, size: bytes.length, sha256, url: urls.file(file) }];
}

/** First and last name. */
const fullName = (user: ApiUser): string => (user.last_name === undefined ? user.first_name : `${user.first_name} ${user.last_name}`);
