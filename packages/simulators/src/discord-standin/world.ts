import { randomBytes } from 'node:crypto';
import { discordError } from './errors.ts';
import { createSnowflakes, type DiscordChannel, type DiscordMessage, type DiscordPermissions, type DiscordUser, type DiscordWebhook } from './model.ts';

export interface WorldSpec {
  readonly applicationId: string;
  readonly botName: string;
  readonly people: readonly { readonly id: string; readonly name: string }[];
  readonly rooms: readonly { readonly id: string; readonly name: string; readonly parent?: string }[];
}

/** What is in the one guild of the simulated Discord. */
export interface World {
  readonly guildId: string;
  readonly bot: DiscordUser;
  readonly applicationId: string;
  readonly people: ReadonlyMap<string, DiscordUser>;
  readonly channels: Map<string, DiscordChannel>;
  readonly permissions: Map<string, DiscordPermissions>;
  readonly webhooks: Map<string, DiscordWebhook>;
  /** Messages of a channel, oldest first, deleted ones too. */
  readonly messages: Map<string, Map<string, DiscordMessage>>;
  readonly snowflake: () => string;
}

export function createWorld(spec: WorldSpec): World {
  const snowflake = createSnowflakes();
  const guildId = '1000000000000000001';
  const channel = ({ id, name, parent }: WorldSpec['rooms'][number]): DiscordChannel => ({ id, guild_id: guildId, name, type: parent === undefined ? 0 : 11, parent_id: parent ?? null });
  return {
    guildId,
    applicationId: spec.applicationId,
    bot: { ...userOf({ id: spec.applicationId, name: spec.botName }), bot: true },
    people: new Map(spec.people.map((person) => [person.id, userOf(person)])),
    channels: new Map(spec.rooms.map((room) => [room.id, channel(room)])),
    permissions: new Map(),
    webhooks: new Map(),
    messages: new Map(spec.rooms.map((room) => [room.id, new Map()])),
    snowflake,
  };
}

function userOf({ id, name }: { readonly id: string; readonly name: string }): DiscordUser {
  return { id, username: name.toLowerCase().replaceAll(/[^a-z0-9_.]/g, '_'), discriminator: '0', global_name: name, avatar: null };
}

/** @throws {DiscordError} 10003 */
export function channelOf(world: World, id: string): DiscordChannel {
  const channel = world.channels.get(id);
  if (!channel) throw discordError(10003);
  return channel;
}

/** Checks one thing the bot may or may not do. @throws {DiscordError} 10003, 50001 or 50013 */
export function allow(world: World, channelId: string, what: keyof DiscordPermissions): DiscordChannel {
  const channel = channelOf(world, channelId);
  const permissions = world.permissions.get(channelId);
  if (permissions && !permissions.view) throw discordError(50001);
  if (permissions && !permissions[what]) throw discordError(50013);
  return channel;
}

/** @throws {DiscordError} 10008 */
export function messageOf(world: World, channelId: string, messageId: string): DiscordMessage {
  const message = world.messages.get(channelId)?.get(messageId);
  if (!message || message.deleted) throw discordError(10008);
  return message;
}

export type NewMessage = Pick<DiscordMessage, 'channel_id' | 'author' | 'content' | 'viaApi'> &
  Partial<Pick<DiscordMessage, 'avatarUrl' | 'webhook_id' | 'application_id' | 'nonce' | 'message_reference' | 'attachments' | 'embeds'>>;

export function addMessage(world: World, created: NewMessage): DiscordMessage {
  const message: DiscordMessage = {
    attachments: [],
    embeds: [],
    ...created,
    id: world.snowflake(),
    timestamp: new Date().toISOString(),
    edited_timestamp: null,
    deleted: false,
    type: created.message_reference ? 19 : 0,
    reactions: new Map(),
  };
  world.messages.get(created.channel_id)?.set(message.id, message);
  return message;
}

export function addWebhook(world: World, channelId: string, name: string): DiscordWebhook {
  const webhook: DiscordWebhook = {
    id: world.snowflake(),
    token: randomBytes(51).toString('base64url'),
    channel_id: channelId,
    guild_id: world.guildId,
    name,
    application_id: world.applicationId,
  };
  world.webhooks.set(webhook.id, webhook);
  return webhook;
}
