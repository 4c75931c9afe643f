import { conversationId, type ConversationId, type Settings, type SettingsOf } from '@bridge/core';
import { z } from 'zod';

const portal = 'https://discord.com/developers/applications';

const apiUrl = z
  .string()
  .refine(
    (value) => URL.canParse(value) && /^https?:$/.test(new URL(value).protocol),
    'an http or https URL is needed, such as https://discord.com/api',
  )
  .transform((value) => value.replace(/\/+$/, '').replace(/\/v\d+$/, ''));

/** The environment variables of this platform. */
export const settings = {
  token: {
    env: 'DISCORD_BOT_TOKEN',
    schema: z.string().regex(/^[\w\-.~+/=]{8,}$/, 'a bot token is letters, digits, dots, dashes and underscores without spaces'),
    secret: true,
    required: true,
    describe: 'Token of the Discord bot that reads and writes the bridged channels. The bot needs the Message Content intent.',
    where: `${portal} → your application → Bot → Reset Token; on the same page switch "Message Content Intent" on`,
  },
  applicationId: {
    env: 'DISCORD_APPLICATION_ID',
    schema: z
      .string()
      .regex(/^\d{1,20}$/, 'an application id is digits only')
      .optional(),
    describe:
      'Id of the application. Only needed for applications made before 2017, whose bot has another id; otherwise it is read from the token.',
    where: `${portal} → your application → General Information → Application ID`,
  },
  publicKey: {
    env: 'DISCORD_PUBLIC_KEY',
    schema: z
      .string()
      .regex(/^[0-9a-fA-F]{64}$/, 'a public key is 64 hexadecimal digits')
      .optional(),
    describe: 'Public key that verifies HTTP interactions at POST /discord. Messages do not need it: they come through the gateway.',
    where: `${portal} → your application → General Information → Public Key`,
  },
  webhookSecret: {
    env: 'DISCORD_WEBHOOK_SECRET',
    schema: z.string().optional(),
    secret: true,
    describe: 'Accepted and unused: Discord has no shared-secret webhooks. DISCORD_PUBLIC_KEY verifies what Discord sends.',
    unused: 'Discord has no shared-secret webhooks; DISCORD_PUBLIC_KEY verifies what Discord sends',
  },
  apiUrl: {
    env: 'DISCORD_API_URL',
    schema: apiUrl,
    default: 'https://discord.com/api',
    describe:
      "Base of Discord's REST API without the version, for a proxy or a simulator. The gateway's address comes from its /gateway/bot.",
  },
  senderMode: {
    env: 'DISCORD_SENDER_MODE',
    schema: z.enum(['puppets', 'single']),
    default: 'puppets',
    describe:
      'puppets shows each author with name and avatar through a webhook (needs the Manage Webhooks permission); single lets the bot write all messages.',
  },
} as const satisfies Settings;
/** `settings`, parsed. */
export type DiscordSettings = SettingsOf<typeof settings>;

const quotes = 'put the channel id in quotes, as a number of this size is not exact: channel: "1424612739296530453"';
/** A member in bridges.yaml. */
export const member = z.strictObject({
  channel: z
    .string({
      error: (issue) =>
        typeof issue.input === 'number' ? quotes : 'the id of a channel or thread is needed: right-click it → Copy Channel ID',
    })
    .regex(
      /^\d{1,20}$/,
      'a channel id is digits only: right-click the channel → Copy Channel ID (switch Developer Mode on in Settings → Advanced)',
    ),
});
/** `member`, parsed. */
export type DiscordMember = z.infer<typeof member>;
/** A member as one writes it. */
export const memberExample = '{ platform: discord, channel: "1424612739296530453" }';

/** A channel or thread is its own conversation. */
export const conversationOf = (value: DiscordMember): ConversationId => conversationId(value.channel);

/** The first part of a bot token is the bot's user id in base64. Source: Discord's OAuth2 documentation, "Bot tokens". */
export function idFromToken(token: string): string | undefined {
  const id = Buffer.from(token.split('.')[0] ?? '', 'base64').toString('latin1');
  return /^\d{15,20}$/.test(id) ? id : undefined;
}

/** Who we are: the application, and every id under which our own messages may come back. */
export interface Identity {
  readonly applicationId: string | undefined;
  readonly own: ReadonlySet<string>;
}

/** Reads who we are from the settings; nothing is asked for over the network. */
export function identityOf({ token, applicationId }: Pick<DiscordSettings, 'token' | 'applicationId'>): Identity {
  const bot = idFromToken(token);
  const own = [bot, applicationId].filter((id) => id !== undefined);
  return { applicationId: applicationId ?? bot, own: new Set(own) };
}
