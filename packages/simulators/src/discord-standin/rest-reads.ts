import { discordError } from './errors.ts';
import type { Handler } from './host.ts';
import { allow, type World } from './world.ts';

export const gatewayInfo: Handler = ({ host }) => ({ body: { url: gatewayUrl(host.baseUrl()) } });

export const gatewayBot: Handler = ({ host }) => ({
  body: { url: gatewayUrl(host.baseUrl()), shards: 1, session_start_limit: { total: 1000, remaining: 999, reset_after: 14_400_000, max_concurrency: 1 } },
});

export const gatewayUrl = (baseUrl: string): string => `${baseUrl.replace(/^http/, 'ws')}/gateway`;

export const me: Handler = ({ host }) => ({ body: { ...host.world.bot, verified: true, mfa_enabled: true, flags: 0 } });

export const application: Handler = ({ host }) => ({
  body: { id: host.world.applicationId, name: host.world.bot.global_name, description: '', bot_public: true, bot_require_code_grant: false, verify_key: '0'.repeat(64), flags: 1 << 18 },
});

export function guildOf(world: World): Record<string, unknown> {
  return { id: world.guildId, name: 'Simulated guild', icon: null, owner_id: [...world.people.keys()][0] ?? world.bot.id, roles: [], emojis: [], features: [] };
}

export const guild: Handler = ({ host, path: [, id] }) => {
  if (id !== host.world.guildId) throw discordError(10004);
  return { body: guildOf(host.world) };
};

export const guildChannels: Handler = ({ host, path: [, id] }) => {
  if (id !== host.world.guildId) throw discordError(10004);
  return { body: [...host.world.channels.values()].filter((channel) => channel.type === 0) };
};

export const channel: Handler = ({ host, path: [, id = ''] }) => ({ body: allow(host.world, id, 'view') });
