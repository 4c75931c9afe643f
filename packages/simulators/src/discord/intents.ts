/** The gateway intents that matter here. Source: API reference, "List of Intents". */
export const intents = {
  guilds: 1 << 0,
  guildMembers: 1 << 1,
  guildWebhooks: 1 << 5,
  guildPresences: 1 << 8,
  guildMessages: 1 << 9,
  guildMessageReactions: 1 << 10,
  guildMessageTyping: 1 << 11,
  messageContent: 1 << 15,
} as const;

/** All that Discord knows: bits 0 to 16, 20, 21, 24 and 25. */
export const knownIntents = 0x1ffff | (1 << 20) | (1 << 21) | (1 << 24) | (1 << 25);

/** Which privileged intents are switched on in the developer portal. */
export interface AllowedIntents {
  readonly messageContent?: boolean;
  readonly guildMembers?: boolean;
  readonly guildPresences?: boolean;
}

/** The privileged intents that the application may not use, as bits. MESSAGE_CONTENT is allowed unless switched off. */
export function disallowedIntents(allowed: AllowedIntents): number {
  const { messageContent = true, guildMembers = false, guildPresences = false } = allowed;
  return (
    (messageContent ? 0 : intents.messageContent) |
    (guildMembers ? 0 : intents.guildMembers) |
    (guildPresences ? 0 : intents.guildPresences)
  );
}
