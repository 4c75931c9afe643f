/** Gateway intents, as bits. */
export const intents = { guilds: 1, guildMessages: 1 << 9, guildMessageReactions: 1 << 10, messageContent: 1 << 15 } as const;

/** GUILD_MEMBERS, GUILD_PRESENCES and MESSAGE_CONTENT must be switched on for the application. */
export const privilegedIntents: number = (1 << 1) | (1 << 8) | intents.messageContent;

/** Which intent an event needs; 0 for those that everybody gets. */
export function intentFor(event: string): number {
  if (event.startsWith('MESSAGE_REACTION')) return intents.guildMessageReactions;
  if (event.startsWith('MESSAGE_')) return intents.guildMessages;
  if (event.startsWith('GUILD_') || event.startsWith('CHANNEL_') || event.startsWith('THREAD_')) return intents.guilds;
  return 0;
}

/** Without MESSAGE_CONTENT what others wrote is empty, unless it mentions the bot. */
export function withoutContent(data: Readonly<Record<string, unknown>>, botId: string): Readonly<Record<string, unknown>> {
  const { author, mentions } = data;
  const isBot = (user: unknown) => typeof user === 'object' && user !== null && 'id' in user && user.id === botId;
  if (isBot(author) || (Array.isArray(mentions) && mentions.some(isBot))) return data;
  return { ...data, content: '', embeds: [], attachments: [], components: [] };
}
