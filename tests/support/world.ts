import { randomBytes } from 'node:crypto';
import {
  type ChatSimulator,
  type CometChatSimulator,
  type DiscordSimulator,
  startCometChatSimulator,
  startDiscordSimulator,
  startTelegramSimulator,
  type TelegramSimulator,
} from '@bridge/simulators';

export type PlatformName = 'cometchat' | 'discord' | 'telegram';
export const platformNames: readonly PlatformName[] = ['cometchat', 'discord', 'telegram'];

/** The three simulated platforms with `bridges` rooms each; room n of each platform is bridged to room n of the others. */
export interface World {
  readonly simulators: Readonly<Record<PlatformName, ChatSimulator>> & {
    readonly cometchat: CometChatSimulator;
    readonly discord: DiscordSimulator;
    readonly telegram: TelegramSimulator;
  };
  readonly rooms: readonly Readonly<Record<PlatformName, string>>[];
  readonly people: Readonly<Record<PlatformName, string>>;
  readonly env: Readonly<Record<string, string>>;
  /** Every value that must not be seen anywhere. */
  readonly secrets: readonly string[];
  readonly bridgesYaml: string;
  /** Sets CometChat's webhook. */
  connect(ingress: string, options?: { readonly retryOnFailure?: boolean }): void;
  close(): Promise<void>;
}

const secret = () => randomBytes(20).toString('hex');

export interface WorldOptions {
  readonly bridges?: number;
  /** How long CometChat waits for the answer to a webhook; as documented where absent. */
  readonly webhookTimeoutMs?: number;
  /** Telegram's rooms are ordinary groups, which can become supergroups; supergroups by default. */
  readonly smallGroups?: boolean;
  /** The platforms refuse what exceeds their rate limits; false where absent. */
  readonly limits?: boolean;
  /** How far Discord's server is boosted; not at all where absent. */
  readonly premiumTier?: 0 | 1 | 2 | 3;
}

export async function createWorld({
  bridges = 1,
  smallGroups = false,
  limits = false,
  premiumTier = 0,
  ...patience
}: WorldOptions = {}): Promise<World> {
  const rooms = Array.from({ length: bridges }, (_, n) => ({
    cometchat: `room-${n}`,
    discord: String(1_200_000_000_000_000_000n + BigInt(n)),
    telegram: String((smallGroups ? -4_000_000_000 : -1_001_000_000_000) - n),
  }));
  const keys = { api: secret(), webhook: secret(), telegram: `8000000001:${secret()}`, telegramWebhook: secret() };
  const discordToken = `${Buffer.from('1100000000000000001').toString('base64url')}.tests.${secret()}`;
  const roomsOf = (platform: PlatformName) => rooms.map((room, n) => ({ id: room[platform], name: `room ${n}` }));
  const [cometchat, discord, telegram] = await Promise.all([
    startCometChatSimulator({
      appId: 'tests',
      region: 'us',
      apiKey: keys.api,
      people: [{ id: 'ana', name: 'Ana' }],
      rooms: roomsOf('cometchat'),
      limits,
      ...patience,
    }),
    startDiscordSimulator({
      token: discordToken,
      premiumTier,
      people: [{ id: '1300000000000000001', name: 'Kai' }],
      rooms: roomsOf('discord'),
      limits,
    }),
    startTelegramSimulator({ token: keys.telegram, people: [{ id: '700000001', name: 'Lin' }], rooms: roomsOf('telegram'), limits }),
  ]);
  return {
    simulators: { cometchat, discord, telegram },
    rooms,
    people: { cometchat: 'ana', discord: '1300000000000000001', telegram: '700000001' },
    env: {
      COMETCHAT_APP_ID: 'tests',
      COMETCHAT_REGION: 'us',
      COMETCHAT_API_KEY: keys.api,
      COMETCHAT_WEBHOOK_SECRET: keys.webhook,
      COMETCHAT_API_URL: cometchat.url,
      DISCORD_BOT_TOKEN: discordToken,
      DISCORD_API_URL: discord.url,
      TELEGRAM_BOT_TOKEN: keys.telegram,
      TELEGRAM_WEBHOOK_SECRET: keys.telegramWebhook,
      TELEGRAM_API_URL: telegram.url,
    },
    secrets: [keys.api, keys.webhook, keys.telegram, keys.telegramWebhook, discordToken],
    bridgesYaml: bridgesYaml(rooms),
    connect: (ingress, options) =>
      cometchat.setWebhook({ url: `${ingress}/cometchat`, username: 'cometchat', password: keys.webhook, ...options }),
    close: async () => {
      await Promise.all([cometchat.close(), discord.close(), telegram.close()]);
    },
  };
}

function bridgesYaml(rooms: World['rooms']): string {
  const one = (room: World['rooms'][number], n: number) => `  - name: bridge-${n}
    members:
      - { platform: cometchat, group: ${room.cometchat} }
      - { platform: discord, channel: "${room.discord}" }
      - { platform: telegram, chat: "${room.telegram}" }
`;
  return `bridges:\n${rooms.map(one).join('')}`;
}
