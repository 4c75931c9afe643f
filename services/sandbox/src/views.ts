import type { SimMessage } from '@bridge/simulators';
import { type Chat, textOf } from './chats.ts';
import type { ChatView, MessageView } from './protocol.ts';

/** More than anybody scrolls through; a page that opens late need not load a whole burst. */
const shownMessages = 200;

type Picture = (url: string) => string;
const asItIs: Picture = (url) => url;

/** A chat as the page shows it. */
export function chatView(chat: Chat, picture: Picture = asItIs): ChatView {
  const messages = chat.simulator.messages(chat.room);
  const shown = messages.slice(-shownMessages);
  return {
    platform: chat.platform,
    name: chat.name,
    room: chat.roomName,
    ...(chat.markup === undefined ? {} : { markup: chat.markup }),
    deletedNote: chat.deletedNote,
    people: chat.simulator.people.map(({ id, name, avatarUrl }) => ({ id, name, avatarUrl: picture(avatarUrl) })),
    messages: shown.map((message) => messageView(chat, message, picture)),
    older: messages.length - shown.length,
  };
}

/** A message as the page shows it; of a deleted one only the place is left. */
export function messageView(chat: Chat, message: SimMessage, picture: Picture = asItIs): MessageView {
  const { id, author, sentAt, editedAt, deleted, viaApi } = message;
  return {
    id,
    author: author.avatarUrl === undefined ? author : { ...author, avatarUrl: picture(author.avatarUrl) },
    sentAt,
    deleted,
    viaApi,
    text: deleted ? '' : textOf(chat, message),
    body: deleted ? [] : chat.body(message),
    ...(editedAt === undefined ? {} : { editedAt }),
    ...(viaApi || deleted ? {} : { written: chat.written(message) }),
  };
}
