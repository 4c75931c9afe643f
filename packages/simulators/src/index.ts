export type { CometChatPersonSpec, CometChatPost, CometChatRoomSpec, CometChatSource } from './cometchat/model.ts';
export type { RateLimits } from './cometchat/rate.ts';
export {
  type CometChatSimulator,
  type CometChatSimulatorOptions,
  startCometChatSimulator,
} from './cometchat/simulator.ts';
export type { CometChatWebhook, CometChatWebhookAttempt } from './cometchat/webhook.ts';
export type {
  BotStatus,
  ChatType,
  Entity,
  TelegramBotSpec,
  TelegramPerson,
  TelegramPersonSpec,
  TelegramPost,
  TelegramRoom,
  TelegramRoomSpec,
  TelegramSource,
  TelegramTopic,
} from './telegram/model.ts';
export { startTelegramSimulator, type TelegramSimulator, type TelegramSimulatorOptions } from './telegram/simulator.ts';
export type { WebhookAttempt } from './telegram/webhook.ts';
export * from './types.ts';
export { startDiscordSimulator, type DiscordSimulator } from './discord-standin/index.ts';
