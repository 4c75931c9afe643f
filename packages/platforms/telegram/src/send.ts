import {
  type Body,
  type Command,
  type ConversationId,
  DeliveryError,
  MediaError,
  type MessageId,
  type Receipt,
  type Sender,
} from '@bridge/core';
import type { Client } from './api.ts';
import { messageUrl } from './author.ts';
import { capabilities } from './capabilities.ts';
import { targetOf } from './config.ts';
import { toDeliveryError } from './failures.ts';
import { limitsOf } from './limits.ts';
import { render } from './render.ts';
import { describes, previews, say, send } from './write.ts';

type Of<T extends Command['type']> = Extract<Command, { type: T }>;

function addressOf(conversation: ConversationId, message: MessageId) {
  return { chat_id: targetOf(conversation).chat_id, message_id: Number(message) };
}

async function editText({ api }: Client, command: Of<'edit'>, signal: AbortSignal): Promise<void> {
  const { conversation, message, body } = command;
  const address = { ...addressOf(conversation, message), ...previews(command) };
  await say(body, capabilities.text.maxLength, ({ text, entities }) =>
    api.editMessageText({ ...address, text, entities: [...entities] }, signal),
  );
}

async function editCaption({ api }: Client, { conversation, message, body }: Of<'edit'>, signal: AbortSignal): Promise<void> {
  const address = addressOf(conversation, message);
  await say(body, capabilities.files.captionMaxLength, ({ text, entities }) =>
    api.editMessageCaption({ ...address, caption: text, caption_entities: [...entities] }, signal),
  );
}

/** What a message shows may be known wrongly, as of one from before files were carried: Telegram then says which it is. */
async function edit(client: Client, command: Of<'edit'>, signal: AbortSignal): Promise<Receipt> {
  const [first, other] = command.shows === 'caption' ? [editCaption, editText] : [editText, editCaption];
  try {
    await first(client, command, signal).catch((error: unknown) => {
      if (!describes(error, /there is no (text|caption) in the message/i)) throw error;
      return other(client, command, signal);
    });
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
  // Telegram's list has no signs that ask for the coloured form.
  const reaction = command.on ? [{ type: 'emoji' as const, emoji: command.emoji.replaceAll('\ufe0f', '') }] : [];
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

/**
 * A message that is too large with its files, for Telegram or for a proxy before it, is told without the last of them: the core
 * makes a new plan, so that nobody has to look after it.
 */
function tooLarge(error: DeliveryError, command: Command): DeliveryError | MediaError {
  const { failure } = error;
  const fits = command.type !== 'send' || command.files.length === 0 || failure.kind !== 'permanent' || failure.reason !== 'too-large';
  return fits ? error : new MediaError('Telegram, or a proxy before it, takes nothing this large.', 'too-large');
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
      // The core knows which file it was, and tells it in words.
      if (error instanceof MediaError && !signal.aborted) throw error;
      throw tooLarge(undoubted(toDeliveryError(error, signal, client.scrub), command), command);
    }
  },
  measure: (body: Body) => render(body).text.length,
  impersonates: () => false,
  limits: limitsOf,
  linkTo: (conversation, message) => {
    const { chat_id: id, message_thread_id: topic } = targetOf(conversation);
    return messageUrl({ id }, Number(message), topic);
  },
  showTyping: async (conversation, signal) => {
    await client.api.sendChatAction({ ...targetOf(conversation), action: 'typing' }, signal);
  },
  retryAmbiguous,
  close: () => client.close(),
});
