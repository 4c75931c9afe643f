import { startCometChatSimulator, startDiscordSimulator, startTelegramSimulator } from '@bridge/simulators';
import { type Chat, cometChat, discord, telegram } from './chats.ts';
import { type ApiUrls, type Keys, newKeys, platformEnv, telegramBot } from './keys.ts';
import { pictures } from './pictures.ts';

/** The three platforms, and what a bridge needs to be pointed at them. */
export interface World {
  readonly chats: readonly Chat[];
  /** Where the page loads a picture from that a platform names. */
  readonly picture: (url: string) => string;
  /** The platforms' API addresses, by platform. */
  readonly urls: ApiUrls;
  /** Environment variables for `bridge start`, without those of its own process. */
  readonly env: Readonly<Record<string, string>>;
  readonly bridges: string;
  /** Tells CometChat where its webhooks go; Telegram is told by the bridge itself, Discord is connected to. */
  connect(ingress: URL): void;
  /** Cuts Discord's connection to the bridge. */
  cutGateway(): void;
  close(): Promise<void>;
}

/** How the bridge reaches the platforms where it runs elsewhere. */
export interface Reach {
  /** Name or address of this machine, as the bridge and the platforms' pictures say it. */
  readonly host: string;
}

export interface WorldOptions {
  /** New ones where absent. */
  readonly keys?: Keys;
  /** On loopback, at free ports, where absent. */
  readonly reach?: Reach;
}

const rooms = { cometchat: 'community', discord: '1200000000000000001', telegram: '-1001000000001' };
/** Where the platforms listen for a bridge that runs elsewhere, and so has to know beforehand. */
const ports = { cometchat: 9001, discord: 9002, telegram: 9003 };

export async function createWorld({ keys = newKeys(), reach }: WorldOptions = {}): Promise<World> {
  const community = { name: 'community' };
  const where = (port: number) => (reach ? { port, host: '0.0.0.0', publicUrl: `http://${reach.host}:${port}` } : {});
  // A bridge that outlives these platforms remembers ids: by the clock, none is given twice.
  const first = reach ? { firstMessageId: seconds(), firstUpdateId: seconds() } : {};
  const [cometchatApi, discordApi, telegramApi] = await Promise.all([
    startCometChatSimulator({
      appId: 'sandbox',
      region: 'us',
      apiKey: keys.cometchat,
      people: people('cometchat'),
      rooms: [{ ...community, id: rooms.cometchat }],
      ...first,
      ...where(ports.cometchat),
    }),
    startDiscordSimulator({
      token: keys.discord,
      people: people('discord'),
      rooms: [{ ...community, id: rooms.discord }],
      ...where(ports.discord),
    }),
    startTelegramSimulator({
      bot: { id: telegramBot },
      token: keys.telegram,
      people: people('telegram'),
      rooms: [{ id: rooms.telegram, name: 'Community' }],
      ...first,
      ...where(ports.telegram),
    }),
  ]);
  const urls: ApiUrls = { cometchat: cometchatApi.url, discord: discordApi.url, telegram: telegramApi.url };
  const chats = [cometChat(cometchatApi, rooms.cometchat), discord(discordApi, rooms.discord), telegram(telegramApi, rooms.telegram)];
  return {
    chats,
    urls,
    picture: reach ? pictures(urls) : (url) => url,
    env: platformEnv(keys, urls),
    bridges,
    connect: (ingress) => {
      // As one would tick it in the dashboard: what the bridge misses for a moment is sent to it again.
      const url = new URL('/cometchat', ingress).href;
      cometchatApi.setWebhook({ url, username: 'cometchat', password: keys.cometchatWebhook, retryOnFailure: true });
    },
    cutGateway: () => discordApi.gateway.dropAll(),
    close: async () => {
      await Promise.all([cometchatApi.close(), discordApi.close(), telegramApi.close()]);
    },
  };
}

const seconds = () => Math.floor(Date.now() / 1_000);

/** What a bridge elsewhere needs to be pointed at the platforms of `reach`. */
export function settingsFor(keys: Keys, { host }: Reach): Readonly<Record<string, string>> {
  const at = (port: number, path: string) => `http://${host}:${port}${path}`;
  return platformEnv(keys, {
    cometchat: at(ports.cometchat, '/v3'),
    discord: at(ports.discord, '/api'),
    telegram: at(ports.telegram, ''),
  });
}

/** The sandbox's bridges.yaml. */
export const bridges = `bridges:
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
