import { apiError } from './api-error.ts';
import type { ChannelState, DiscordBotSpec, DiscordPersonSpec, DiscordRoomSpec, MessageState, UserState, WebhookState } from './model.ts';
import type { PermissionName } from './permissions.ts';
import { createRandom, type Random } from './random.ts';
import { createSnowflakes, isSnowflake } from './snowflake.ts';

/** How to make a world. */
export interface WorldSpec {
  readonly token: string;
  readonly applicationId?: string | undefined;
  readonly guildId?: string | undefined;
  readonly bot?: DiscordBotSpec | undefined;
  readonly people: readonly DiscordPersonSpec[];
  readonly rooms: readonly DiscordRoomSpec[];
  readonly seed?: number | undefined;
  readonly premiumTier?: PremiumTier | undefined;
}

/** How far a guild is boosted. */
export type PremiumTier = 0 | 1 | 2 | 3;

/** Everything there is: one guild, its members, channels and threads, webhooks and messages. */
export interface World {
  readonly bot: UserState;
  readonly applicationId: string;
  readonly guildId: string;
  readonly premiumTier: PremiumTier;
  readonly users: ReadonlyMap<string, UserState>;
  /** Channels and threads. */
  readonly channels: Map<string, ChannelState>;
  readonly webhooks: Map<string, WebhookState>;
  readonly messages: Map<string, MessageState>;
  readonly random: Random;
  readonly startedAt: number;
  newId(): bigint;
}

/** @throws {TypeError} for an id that is not a snowflake, or that is there twice. */
export function createWorld(spec: WorldSpec): World {
  const botId = spec.bot?.id ?? idInToken(spec.token) ?? '1100000000000000001';
  const botName = spec.bot?.username ?? 'bridge';
  const bot: UserState = { id: botId, username: botName, globalName: null, avatar: null, bot: true };
  const people = spec.people.map(toUser);
  const channels = spec.rooms.flatMap((room, position) => toChannels(room, position));
  const guildId = spec.guildId ?? '1000000000000000001';
  requireDistinct([...people.map(({ id }) => id), botId]);
  requireDistinct([...channels.map(({ id }) => id), guildId]);
  return {
    bot,
    applicationId: spec.applicationId ?? botId,
    guildId,
    premiumTier: spec.premiumTier ?? 0,
    users: new Map([bot, ...people].map((user) => [user.id, user])),
    channels: new Map(channels.map((channel) => [channel.id, channel])),
    webhooks: new Map(),
    messages: new Map(),
    random: createRandom(spec.seed),
    startedAt: Date.now(),
    newId: createSnowflakes(),
  };
}

/** The channel or thread. @throws {ApiError} 10003 */
export function requireChannel(world: World, id: string): ChannelState {
  const channel = world.channels.get(id);
  if (channel === undefined) throw apiError('unknownChannel');
  return channel;
}

/** The message, if it is in that channel and not deleted. @throws {ApiError} 10008 */
export function requireMessage(world: World, channel: ChannelState, id: string): MessageState {
  const message = world.messages.get(id);
  if (message === undefined || message.deleted || message.channel !== channel) throw apiError('unknownMessage');
  return message;
}

/** Whether the bot may do that there; a thread has its channel's permissions, and may have fewer. */
export function permits(channel: ChannelState, permission: PermissionName): boolean {
  return !channel.denied.has(permission) && channel.parent?.denied.has(permission) !== true;
}

/** @throws {ApiError} 50001 when the bot does not see the channel, 50013 when it lacks one of the others. */
export function requirePermissions(channel: ChannelState, ...permissions: readonly PermissionName[]): void {
  if (!permits(channel, 'VIEW_CHANNEL')) throw apiError('missingAccess');
  if (permissions.some((permission) => !permits(channel, permission))) throw apiError('missingPermissions');
}

/** The first part of a bot token is its user's id in base64. */
function idInToken(token: string): string | undefined {
  const id = Buffer.from(token.split('.')[0] ?? '', 'base64url').toString();
  return isSnowflake(id) ? id : undefined;
}

function toUser(person: DiscordPersonSpec): UserState {
  const username = person.username ?? (person.name.toLowerCase().replace(/[^a-z0-9_.]+/g, '') || `user${person.id}`);
  return { id: person.id, username, globalName: person.name, avatar: person.avatar ?? null, bot: person.bot ?? false };
}

function toChannels(room: DiscordRoomSpec, position: number): readonly ChannelState[] {
  const fresh = {
    grown: false,
    position,
    archived: false,
    locked: false,
    denied: new Set<PermissionName>(),
    messages: [],
    lastMessageId: null,
    messageCount: 0,
  };
  const channel: ChannelState = { ...fresh, id: room.id, name: room.name, parent: undefined };
  const threads = (room.threads ?? []).map(
    ({ id, name, archived = false, locked = false }): ChannelState => ({
      ...fresh,
      denied: new Set(),
      messages: [],
      id,
      name,
      parent: channel,
      archived,
      locked,
    }),
  );
  return [channel, ...threads];
}

function requireDistinct(ids: readonly string[]): void {
  const seen = new Set<string>();
  for (const id of ids) {
    if (!isSnowflake(id)) throw new TypeError(`'${id}' is not a Discord id; give a snowflake, such as 1200000000000000001`);
    if (seen.has(id)) throw new TypeError(`the id ${id} is given twice; ids of channels, and of people and the bot, must differ`);
    seen.add(id);
  }
}
