import { randomBytes } from 'node:crypto';

/** What the simulated platforms and the bridge share. */
export interface Keys {
  readonly cometchat: string;
  readonly cometchatWebhook: string;
  readonly discord: string;
  readonly telegram: string;
  readonly telegramWebhook: string;
}

/** Where the platforms' APIs are. */
export interface ApiUrls {
  readonly cometchat: string;
  readonly discord: string;
  readonly telegram: string;
}

/** A bot's token begins with its id. */
export const telegramBot = 8_000_000_001;

const secret = () => randomBytes(24).toString('hex');

export function newKeys(): Keys {
  return {
    cometchat: secret(),
    cometchatWebhook: secret(),
    discord: `${Buffer.from('1100000000000000001').toString('base64url')}.sandbox.${secret()}`,
    telegram: `${telegramBot}:${secret()}`,
    telegramWebhook: secret(),
  };
}

/** The variables that point a bridge at the simulated platforms. */
export function platformEnv(keys: Keys, urls: ApiUrls): Readonly<Record<string, string>> {
  return {
    COMETCHAT_APP_ID: 'sandbox',
    COMETCHAT_REGION: 'us',
    COMETCHAT_API_KEY: keys.cometchat,
    COMETCHAT_WEBHOOK_SECRET: keys.cometchatWebhook,
    COMETCHAT_API_URL: urls.cometchat,
    DISCORD_BOT_TOKEN: keys.discord,
    DISCORD_API_URL: urls.discord,
    TELEGRAM_BOT_TOKEN: keys.telegram,
    TELEGRAM_WEBHOOK_SECRET: keys.telegramWebhook,
    TELEGRAM_API_URL: urls.telegram,
  };
}

/** The keys in an environment that `platformEnv` made; undefined when one is missing. */
export function keysIn(env: Readonly<Record<string, string | undefined>>): Keys | undefined {
  const cometchat = env['COMETCHAT_API_KEY'];
  const cometchatWebhook = env['COMETCHAT_WEBHOOK_SECRET'];
  const discord = env['DISCORD_BOT_TOKEN'];
  const telegram = env['TELEGRAM_BOT_TOKEN'];
  const telegramWebhook = env['TELEGRAM_WEBHOOK_SECRET'];
  return cometchat && cometchatWebhook && discord && telegram && telegramWebhook
    ? { cometchat, cometchatWebhook, discord, telegram, telegramWebhook }
    : undefined;
}
