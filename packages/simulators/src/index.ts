export type { MediaAccess } from './cometchat/files.ts';
export type {
  CometChatPersonSpec,
  CometChatPost,
  CometChatRoomSpec,
  CometChatSource,
  ModerationDecision,
} from './cometchat/model.ts';
export type { RateLimits } from './cometchat/rate.ts';
export {
  type CometChatSimulator,
  type CometChatSimulatorOptions,
  startCometChatSimulator,
} from './cometchat/simulator.ts';
export type { CometChatWebhook, CometChatWebhookAttempt } from './cometchat/webhook.ts';
export type { DiscordPost, MessageRef } from './discord/actors.ts';
export type { GatewayControl, GatewayOptions } from './discord/gateway.ts';
export type { GatewaySessionView } from './discord/gateway-session.ts';
export type { AllowedIntents } from './discord/intents.ts';
export type {
  DiscordBotSpec,
  DiscordPerson,
  DiscordPersonSpec,
  DiscordRoom,
  DiscordRoomSpec,
  DiscordSource,
  DiscordThreadSpec,
} from './discord/model.ts';
export type { PermissionName } from './discord/permissions.ts';
export { type DiscordSimulator, type DiscordSimulatorOptions, type DiscordWebhook, startDiscordSimulator } from './discord/simulator.ts';
export type {
  BotStatus,
  ChatType,
  Entity,
  TelegramBotSpec,
  TelegramPerson,
  TelegramPersonSpec,
  TelegramPost,
  TelegramReact,
  TelegramRoom,
  TelegramRoomSpec,
  TelegramSource,
  TelegramTopic,
} from './telegram/model.ts';
export { seededRandom } from './shared/random.ts';
export { startTelegramSimulator, type TelegramSimulator, type TelegramSimulatorOptions } from './telegram/simulator.ts';
export type { WebhookAttempt } from './telegram/webhook.ts';
export * from './types.ts';
