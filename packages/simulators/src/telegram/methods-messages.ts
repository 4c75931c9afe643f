import { checkChat, checkMessage, checkTopic } from './access.ts';
import { badRequest, floodWait } from './api-error.ts';
import { chatActions, reactionEmoji } from './api-table.ts';
import { readText } from './entities.ts';
import { done, type Method, type MethodContext } from './method.ts';
import type { ChatState, StoredMessage } from './model.ts';
import { integer, isObject, json, type Params } from './params.ts';
import { apiMessage } from './render.ts';

const dayMs = 86_400_000;

const sendMessage: Method = (params, context) => {
  checkObject(params, 'link_preview_options', 'link preview options');
  const content = readText(params);
  const chat = checkChat(context.world, params.get('chat_id') ?? '', 'write');
  const threadId = checkTopic(chat, params);
  const replyTo = checkReply(params, chat, context);
  flood(context, chat);
  const message = context.world.append({
    chat,
    author: context.world.bot,
    content,
    viaApi: true,
    ...(threadId === undefined ? {} : { threadId }),
    ...(replyTo === undefined ? {} : { replyTo }),
  });
  context.changed('posted', message);
  return { result: apiMessage(message) };
};

const editMessageText: Method = (params, context) => {
  checkObject(params, 'link_preview_options', 'link preview options');
  const content = readText(params);
  const chatId = params.get('chat_id') ?? '';
  if (chatId === '' && !params.has('message_id')) throw badRequest('Message identifier is not specified');
  const chat = checkChat(context.world, chatId, 'write');
  const message = checkMessage(chat, integer(params, 'message_id'), 'message to edit');
  if (!message.viaApi || message.service) throw badRequest("Message can't be edited");
  if (message.media) throw badRequest('There is no text in the message to edit');
  flood(context, chat);
  if (JSON.stringify(message.content) === JSON.stringify(content)) throw badRequest(notModified);
  message.content = content;
  message.editedAt = Date.now();
  context.changed('edited', message);
  return { result: apiMessage(message) };
};

/** What an edit that changes nothing is refused with. */
export const notModified =
  'message is not modified: specified new message content and reply markup are exactly the same as a current content ' +
  'and reply markup of the message';

const deleteMessage: Method = (params, context) => {
  if ((params.get('chat_id') ?? '') === '') throw badRequest('Chat identifier is not specified');
  if (integer(params, 'message_id', { min: 0 }) === 0) throw badRequest('Message identifier is not specified');
  const chat = checkChat(context.world, params.get('chat_id') ?? '', 'write');
  remove([checkMessage(chat, integer(params, 'message_id'), 'message to delete')], context);
  return done;
};

const deleteMessages: Method = (params, context) => {
  const ids = messageIds(params);
  const chat = checkChat(context.world, params.get('chat_id') ?? '', 'write');
  // Ids that are not found are skipped.
  remove(
    ids.map((id) => chat.messages.get(id)).filter((message) => message !== undefined && !message.deleted),
    context,
  );
  return done;
};

function messageIds(params: Params): number[] {
  if ((params.get('message_ids') ?? '') === '') throw badRequest('Message identifiers are not specified');
  const value = json(params, 'message_ids');
  if (value === undefined) throw badRequest("Can't parse message_ids JSON object");
  if (!Array.isArray(value)) throw badRequest('Expected an Array of message identifiers');
  if (value.length > 100) throw badRequest('Too many message identifiers specified');
  if (value.length === 0) throw badRequest('Message identifiers are not specified');
  return value.map((item: unknown) => {
    if (typeof item !== 'number' && typeof item !== 'string') throw badRequest('Message identifier must be a Number');
    const id = Number(item);
    if (!Number.isInteger(id)) throw badRequest("Can't parse message identifier as a Number");
    if (id <= 0) throw badRequest('Invalid message identifier specified');
    return id;
  });
}

/** All or none: the rights to every message are looked at first. */
function remove(messages: readonly (StoredMessage | undefined)[], context: MethodContext): void {
  const present = messages.filter((message) => message !== undefined);
  for (const message of present) checkDeletable(message);
  for (const message of present) {
    message.deleted = true;
    context.changed('deleted', message);
  }
}

/** Own messages and, as an administrator, anybody's; in private chats both sides'; within 48 hours. */
function checkDeletable(message: StoredMessage): void {
  const { chat } = message;
  const mayDelete = chat.botStatus === 'administrator' && !chat.withheld.has('can_delete_messages');
  const ageless = mayDelete && chat.type !== 'private' && chat.type !== 'group';
  if (!message.viaApi && chat.type !== 'private' && !mayDelete) throw badRequest("Message can't be deleted");
  if (!ageless && Date.now() - message.sentAt > 2 * dayMs) throw badRequest("Message can't be deleted for everyone");
}

const setMessageReaction: Method = (params, context) => {
  const emoji = reactions(json(params, 'reaction'));
  const chat = checkChat(context.world, params.get('chat_id') ?? '', 'read');
  const message = albumHead(checkMessage(chat, integer(params, 'message_id'), 'message to react'));
  if (emoji.length > 1) throw badRequest('REACTIONS_TOO_MANY');
  if (emoji.some((one) => !reactionEmoji.has(one.replaceAll('\ufe0f', '')))) throw badRequest('REACTION_INVALID');
  if (emoji.length > 0) message.reactions.set(context.world.bot.id, emoji);
  else message.reactions.delete(context.world.bot.id);
  context.changed('edited', message);
  return done;
};

/** Reactions to any part of an album stand on its first one. */
function albumHead(message: StoredMessage): StoredMessage {
  if (message.mediaGroup === undefined) return message;
  const parts = [...message.chat.messages.values()].filter((part) => part.mediaGroup === message.mediaGroup && !part.deleted);
  return parts[0] ?? message;
}

function reactions(value: unknown): string[] {
  if (value === undefined) return [];
  if (!Array.isArray(value)) throw badRequest('Expected an Array of ReactionType');
  return value.map((item: unknown) => {
    const emoji = isObject(item) ? item['emoji'] : undefined;
    if (!isObject(item) || item['type'] !== 'emoji' || typeof emoji !== 'string') throw badRequest('invalid reaction type specified');
    return emoji;
  });
}

const sendChatAction: Method = (params, context) => {
  if (!chatActions.has((params.get('action') ?? '').toLowerCase())) throw badRequest('Wrong parameter action in request');
  checkChat(context.world, params.get('chat_id') ?? '', 'write');
  return done;
};

/** The message replied to, where it is in this chat; 0 stands for none in the official server too. */
export function checkReply(params: Params, chat: ChatState, context: MethodContext): number | undefined {
  const value = checkObject(params, 'reply_parameters', 'reply parameters');
  if (value === undefined || Object.keys(value).length === 0) return undefined;
  const id = Number(value['message_id']);
  if (value['message_id'] === undefined) throw badRequest(`Can't find field "message_id"`);
  if (!Number.isInteger(id)) throw badRequest('Field "message_id" must be a valid Number');
  if (id <= 0) return undefined;
  const elsewhere = value['chat_id'];
  const isId = typeof elsewhere === 'string' || typeof elsewhere === 'number';
  const target = isId ? checkChat(context.world, String(elsewhere), 'read') : chat;
  const message = target.messages.get(id);
  if (!message || message.deleted) {
    if (value['allow_sending_without_reply'] === true) return undefined;
    throw badRequest('message to be replied not found');
  }
  if (typeof value['quote'] === 'string' && !message.content.text.includes(value['quote'])) throw badRequest('QUOTE_TEXT_INVALID');
  return target === chat ? id : undefined;
}

function checkObject(params: Params, name: string, words: string): Readonly<Record<string, unknown>> | undefined {
  if ((params.get(name) ?? '') === '') return undefined;
  const value = json(params, name);
  if (value === undefined) throw badRequest(`Can't parse ${words} JSON object`);
  if (!isObject(value)) throw badRequest(`Object expected as ${words}`);
  return value;
}

/** @throws {ApiError} 429 where limits are on and one is reached. */
export function flood(context: MethodContext, chat: ChatState): void {
  const wait = context.flood?.take(chat);
  if (wait !== undefined) throw floodWait(wait);
}

/** Methods that concern messages. */
export const messageMethods = { sendMessage, editMessageText, deleteMessage, deleteMessages, setMessageReaction, sendChatAction };
