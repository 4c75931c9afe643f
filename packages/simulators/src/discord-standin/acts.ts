import type { Host } from './host.ts';
import type { DiscordMessage } from './model.ts';
import { apiMessage } from './render.ts';
import { addMessage, type NewMessage } from './world.ts';

/** What can happen to messages, however it comes about; each tells the gateway and the listeners. */

export function create(host: Host, message: NewMessage): DiscordMessage {
  const added = addMessage(host.world, message);
  host.dispatch('MESSAGE_CREATE', { ...apiMessage(host.world, added), guild_id: host.world.guildId, ...memberOf(added) });
  host.changed('posted', added);
  return added;
}

export function edit(host: Host, message: DiscordMessage, content: string): DiscordMessage {
  message.content = content;
  message.edited_timestamp = new Date().toISOString();
  host.dispatch('MESSAGE_UPDATE', { ...apiMessage(host.world, message), guild_id: host.world.guildId, ...memberOf(message) });
  host.changed('edited', message);
  return message;
}

export function remove(host: Host, message: DiscordMessage): void {
  message.deleted = true;
  host.dispatch('MESSAGE_DELETE', { id: message.id, channel_id: message.channel_id, guild_id: host.world.guildId });
  host.changed('deleted', message);
}

export function removeMany(host: Host, channelId: string, messages: readonly DiscordMessage[]): void {
  for (const message of messages) message.deleted = true;
  host.dispatch('MESSAGE_DELETE_BULK', { ids: messages.map((message) => message.id), channel_id: channelId, guild_id: host.world.guildId });
  for (const message of messages) host.changed('deleted', message);
}

export interface Reaction {
  readonly message: DiscordMessage;
  readonly user: string;
  readonly emoji: string;
  readonly on: boolean;
}

export function react(host: Host, { message, user, emoji, on }: Reaction): void {
  const who = message.reactions.get(emoji) ?? new Set<string>();
  if (on) who.add(user);
  else who.delete(user);
  if (who.size === 0) message.reactions.delete(emoji);
  else message.reactions.set(emoji, who);
  host.dispatch(on ? 'MESSAGE_REACTION_ADD' : 'MESSAGE_REACTION_REMOVE', {
    user_id: user, channel_id: message.channel_id, message_id: message.id, guild_id: host.world.guildId, emoji: { id: null, name: emoji }, burst: false, type: 0,
    ...(on ? { message_author_id: message.author.id } : {}),
  });
}

/** Webhook messages come without a member. */
function memberOf(message: DiscordMessage): object {
  return message.webhook_id === undefined ? { member: { nick: null, roles: [], joined_at: '2024-01-01T00:00:00.000000+00:00', deaf: false, mute: false, flags: 0 } } : {};
}
