import type { ChatSimulator, DiscordSimulator, PostInput, SimMessage, TelegramSimulator } from '@bridge/simulators';
import { discordSpans } from './looks/discord.ts';
import { linkSpans } from './looks/links.ts';
import { plainText } from './looks/markup.ts';
import { entitiesOf, fromTyped, telegramSpans, toTyped } from './looks/telegram.ts';
import type { Span } from './protocol.ts';

/** One simulated platform with its one room: what its people can do there, and what it looks like to them. */
export interface Chat {
  readonly platform: string;
  readonly name: string;
  readonly roomName: string;
  readonly room: string;
  readonly markup?: string;
  readonly deletedNote: string;
  readonly simulator: ChatSimulator;
  /** @throws an Error in words when the platform refuses. */
  post(author: string, typed: string, more?: Pick<PostInput, 'replyTo' | 'files'>): void;
  /** A person's reaction; on a message that has it already, it is taken back. */
  react(author: string, message: string, emoji: string): void;
  edit(message: string, typed: string): void;
  remove(message: string): void;
  body(message: SimMessage): readonly Span[];
  /** What the author typed. */
  written(message: SimMessage): string;
}

const deletedNote = 'This message was deleted.';

/** CometChat's group chat: plain text. */
export function cometChat(simulator: ChatSimulator, room: string): Chat {
  return {
    platform: 'cometchat',
    name: 'CometChat',
    roomName: 'community',
    room,
    deletedNote,
    simulator,
    ...plainActs(simulator, room),
    body: (message) => linkSpans(message.text),
    written: (message) => message.text,
  };
}

/** Discord's text channel: Markdown as it was typed. */
export function discord(simulator: DiscordSimulator, room: string): Chat {
  const nameOf = (id: string) =>
    simulator.people.find((person) => person.id === id)?.name ?? simulator.rooms.find((known) => known.id === id)?.name;
  return {
    platform: 'discord',
    name: 'Discord',
    roomName: '# community',
    room,
    deletedNote,
    simulator,
    markup: '**bold**, *italic*, __underline__, ~~strike~~, `code`, ||spoiler||',
    ...plainActs(simulator, room),
    body: (message) => discordSpans(contentOf(message), nameOf),
    written: contentOf,
  };
}

/** Telegram's group: text with entities, which people type with marks. */
export function telegram(simulator: TelegramSimulator, room: string): Chat {
  const body = (message: SimMessage) => telegramSpans(message.text, entitiesOf(message.source));
  return {
    platform: 'telegram',
    name: 'Telegram',
    roomName: 'Community',
    room,
    simulator,
    body,
    markup: '**bold**, __italic__, ~~strike~~, `code`, ||spoiler||',
    deletedNote: 'Deleted here. Telegram tells bots nothing about that, so the copies elsewhere stay.',
    ...plainActs(simulator, room),
    post: (author, typed, more) => void simulator.post({ room, author, ...fromTyped(typed), ...more }),
    edit: (message, typed) => void simulator.edit({ room, message, ...fromTyped(typed) }),
    written: (message) => toTyped(body(message)),
  };
}

function plainActs(simulator: ChatSimulator, room: string): Pick<Chat, 'post' | 'edit' | 'remove' | 'react'> {
  return {
    post: (author, text, more) => void simulator.post({ room, author, text, ...more }),
    react(author, message, emoji) {
      const shown = simulator.messages(room).find(({ id }) => id === message);
      const there = shown?.reactions?.some((one) => one.emoji === emoji && one.by === author) === true;
      simulator.react({ room, message, author, emoji, on: !there });
    },
    edit: (message, text) => void simulator.edit({ room, message, text }),
    remove: (message) => simulator.remove({ room, message }),
  };
}

function contentOf({ source, text }: SimMessage): string {
  return typeof source === 'object' && source !== null && 'content' in source && typeof source.content === 'string' ? source.content : text;
}

/** What a reader sees, in one line of text. */
export function textOf(chat: Chat, message: SimMessage): string {
  return plainText(chat.body(message));
}
