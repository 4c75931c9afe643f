import type { UserState } from './model.ts';
import { allPermissions } from './permissions.ts';
import { botRoleId, channelJson, isoTime, type Json, memberJson, userJson } from './render.ts';
import { permits, type World } from './world.ts';

const guildName = 'Simulated server';

/** The guild, without members and channels. */
export function guildJson(world: World): Json {
  return {
    id: world.guildId,
    name: guildName,
    icon: null,
    banner: null,
    splash: null,
    discovery_splash: null,
    description: null,
    features: [],
    owner_id: ownerId(world),
    permissions: allPermissions,
    region: 'deprecated',
    afk_channel_id: null,
    afk_timeout: 300,
    verification_level: 0,
    default_message_notifications: 1,
    explicit_content_filter: 0,
    mfa_level: 0,
    application_id: null,
    system_channel_id: null,
    system_channel_flags: 0,
    rules_channel_id: null,
    public_updates_channel_id: null,
    safety_alerts_channel_id: null,
    vanity_url_code: null,
    premium_tier: world.premiumTier,
    premium_subscription_count: 0,
    premium_progress_bar_enabled: false,
    preferred_locale: 'en-US',
    nsfw_level: 0,
    nsfw: false,
    emojis: [],
    stickers: [],
    roles: rolesJson(world),
  };
}

/** GUILD_CREATE: the guild with all that a client starts from. */
export function guildCreateJson(world: World): Json {
  const channels = [...world.channels.values()];
  const threads = channels.filter((channel) => channel.parent !== undefined && !channel.archived && permits(channel, 'VIEW_CHANNEL'));
  return {
    ...guildJson(world),
    joined_at: isoTime(world.startedAt),
    large: false,
    unavailable: false,
    member_count: world.users.size,
    voice_states: [],
    members: [memberWithUserJson(world, world.bot)],
    channels: channels.filter(({ parent }) => parent === undefined).map((channel) => channelJson(world, channel)),
    threads: threads.map((thread) => channelJson(world, thread)),
    presences: [],
    stage_instances: [],
    guild_scheduled_events: [],
    soundboard_sounds: [],
  };
}

/** A member with its user. */
export function memberWithUserJson(world: World, user: UserState): Json {
  return { ...memberJson(world, user), user: userJson(user) };
}

/** @everyone, and the role of the bot. */
export function rolesJson(world: World): readonly Json[] {
  const role = { permissions: allPermissions, color: 0, hoist: false, icon: null, unicode_emoji: null, mentionable: false, flags: 0 };
  return [
    { ...role, id: world.guildId, name: '@everyone', position: 0, managed: false },
    { ...role, id: botRoleId(world), name: world.bot.username, position: 1, managed: true, tags: { bot_id: world.bot.id } },
  ];
}

/** GATEWAY_MESSAGE_CONTENT_LIMITED: the intent is on, for an application in few guilds. */
const contentFlag = 1 << 19;

/** The application; its flags tell whether it may read message content. */
export function applicationJson(world: World, readsContent: boolean): Json {
  return {
    id: world.applicationId,
    name: world.bot.username,
    icon: null,
    description: '',
    type: null,
    bot: userJson(world.bot),
    summary: '',
    bot_public: false,
    bot_require_code_grant: false,
    verify_key: '0'.repeat(64),
    flags: applicationFlags(readsContent),
    hook: true,
    approximate_guild_count: 1,
    redirect_uris: [],
    interactions_endpoint_url: null,
    owner: { ...userJson(world.bot), id: ownerId(world) },
    team: null,
  };
}

/** `flags` of the application. */
export const applicationFlags = (readsContent: boolean): number => (readsContent ? contentFlag : 0);

/** The first of the people, so that the bot never owns the guild. */
const ownerId = (world: World): string => [...world.users.keys()][1] ?? world.bot.id;
