import { type Body, type Command, DeliveryError, type MessageId, messageId, plainText, type Receipt } from '@bridge/core';
import { TelegramApiError } from 'node-telegram-bot-api';
import { z } from 'zod';
import type { Client } from './api.ts';
import { messageUrl } from './author.ts';
import { capabilities } from './capabilities.ts';
import { targetOf } from './config.ts';
import { exhaustedBy } from './limits.ts';
import { chatSchema } from './payload.ts';
import { type Rendered, render } from './render.ts';
import { type Place, ship } from './upload.ts';

type Send = Extract<Command, { type: 'send' }>;

/** Whether Telegram refused a call with these words. */
export const describes = (error: unknown, what: RegExp): boolean =>
  error instanceof TelegramApiError && what.test(String(error.description));

/** What of a message is left out because Telegram refused the whole for it. */
interface Form {
  readonly plain: boolean;
  readonly alone: boolean;
  readonly asDocuments: boolean;
}

// The words of the official server for a file that it takes, but not as what it was sent as.
const wrongKind =
  /IMAGE_PROCESS_FAILED|PHOTO_\w+|too big for a photo|VIDEO_\w+|MEDIA_(INVALID|EMPTY)|STICKER_\w+|VOICE_MESSAGES_FORBIDDEN|restricted receiving of v|mixed with other media|wrong type of the web page|can't use file/i;

function simpler(form: Form, error: unknown): Form | undefined {
  if (!form.plain && describes(error, /entit/i)) return { ...form, plain: true };
  // Telegram lets a reply to what is gone pass, but not in a forum's topic.
  if (!form.alone && describes(error, /message to be replied not found|REPLY_MESSAGE_ID_INVALID|replied message not found/i))
    return { ...form, alone: true };
  return !form.asDocuments && describes(error, wrongKind) ? { ...form, asDocuments: true } : undefined;
}

/**
 * Leaves out what Telegram refuses a message for, as long as there is something: a refusal is certain, so asking again is no
 * second attempt, and that the words arrive matters more than how they look.
 */
async function insist<T>(write: (form: Form) => Promise<T>, first: Form): Promise<T> {
  try {
    return await write(first);
  } catch (error) {
    const next = simpler(first, error);
    if (next === undefined) throw error;
    return insist(write, next);
  }
}

function words(body: Body, plain: boolean, maxLength: number): Rendered {
  const rendered = render(body);
  if (!plain) return rendered;
  const text = plainText(body).toWellFormed();
  return { text: text.length <= maxLength ? text : rendered.text, entities: [] };
}

/** Writes a body with its formatting or, if that is what Telegram refuses, without. */
export function say<T>(body: Body, maxLength: number, write: (words: Rendered) => Promise<T>): Promise<T> {
  const { entities } = render(body);
  // What cannot be left out is marked as left out already.
  return insist(({ plain }) => write(words(body, plain, maxLength)), { plain: entities.length === 0, alone: true, asDocuments: true });
}

/** https://core.telegram.org/bots/api#linkpreviewoptions */
export const previews = ({ linkPreviews }: { readonly linkPreviews?: boolean }) =>
  linkPreviews === false ? { link_preview_options: { is_disabled: true } } : {};

function placeOf({ conversation, replyTo }: Send, alone: boolean): Place {
  const target = targetOf(conversation);
  if (replyTo === undefined || alone) return target;
  return { ...target, reply_parameters: { message_id: Number(replyTo), allow_sending_without_reply: true } };
}

/**
 * Sends a message. A bot cannot look its own messages up, so a send that is in doubt is simply made again: whether that is
 * wanted was decided before (`retryAmbiguous`).
 * @throws {MediaError} of a file that could not be had; whatever the client throws.
 */
export async function send({ api, uploads }: Client, command: Send, signal: AbortSignal): Promise<Receipt> {
  const { body, files, replyTo, conversation } = command;
  const { text, files: limits } = capabilities;
  const first: Form = { plain: render(body).entities.length === 0, alone: replyTo === undefined, asDocuments: files.length === 0 };
  const sent = await insist(async ({ plain, alone, asDocuments }) => {
    const place = placeOf(command, alone);
    if (files.length > 0) return ship(uploads, { files, place, asDocuments, caption: words(body, plain, limits.captionMaxLength) }, signal);
    const { text: said, entities } = words(body, plain, text.maxLength);
    return [await api.sendMessage({ ...place, ...previews(command), text: said, entities: [...entities] }, signal)];
  }, first);
  return receiptOf(sent, conversation);
}

/** What a send answers with, as far as it is needed; the messages of an album in order. */
const sentSchema = z.array(z.object({ message_id: z.int(), chat: chatSchema.optional().catch(undefined) }));

function receiptOf(answer: unknown, conversation: Send['conversation']): Receipt {
  const read = sentSchema.safeParse(answer);
  const [message, ...also] = read.success ? read.data.map((one): MessageId => messageId(String(one.message_id))) : [];
  // The answer said ok, and is not to be read: it was carried out.
  if (!read.success || message === undefined) throw unreadable();
  const chat = read.data[0]?.chat;
  const url = chat && messageUrl(chat, Number(message), targetOf(conversation).message_thread_id);
  const exhausted = exhaustedBy(also.length + 1, conversation);
  return {
    message,
    ...(also.length === 0 ? {} : { also }),
    ...(url === undefined ? {} : { messageUrl: url }),
    ...(exhausted === undefined ? {} : { exhausted }),
  };
}

const unreadable = (): DeliveryError =>
  new DeliveryError('Telegram took the message, but its answer names no message id.', { kind: 'ambiguous' }, { code: 'no-message-id' });
