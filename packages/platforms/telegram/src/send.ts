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
import { limitsOf } from './limits.ts';
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

const unreadable = (): DeliveryError =>
  new DeliveryError('Telegram took the message, but its answer names no message id.', { kind: 'ambiguous' }, { code: 'no-message-id' });

/**
 * A bot cannot look its own messages up, so a send that is in doubt is simply made again: whether that is wanted was
 * decided before (`retryAmbiguous`).
 */
async function send({ api }: Client, command: Of<'send'>, signal: AbortSignal): Promise<Receipt> {
  const target = targetOf(command.conversation);
  const sent = await say(command.body, (words) => api.sendMessage({ ...target, ...words }, signal));
  // The answer said ok, and is not to be read: it was carried out.
  if (!Number.isInteger(sent?.message_id)) throw unreadable();
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
  try {
    await api.setMessageReaction({ ...addressOf(command.conversation, command.message), reaction }, signal);
  } catch (error) {
    // There is nothing left to take away.
    if (command.on || !describes(error, /message to react not found|MESSAGE_ID_INVALID/i)) throw error;
  }
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

/** All but sends can be repeated without a second effect, so nothing about them is in doubt. */
function undoubted(error: DeliveryError, { type }: Command): DeliveryError {
  if (error.failure.kind !== 'ambiguous' || type === 'send') return error;
  return new DeliveryError(error.message, { kind: 'transient' }, error.answer);
}

/** What an operator chose. */
export interface SenderOptions {
  readonly retryAmbiguous: boolean;
}

/** The bot as a sender. There is one bot for all authors, so the core puts their names into the text. */
export const createSender = (client: Client, { retryAmbiguous }: SenderOptions = { retryAmbiguous: true }): Sender => ({
  async deliver(command, signal) {
    if (signal.aborted) throw new DeliveryError('The bridge is stopping; this is sent after its restart.', { kind: 'shutting-down' });
    try {
      return await carryOut(client, command, signal);
    } catch (error) {
      throw undoubted(toDeliveryError(error, signal, client.scrub), command);
    }
  },
  measure: (body: Body) => render(body).text.length,
  impersonates: () => false,
  limits: limitsOf,
  retryAmbiguous,
  close: () => client.close(),
});
