import { ApiError, badRequest, forbidden } from './api-error.ts';
import type { ChatState, StoredMessage } from './model.ts';
import { integer, type Params } from './params.ts';
import type { World } from './world.ts';

/** `write` also refuses groups that have become supergroups. */
export type Rights = 'read' | 'write';

/**
 * The chat that a call names by id or @username, if the bot may do that there.
 * @throws {ApiError} as the official server: unknown chats, upgraded groups, chats that the bot was removed from.
 */
export function checkChat(world: World, chatId: string, rights: Rights): ChatState {
  if (chatId === '') throw badRequest('chat_id is empty');
  const chat = find(world, chatId);
  if (!chat) throw badRequest('chat not found');
  if (chat.migratedTo !== undefined && rights === 'write') {
    throw new ApiError(400, 'Bad Request: group chat was upgraded to a supergroup chat', { migrate_to_chat_id: chat.migratedTo });
  }
  if (chat.type === 'private') {
    if (chat.botStatus === 'kicked' && rights === 'write') throw forbidden('bot was blocked by the user');
    return chat;
  }
  if (chat.botStatus === 'kicked') throw forbidden(`bot was kicked from the ${chat.type} chat`);
  if (chat.botStatus === 'left') throw forbidden(`bot is not a member of the ${chat.type} chat`);
  return chat;
}

function find(world: World, chatId: string): ChatState | undefined {
  if (!chatId.startsWith('@')) return /^-?\d+$/.test(chatId) ? world.chats.get(Number(chatId)) : undefined;
  const name = chatId.slice(1).toLowerCase();
  return [...world.chats.values()].find((chat) => chat.username?.toLowerCase() === name);
}

/** A message that a call names. `what` begins the error's text, as in "message to edit not found". */
export function checkMessage(chat: ChatState, id: number, what: string): StoredMessage {
  const message = chat.messages.get(id);
  if (!message || message.deleted) throw badRequest(`${what} not found`);
  return message;
}

/** The topic that a call names; outside of forums a topic is ignored, and General has no number of its own. */
export function checkTopic(chat: ChatState, params: Params): number | undefined {
  const topic = Math.max(0, integer(params, 'message_thread_id'));
  if (topic === 0 || chat.topics.size === 0) return undefined;
  if (!chat.topics.has(topic)) throw badRequest('message thread not found');
  return topic;
}
