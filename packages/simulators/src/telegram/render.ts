import type { SimMessage } from '../types.ts';
import type { ApiUser, ChatState, StoredMessage, TelegramSource } from './model.ts';

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
    ...(message.service ?? textFields(message)),
    ...(message.threadId === undefined ? {} : { is_topic_message: true }),
  };
}

function textFields({ content }: StoredMessage): object {
  return { text: content.text, ...(content.entities.length > 0 ? { entities: content.entities } : {}) };
}

/** In a topic, a message that replies to nothing replies to the topic's first message. */
function repliedTo(message: StoredMessage): StoredMessage | undefined {
  const id = message.replyTo ?? message.threadId;
  const target = id === undefined || id === message.id ? undefined : message.chat.messages.get(id);
  return target?.deleted === true ? undefined : target;
}

/** A message as the members of the chat see it. */
export function simMessage(message: StoredMessage, avatarOf: (user: ApiUser) => string): SimMessage {
  const { author } = message;
  const source: TelegramSource = {
    ...message.content,
    ...(message.threadId === undefined ? {} : { topic: message.threadId }),
    ...(message.replyTo === undefined ? {} : { replyTo: message.replyTo }),
    reactions: Object.fromEntries(message.reactions),
  };
  return {
    id: String(message.id),
    room: String(message.chat.id),
    author: { id: String(author.id), name: fullName(author), avatarUrl: avatarOf(author), isBot: author.is_bot },
    text: message.content.text,
    source,
    sentAt: message.sentAt,
    ...(message.editedAt === undefined ? {} : { editedAt: message.editedAt }),
    deleted: message.deleted,
    viaApi: message.viaApi,
  };
}

/** First and last name. */
const fullName = (user: ApiUser): string => (user.last_name === undefined ? user.first_name : `${user.first_name} ${user.last_name}`);
