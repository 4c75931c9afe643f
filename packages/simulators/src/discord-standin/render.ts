import type { SimMessage } from '../types.ts';
import type { DiscordMessage } from './model.ts';
import type { World } from './world.ts';

/** The message as the API and the gateway give it. `within` is not repeated inside a reply. */
export function apiMessage(world: World, message: DiscordMessage, within = false): Record<string, unknown> {
  const { id, channel_id, author, content, timestamp, edited_timestamp, type, webhook_id, application_id, nonce, message_reference, attachments, embeds } = message;
  const referenced = message_reference && world.messages.get(message_reference.channel_id)?.get(message_reference.message_id);
  return {
    id, channel_id, author, content, timestamp, edited_timestamp, type, attachments, embeds,
    mentions: mentionsOf(world, content), mention_roles: [], mention_everyone: false, pinned: false, tts: false, flags: 0, components: [],
    ...(webhook_id === undefined ? {} : { webhook_id }),
    ...(application_id === undefined ? {} : { application_id }),
    ...(nonce === undefined ? {} : { nonce }),
    ...(message_reference ? { message_reference: { type: 0, guild_id: world.guildId, ...message_reference } } : {}),
    ...(message_reference && !within ? { referenced_message: referenced && !referenced.deleted ? apiMessage(world, referenced, true) : null } : {}),
    ...(message.reactions.size === 0 ? {} : { reactions: [...message.reactions].map(([emoji, who]) => ({ emoji: { id: null, name: emoji }, count: who.size, me: who.has(world.bot.id) })) }),
  };
}

function mentionsOf(world: World, content: string): object[] {
  const ids = new Set([...content.matchAll(/<@!?(\d+)>/g)].map((match) => match[1] ?? ''));
  return [...ids].flatMap((id) => world.people.get(id) ?? (id === world.bot.id ? world.bot : []));
}

/** The message as a member of the channel sees it. */
export function simMessage(message: DiscordMessage, avatarOf: (id: string) => string): SimMessage {
  const { author } = message;
  const avatarUrl = message.avatarUrl ?? (message.webhook_id === undefined ? avatarOf(author.id) : undefined);
  return {
    id: message.id,
    room: message.channel_id,
    author: { id: author.id, name: author.global_name ?? author.username, isBot: author.bot === true, ...(avatarUrl === undefined ? {} : { avatarUrl }) },
    text: plain(message.content),
    source: { content: message.content },
    sentAt: Date.parse(message.timestamp),
    ...(message.edited_timestamp === null ? {} : { editedAt: Date.parse(message.edited_timestamp) }),
    deleted: message.deleted,
    viaApi: message.viaApi,
  };
}

/** What is read on the screen, roughly: escapes gone, the commonest marks gone. */
function plain(content: string): string {
  return content
    .replaceAll(/(?<!\\)(\*\*\*|\*\*|__|~~|\|\|)(?=\S)([\s\S]*?\S)(?<!\\)\1/g, '$2')
    .replaceAll(/\\([^\w\s])/g, '$1');
}
