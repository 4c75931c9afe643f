import { type Author, type Channel, conversationId, userId } from '@bridge/core';
import { conversationOf } from './config.ts';
import type { Chat, Message, Origin, Quoted, User } from './payload.ts';

/** First and last name as Telegram shows them; the user name where there is none, as for a deleted account. */
export const nameOf = (person: Pick<User, 'first_name' | 'last_name' | 'username'>): string =>
  [person.first_name, person.last_name].filter(Boolean).join(' ') || person.username || 'Deleted account';

/** A chat's title, or the name of the other person in a private one. */
export const titleOf = (chat: Chat): string => chat.title ?? nameOf(chat);

/** How `openMedia` finds a picture: by whose it is, since the picture changes and its file id with it. */
const pictureOf = (owner: { readonly user: number } | { readonly chat: number }): string => JSON.stringify(owner);

const ofUser = (user: User): Author => ({
  id: userId(String(user.id)),
  name: user.username ?? nameOf(user),
  displayName: nameOf(user),
  isBot: user.is_bot ?? false,
  avatarHandle: pictureOf({ user: user.id }),
});

const ofChat = (chat: Chat, signature: string | undefined): Author => ({
  id: userId(String(chat.id)),
  name: chat.username ?? titleOf(chat),
  displayName: signature || titleOf(chat),
  isBot: false,
  avatarHandle: pictureOf({ chat: chat.id }),
});

/**
 * Who wrote it. A channel, or an anonymous administrator, writes as `sender_chat`; `from` then names a stand-in
 * account. Without either (some service messages) the chat itself is the author.
 */
export function authorOf(message: Pick<Quoted, 'from' | 'sender_chat' | 'author_signature'>, chat?: Chat): Author {
  if (message.sender_chat) return ofChat(message.sender_chat, message.author_signature);
  if (message.from) return ofUser(message.from);
  if (chat) return ofChat(chat, message.author_signature);
  return { id: userId('0'), name: 'unknown', displayName: 'Unknown', isBot: false };
}

/** Who a forwarded message came from, as Telegram's own apps put it. */
export function originName(origin: Origin): string {
  if (origin.sender_user) return nameOf(origin.sender_user);
  if (origin.sender_user_name) return origin.sender_user_name;
  const chat = origin.sender_chat ?? origin.chat;
  if (!chat) return 'someone';
  return origin.author_signature ? `${titleOf(chat)} (${origin.author_signature})` : titleOf(chat);
}

/** The topic a message is in; reply threads of ordinary supergroups also carry a thread id and are not topics. */
export const topicOf = (message: Message): number | undefined => (message.is_topic_message ? message.message_thread_id : undefined);

// A map: the type is the platform's word, and `constructor` is a key of every object.
const channelTypes: ReadonlyMap<string, Channel['type']> = new Map([
  ['private', 'direct'],
  ['channel', 'channel'],
]);

/** The conversation as a bridge member names it: `chat`, or `chat/topic` for a message in a forum's topic. */
export function channelOf(chat: Chat, topic: number | undefined): Channel {
  const name = titleOf(chat);
  if (topic !== undefined) return { id: conversationOf({ chat: String(chat.id), topic }), name, type: 'topic' };
  return { id: conversationId(String(chat.id)), name, type: channelTypes.get(chat.type ?? '') ?? 'group' };
}

/** A link that opens the message; undefined in private chats and basic groups, which have none. */
export function messageUrl(chat: Pick<Chat, 'id' | 'username' | 'type'>, message: number, topic?: number): string | undefined {
  const path = topic === undefined ? String(message) : `${topic}/${message}`;
  if (chat.username && chat.type !== 'private') return `https://t.me/${chat.username}/${path}`;
  const id = String(chat.id);
  return id.startsWith('-100') ? `https://t.me/c/${id.slice(4)}/${path}` : undefined;
}
