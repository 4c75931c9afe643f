import type { SimMessage } from '@bridge/simulators';
import { type Chat, textOf } from './chats.ts';
import type { ChatView, FileView, MessageView } from './protocol.ts';

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
    ...(deleted ? {} : besides(chat, message, picture)),
  };
}

type Besides = Pick<MessageView, 'files' | 'replyTo' | 'thread' | 'reactions'>;

/** What stands around the text. */
function besides(chat: Chat, { files = [], replyTo, thread, reactions = [] }: SimMessage, picture: Picture): Besides {
  const answered = replyTo === undefined ? undefined : chat.simulator.messages(chat.room).find(({ id }) => id === replyTo);
  const counts = new Map<string, number>();
  for (const { emoji } of reactions) counts.set(emoji, (counts.get(emoji) ?? 0) + 1);
  return {
    ...(files.length === 0 ? {} : { files: files.map((file) => fileView(file, picture)) }),
    ...(answered === undefined
      ? {}
      : { replyTo: { id: answered.id, author: answered.author.name, text: textOf(chat, answered).slice(0, 120) } }),
    ...(thread === undefined ? {} : { thread }),
    ...(counts.size === 0 ? {} : { reactions: [...counts].map(([emoji, count]) => ({ emoji, count })) }),
  };
}

function fileView({ name, mime, size, url }: NonNullable<SimMessage['files']>[number], picture: Picture): FileView {
  const major = mime.split('/')[0];
  const kind = major === 'image' || major === 'video' || major === 'audio' ? major : 'file';
  return { name, kind, size, ...(url === undefined ? {} : { url: picture(url) }) };
}
