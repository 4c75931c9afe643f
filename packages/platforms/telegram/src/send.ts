import {
  type Body,
  type Command,
  type ConversationId,
  DeliveryError,
  type MessageId,
  messageId,
  plainText,
  type Receipt,
  type Sender,
} from '@bridge/core';
import { capabilities } from './capabilities.ts';
import { TelegramApiError } from 'node-telegram-bot-api';
import type { Client } from './api.ts';
import { messageUrl } from './author.ts';
import { targetOf } from './config.ts';
import { toDeliveryError } from './failures.ts';
import { chatSchema } from './payload.ts';
import { type Rendered, render } from './render.ts';

type Of<T extends Command['type']> = Extract<Command, { type: T }>;
const describes = (error: unknown, what: RegExp): boolean => error instanceof TelegramApiError && what.test(String(error.description));

function addressOf(conversation: ConversationId, message: MessageId) {
  return { chat_id: targetOf(conversation).chat_id, message_id: Number(message) };
}

/**
 * Says it with its formatting, and if that is what Telegram refuses, without: a refusal is certain, so this is no second
 * attempt, and the words matter more than how they look.
 */
async function say<T>(
  body: Body,
  write: (rendered: { readonly text: string; readonly entities: Rendered['entities'][number][] }) => Promise<T>,
): Promise<T> {
  const { text, entities } = render(body);
  try {
    return await write({ text, entities: [...entities] });
  } catch (error) {
    if (entities.length === 0 || !describes(error, /entit/i)) throw error;
    const plain = plainText(body).toWellFormed();
    return write({ text: plain.length <= capabilities.text.maxLength ? plain : text, entities: [] });
  }
}

async function send({ api }: Client, command: Of<'send'>, signal: AbortSignal): Promise<Receipt> {
  const target = targetOf(command.conversation);
  const sent = await say(command.body, (words) => api.sendMessage({ ...target, ...words }, signal));
  const chat = chatSchema.safeParse(sent.chat);
  const url = chat.success ? messageUrl(chat.data, sent.message_id, target.message_thread_id) : undefined;
  return { message: messageId(String(sent.message_id)), ...(url === undefined ? {} : { messageUrl: url }) };
}

async function edit({ api }: Client, command: Of<'edit'>, signal: AbortSignal): Promise<Receipt> {
  const address = addressOf(command.conversation, command.message);
  try {
    await say(command.body, (words) => api.editMessageText({ ...address, ...words }, signal));
  } catch (error) {
    // A second try of an edit that had arrived, or a change that Telegram does not show.
    if (!describes(error, /message is not modified/i)) throw error;
  }
  return { message: command.message };
}

async function remove({ api }: Client, command: Of<'delete'>, signal: AbortSignal): Promise<Receipt> {
  try {
    await api.deleteMessage(addressOf(command.conversation, command.message), signal);
  } catch (error) {
    if (!describes(error, /message to delete not found|message identifier is not specified/i)) throw error;
  }
  return { message: command.message };
}

async function react({ api }: Client, command: Of<'react'>, signal: AbortSignal): Promise<Receipt> {
  const reaction = command.on ? [{ type: 'emoji' as const, emoji: command.emoji }] : [];
  await api.setMessageReaction({ ...addressOf(command.conversation, command.message), reaction }, signal);
  return { message: command.message };
}

function carryOut(client: Client, command: Command, signal: AbortSignal): Promise<Receipt> {
  switch (command.type) {
    case 'send':
      return send(client, command, signal);
    case 'edit':
      return edit(client, command, signal);
    case 'delete':
      return remove(client, command, signal);
    case 'react':
      return react(client, command, signal);
    default: {
      const never: never = command;
      return never;
    }
  }
}

/** The bot as a sender. There is one bot for all authors, so the core puts their names into the text. */
export const createSender = (client: Client): Sender => ({
  async deliver(command, signal) {
    if (signal.aborted) throw new DeliveryError('The bridge is stopping; this is sent after its restart.', { kind: 'shutting-down' });
    try {
      return await carryOut(client, command, signal);
    } catch (error) {
      throw toDeliveryError(error, signal, client.scrub);
    }
  },
  measure: (body: Body) => render(body).text.length,
  impersonates: () => false,
  close: () => client.close(),
});
