import { conversationId, type ConversationId, type SettingsOf } from '@bridge/core';
import { z } from 'zod';

/** What the bridge needs to know to be a Telegram bot; see `Setting` for what each field is used for. */
export const settings = {
  botToken: {
    env: 'TELEGRAM_BOT_TOKEN',
    schema: z.string().regex(/^\d+:[\w-]+(\/test)?$/, 'a bot token looks like 123456789:AAF… ; copy all of it from @BotFather'),
    secret: true,
    required: true,
    describe: 'Token of the bot that reads and writes in the bridged chats.',
    where:
      'In Telegram open @BotFather, send /newbot (or /mybots → your bot → API Token) and copy the token. ' +
      'Then /setprivacy → your bot → Disable, so that it sees every message of a group, and add the bot to the chat.',
  },
  webhookSecret: {
    env: 'TELEGRAM_WEBHOOK_SECRET',
    // Telegram's own rule for secret_token: https://core.telegram.org/bots/api#setwebhook
    schema: z
      .string()
      .regex(/^[\w-]{1,256}$/, 'use 1 to 256 characters of A-Z, a-z, 0-9, _ and -')
      .optional(),
    secret: true,
    required: { unless: { env: 'TELEGRAM_MODE', value: 'polling' } },
    describe: 'Telegram sends it with every webhook call, in the header X-Telegram-Bot-Api-Secret-Token.',
    where: 'Make one up, for example with: openssl rand -hex 32',
  },
  apiUrl: {
    env: 'TELEGRAM_API_URL',
    schema: z.url({ protocol: /^https?$/ }),
    default: 'https://api.telegram.org',
    describe: 'Root of the Bot API, for a self-hosted Bot API server.',
  },
  mode: {
    env: 'TELEGRAM_MODE',
    schema: z.enum(['webhook', 'polling']),
    default: 'webhook',
    describe: 'How messages come in: `webhook` needs PUBLIC_URL, `polling` needs no public address.',
  },
  autoWebhook: {
    env: 'TELEGRAM_AUTO_WEBHOOK',
    schema: z.stringbool(),
    default: 'true',
    describe: 'Register the webhook at start. With false, do it yourself with setWebhook.',
  },
  onAmbiguous: {
    env: 'TELEGRAM_ON_AMBIGUOUS',
    schema: z.enum(['retry', 'dead-letter']),
    default: 'retry',
    describe:
      'What becomes of a message whose sending was cut off without an answer, since a bot cannot look up whether it arrived: ' +
      '`retry` never loses one and may show it twice, `dead-letter` never shows one twice and leaves it to you.',
  },
} as const;
/** The parsed values of `settings`. */
export type TelegramSettings = SettingsOf<typeof settings>;

/** A chat, or one topic of a forum, as bridges.yaml names it. */
export const member = z.strictObject({
  // Updates name a chat by its number alone, so an @name could be written to but never heard.
  chat: z
    .string()
    .regex(/^-?\d+$/, 'write the chat’s numeric id in quotes, such as "-1001234567890"; an @name cannot be matched with incoming messages'),
  topic: z.int().positive().optional(),
});
/**
 * `chat`, or `chat/topic` for one topic of a forum. A member without a topic is the chat itself and, in a forum, its
 * General topic: messages of other topics belong to members of their own.
 */
export const conversationOf = ({ chat, topic }: { readonly chat: string; readonly topic?: number | undefined }): ConversationId =>
  conversationId(topic === undefined ? chat : `${chat}/${topic}`);

/** Reactions name only the chat, where message ids are unique: topics are parts of their forum. */
export const containerOf = (conversation: ConversationId): ConversationId => conversationId(conversation.split('/', 1)[0] ?? conversation);

/** Where the Bot API has to send what is meant for a conversation. */
export type Target = { readonly chat_id: number; readonly message_thread_id?: number };

/** The inverse of `conversationOf`. */
export function targetOf(conversation: ConversationId): Target {
  const [chat = '', topic] = conversation.split('/');
  return topic === undefined ? { chat_id: Number(chat) } : { chat_id: Number(chat), message_thread_id: Number(topic) };
}

/** The bot's own user id, which is the part of the token before the colon. */
export const botIdOf = (token: string): number => Number(token.split(':', 1)[0]);
