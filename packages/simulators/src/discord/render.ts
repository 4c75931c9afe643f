import type { APIAttachment } from 'discord-api-types/v10';
import type { SimMessage, SimShownFile } from '../types.ts';
import type { ChannelState, DiscordSource, MessageAuthor, MessageState, UserState, WebhookState } from './model.ts';
import { bitsOf } from './permissions.ts';
import { plainText } from './plain-text.ts';
import { timeOf } from './snowflake.ts';
import type { World } from './world.ts';

/** JSON as the API gives it. */
export type Json = Readonly<Record<string, unknown>>;

/** As Discord writes times: microseconds and an offset. */
export const isoTime = (at: number): string => `${new Date(at).toISOString().slice(0, -1)}000+00:00`;

/** A user object. */
export function userJson(user: UserState): Json {
  return {
    id: user.id,
    username: user.username,
    avatar: user.avatar,
    discriminator: user.bot ? '0001' : '0',
    public_flags: 0,
    flags: 0,
    ...(user.bot ? { bot: true } : {}),
    banner: null,
    accent_color: null,
    global_name: user.globalName,
    avatar_decoration_data: null,
  };
}

/** The member of the guild that an event about a user carries; it has no user of its own. */
export function memberJson(world: World, user: UserState): Json {
  return {
    avatar: null,
    banner: null,
    communication_disabled_until: null,
    flags: 0,
    joined_at: isoTime(world.startedAt),
    nick: null,
    pending: false,
    premium_since: null,
    roles: user.id === world.bot.id ? [botRoleId(world)] : [],
    deaf: false,
    mute: false,
  };
}

/** The role that Discord makes for a bot when it joins. */
export const botRoleId = (world: World): string => (BigInt(world.guildId) + 1n).toString();

function authorJson(author: MessageAuthor): Json {
  if (author.kind === 'user') return userJson(author.user);
  return {
    id: author.webhook.id,
    username: author.name,
    avatar: author.avatar,
    discriminator: '0000',
    public_flags: 0,
    flags: 0,
    bot: true,
    global_name: null,
  };
}

/** A message object as REST gives it. `nonce` is only shown to those who are told of the message as it is made. */
export function messageJson(world: World, message: MessageState, nonce?: string | number): Json {
  const { author, reference } = message;
  return {
    ...bodyJson(world, message),
    id: message.id,
    channel_id: message.channel.id,
    author: authorJson(author),
    pinned: false,
    mention_everyone: message.mentions.everyone,
    tts: message.tts,
    ...(author.kind === 'webhook' ? { webhook_id: author.webhook.id } : {}),
    ...applicationOf(author),
    ...(nonce === undefined ? {} : { nonce }),
    ...(message.reactions.size > 0 ? { reactions: reactionsJson(world, message) } : {}),
    ...(reference === undefined ? {} : referenceJson(world, message)),
    ...message.extra,
  };
}

function bodyJson(world: World, message: MessageState): Json {
  return {
    type: message.type,
    content: message.content,
    mentions: message.mentions.users.flatMap((id) => world.users.get(id) ?? []).map(userJson),
    mention_roles: message.mentions.roles,
    attachments: message.attachments,
    embeds: message.embeds,
    timestamp: isoTime(message.sentAt),
    edited_timestamp: message.editedAt === undefined ? null : isoTime(message.editedAt),
    flags: message.flags,
    components: [],
  };
}

const applicationOf = (author: MessageAuthor): Json => {
  const owner = author.kind === 'webhook' ? author.webhook.applicationId : null;
  return owner === null ? {} : { application_id: owner };
};

function reactionsJson(world: World, message: MessageState): readonly Json[] {
  return [...message.reactions].map(([key, users]) => ({
    emoji: emojiJson(key),
    count: users.size,
    count_details: { burst: 0, normal: users.size },
    burst_colors: [],
    me_burst: false,
    burst_me: false,
    me: users.has(world.bot.id),
    burst_count: 0,
  }));
}

/** A partial emoji; `key` is the emoji itself, or `name:id`. */
export function emojiJson(key: string): Json {
  const [, name, id] = /^(\w+):(\d+)$/.exec(key) ?? [];
  return id === undefined ? { id: null, name: key } : { id, name };
}

function referenceJson(world: World, message: MessageState): Json {
  const { reference } = message;
  if (reference === undefined) return {};
  const target = world.messages.get(reference.messageId ?? '');
  const pointer = { type: reference.type, channel_id: reference.channelId, message_id: reference.messageId, guild_id: world.guildId };
  if (reference.type === 1 || reference.messageId === undefined) return { message_reference: pointer };
  // The message replied to comes along, but not what that one replies to.
  const shown = target === undefined || target.deleted ? null : messageJson(world, { ...target, reference: undefined });
  return { message_reference: pointer, referenced_message: shown };
}

/** What MESSAGE_CREATE and MESSAGE_UPDATE carry besides the message itself. */
export function messageEventJson(world: World, message: MessageState, nonce?: string | number): Json {
  const { author, channel } = message;
  return {
    ...messageJson(world, message, nonce),
    channel_type: channel.parent === undefined ? 0 : 11,
    guild_id: world.guildId,
    ...(author.kind === 'user' ? { member: memberJson(world, author.user) } : {}),
  };
}

/** The same without what needs the MESSAGE_CONTENT intent. Source: API reference, "Message Content Intent". */
export function withoutContent(json: Json): Json {
  const { poll: _poll, ...rest } = json;
  return { ...rest, content: '', embeds: [], attachments: [], components: [] };
}

/** Whether an application without MESSAGE_CONTENT gets this message without its content: not its own, nor where it is mentioned. */
export function needsContentIntent(world: World, message: MessageState): boolean {
  const { author, mentions } = message;
  return !(author.kind === 'user' && author.user.id === world.bot.id) && !mentions.users.includes(world.bot.id);
}

/** A channel object, of a text channel or a public thread. */
export function channelJson(world: World, channel: ChannelState): Json {
  const shared = {
    id: channel.id,
    guild_id: world.guildId,
    name: channel.name,
    last_message_id: channel.lastMessageId,
    rate_limit_per_user: 0,
    flags: 0,
  };
  if (channel.parent !== undefined) return { ...shared, ...threadFields(world, channel, channel.parent.id) };
  const denied = channel.denied.size === 0 ? [] : [{ id: world.bot.id, type: 1, allow: '0', deny: bitsOf(channel.denied) }];
  return { ...shared, type: 0, position: channel.position, permission_overwrites: denied, nsfw: false, topic: null, parent_id: null };
}

function threadFields(world: World, thread: ChannelState, parentId: string): Json {
  const madeAt = isoTime(timeOf(thread.id));
  const metadata = {
    archived: thread.archived,
    auto_archive_duration: 1440,
    archive_timestamp: madeAt,
    locked: thread.locked,
    create_timestamp: madeAt,
  };
  return {
    type: 11,
    parent_id: parentId,
    owner_id: [...world.users.keys()][1] ?? world.bot.id,
    thread_metadata: metadata,
    message_count: thread.messageCount,
    total_message_sent: thread.messages.length,
    member_count: 1,
  };
}

/** A webhook object. The token is only shown to its own application, or for a webhook of nobody's. */
export function webhookJson(world: World, webhook: WebhookState, options: { readonly withUser: boolean }): Json {
  const showToken = webhook.applicationId === null || webhook.applicationId === world.applicationId;
  return {
    application_id: webhook.applicationId,
    avatar: webhook.avatar,
    channel_id: webhook.channel.id,
    guild_id: world.guildId,
    id: webhook.id,
    name: webhook.name,
    type: 1,
    ...(options.withUser ? { user: userJson(webhook.creator) } : {}),
    ...(showToken ? { token: webhook.token } : {}),
  };
}

/** How pictures and files are found. */
export interface Shelves {
  pictureOf(id: string): string;
  file(attachment: APIAttachment): SimShownFile;
  sticker(id: string): SimShownFile | undefined;
}

/** A message as the simulator's users see it. */
export function simMessage(world: World, message: MessageState, shelves: Shelves): SimMessage {
  const names = { user: (id: string) => displayName(world.users.get(id)), channel: (id: string) => world.channels.get(id)?.name };
  const { channel, reference } = message;
  return {
    id: message.id,
    room: roomOf(channel).id,
    author: simAuthor(message.author, (id) => shelves.pictureOf(id)),
    text: plainText(message.content, names),
    source: sourceOf(message),
    sentAt: message.sentAt,
    ...(message.editedAt === undefined ? {} : { editedAt: message.editedAt }),
    deleted: message.deleted,
    viaApi: message.viaApi,
    files: [
      ...message.attachments.map((attachment) => shelves.file(attachment)),
      ...(message.extra.sticker_items ?? []).flatMap(({ id }) => shelves.sticker(id) ?? []),
    ],
    ...(message.type === 19 && reference?.messageId !== undefined ? { replyTo: reference.messageId } : {}),
    ...(channel.grown ? { thread: channel.id } : {}),
    reactions: [...message.reactions].flatMap(([emoji, users]) => [...users].map((by) => ({ emoji, by }))),
  };
}

/** A thread that grew out of a message is a part of its channel, as people see it. */
export const roomOf = (channel: ChannelState): ChannelState => (channel.grown ? (channel.parent ?? channel) : channel);

function simAuthor(author: MessageAuthor, pictureOf: (id: string) => string): SimMessage['author'] {
  if (author.kind === 'user') {
    const { id, bot } = author.user;
    return { id, name: displayName(author.user) ?? id, avatarUrl: pictureOf(id), isBot: bot };
  }
  const { webhook, name, avatarUrl } = author;
  return { id: webhook.id, name, ...(avatarUrl === undefined ? {} : { avatarUrl }), isBot: true };
}

const displayName = (user: UserState | undefined): string | undefined => user?.globalName ?? user?.username;

function sourceOf(message: MessageState): DiscordSource {
  const { author, reference } = message;
  return {
    content: message.content,
    type: message.type,
    ...(author.kind === 'webhook' ? { webhookId: author.webhook.id } : {}),
    ...(reference?.type === 0 && reference.messageId !== undefined ? { replyTo: reference.messageId } : {}),
    embeds: message.embeds,
    attachments: message.attachments,
    reactions: Object.fromEntries([...message.reactions].map(([key, users]) => [key, [...users]])),
  };
}
