import { randomBytes } from 'node:crypto';
import {
  type ChatSimulator,
  type SimMessage,
  startCometChatSimulator,
  startDiscordSimulator,
  startTelegramSimulator,
} from '@bridge/simulators';
import type { ChatView, MessageView } from './protocol.ts';

/** One simulated platform with its one room. */
export interface Chat {
  readonly platform: string;
  readonly name: string;
  readonly roomName: string;
  readonly room: string;
  readonly deleteNote?: string;
  readonly simulator: ChatSimulator;
}

/** The three platforms, and what a bridge needs to be pointed at them. */
export interface World {
  readonly chats: readonly Chat[];
  /** Environment variables for `bridge start`, without those of its own process. */
  readonly env: Readonly<Record<string, string>>;
  readonly bridges: string;
  /** Tells CometChat where its webhooks go; Telegram is told by the bridge itself, Discord is connected to. */
  connect(ingress: URL): void;
  close(): Promise<void>;
}

const secret = () => randomBytes(24).toString('hex');

export async function createWorld(): Promise<World> {
  const keys = { cometchat: secret(), webhook: secret(), telegram: `${8_000_000_001}:${secret()}`, telegramWebhook: secret() };
  const discordToken = `${Buffer.from('1100000000000000001').toString('base64url')}.sandbox.${secret()}`;
  const [cometchat, discord, telegram] = await Promise.all([
    startCometChatSimulator({ appId: 'sandbox', region: 'us', apiKey: keys.cometchat, people: people('cometchat'), rooms: [{ id: 'community', name: 'community' }] }),
    startDiscordSimulator({ token: discordToken, people: people('discord'), rooms: [{ id: '1200000000000000001', name: 'community' }] }),
    startTelegramSimulator({ token: keys.telegram, people: people('telegram'), rooms: [{ id: '-1001000000001', name: 'Community' }] }),
  ]);
  return {
    chats: [
      { platform: 'cometchat', name: 'CometChat', roomName: '# community', room: 'community', simulator: cometchat },
      { platform: 'discord', name: 'Discord', roomName: '# community', room: '1200000000000000001', simulator: discord },
      {
        platform: 'telegram', name: 'Telegram', roomName: 'Community', room: '-1001000000001', simulator: telegram,
        deleteNote: 'Telegram tells bots nothing about deletes, so the copies stay where they are.',
      },
    ],
    env: {
      COMETCHAT_APP_ID: 'sandbox', COMETCHAT_REGION: 'us', COMETCHAT_API_KEY: keys.cometchat, COMETCHAT_WEBHOOK_SECRET: keys.webhook, COMETCHAT_API_URL: cometchat.url,
      DISCORD_BOT_TOKEN: discordToken, DISCORD_API_URL: discord.url,
      TELEGRAM_BOT_TOKEN: keys.telegram, TELEGRAM_WEBHOOK_SECRET: keys.telegramWebhook, TELEGRAM_API_URL: telegram.url,
    },
    bridges,
    connect: (ingress) => cometchat.setWebhook({ url: new URL('/cometchat', ingress).href, username: 'cometchat', password: keys.webhook }),
    close: async () => {
      await Promise.all([cometchat.close(), discord.close(), telegram.close()]);
    },
  };
}

const bridges = `bridges:
  - name: community
    members:
      - { platform: cometchat, group: community }
      - { platform: discord, channel: "1200000000000000001" }
      - { platform: telegram, chat: "-1001000000001" }
`;

/** Other people on every platform, so that one sees whose message came from where. */
const cast: Readonly<Record<string, readonly (readonly [string, string])[]>> = {
  cometchat: [['ana', 'Ana'], ['bo', 'Bo'], ['chidi', 'Chidi']],
  discord: [['1300000000000000001', 'Kai'], ['1300000000000000002', 'Mei'], ['1300000000000000003', 'Noor']],
  telegram: [['700000001', 'Lin'], ['700000002', 'Olu'], ['700000003', 'Sofía']],
};

function people(platform: string) {
  return (cast[platform] ?? []).map(([id, name]) => ({ id, name }));
}

/** A chat as the page shows it. */
export function chatView(chat: Chat): ChatView {
  return {
    platform: chat.platform,
    name: chat.name,
    room: chat.roomName,
    ...(chat.deleteNote === undefined ? {} : { deleteNote: chat.deleteNote }),
    people: chat.simulator.people,
    messages: chat.simulator.messages(chat.room).map((message) => messageView(message)),
  };
}

export function messageView({ id, author, text, source, sentAt, editedAt, deleted, viaApi }: SimMessage): MessageView {
  return { id, author, text, source, sentAt, ...(editedAt === undefined ? {} : { editedAt }), deleted, viaApi };
}
