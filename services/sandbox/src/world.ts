import { randomBytes } from 'node:crypto';
import { startCometChatSimulator, startDiscordSimulator, startTelegramSimulator } from '@bridge/simulators';
import { type Chat, cometChat, discord, telegram } from './chats.ts';

/** The three platforms, and what a bridge needs to be pointed at them. */
export interface World {
  readonly chats: readonly Chat[];
  /** Environment variables for `bridge start`, without those of its own process. */
  readonly env: Readonly<Record<string, string>>;
  readonly bridges: string;
  /** Tells CometChat where its webhooks go; Telegram is told by the bridge itself, Discord is connected to. */
  connect(ingress: URL): void;
  /** Cuts Discord's connection to the bridge. */
  cutGateway(): void;
  close(): Promise<void>;
}

const secret = () => randomBytes(24).toString('hex');
const rooms = { cometchat: 'community', discord: '1200000000000000001', telegram: '-1001000000001' };

export async function createWorld(): Promise<World> {
  const keys = { cometchat: secret(), webhook: secret(), telegram: `${8_000_000_001}:${secret()}`, telegramWebhook: secret() };
  const discordToken = `${Buffer.from('1100000000000000001').toString('base64url')}.sandbox.${secret()}`;
  const community = { name: 'community' };
  const [cometchatApi, discordApi, telegramApi] = await Promise.all([
    startCometChatSimulator({
      appId: 'sandbox',
      region: 'us',
      apiKey: keys.cometchat,
      people: people('cometchat'),
      rooms: [{ ...community, id: rooms.cometchat }],
    }),
    startDiscordSimulator({ token: discordToken, people: people('discord'), rooms: [{ ...community, id: rooms.discord }] }),
    startTelegramSimulator({ token: keys.telegram, people: people('telegram'), rooms: [{ id: rooms.telegram, name: 'Community' }] }),
  ]);
  return {
    chats: [cometChat(cometchatApi, rooms.cometchat), discord(discordApi, rooms.discord), telegram(telegramApi, rooms.telegram)],
    env: {
      COMETCHAT_APP_ID: 'sandbox',
      COMETCHAT_REGION: 'us',
      COMETCHAT_API_KEY: keys.cometchat,
      COMETCHAT_WEBHOOK_SECRET: keys.webhook,
      COMETCHAT_API_URL: cometchatApi.url,
      DISCORD_BOT_TOKEN: discordToken,
      DISCORD_API_URL: discordApi.url,
      TELEGRAM_BOT_TOKEN: keys.telegram,
      TELEGRAM_WEBHOOK_SECRET: keys.telegramWebhook,
      TELEGRAM_API_URL: telegramApi.url,
    },
    bridges,
    connect: (ingress) => {
      // As one would tick it in the dashboard: what the bridge misses for a moment is sent to it again.
      const webhook = { url: new URL('/cometchat', ingress).href, username: 'cometchat', password: keys.webhook, retryOnFailure: true };
      cometchatApi.setWebhook(webhook);
    },
    cutGateway: () => discordApi.gateway.dropAll(),
    close: async () => {
      await Promise.all([cometchatApi.close(), discordApi.close(), telegramApi.close()]);
    },
  };
}

const bridges = `bridges:
  - name: community
    members:
      - { platform: cometchat, group: ${rooms.cometchat} }
      - { platform: discord, channel: "${rooms.discord}" }
      - { platform: telegram, chat: "${rooms.telegram}" }
`;

/** Other people on every platform, so that one sees whose message came from where. */
const cast: Readonly<Record<string, readonly (readonly [string, string])[]>> = {
  cometchat: [
    ['ana', 'Ana'],
    ['bo', 'Bo'],
    ['chidi', 'Chidi'],
  ],
  discord: [
    ['1300000000000000001', 'Kai'],
    ['1300000000000000002', 'Mei'],
    ['1300000000000000003', 'Noor'],
  ],
  telegram: [
    ['700000001', 'Lin'],
    ['700000002', 'Olu'],
    ['700000003', 'Sofía'],
  ],
};

function people(platform: string) {
  return (cast[platform] ?? []).map(([id, name]) => ({ id, name }));
}
