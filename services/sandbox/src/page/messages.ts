import type { ChatView, MessageView } from '../protocol.ts';
import { element } from './dom.ts';
import { type MessageItem, authorKey, createMessage } from './message.ts';
import { rove } from './rove.ts';

/** The messages of one pane, oldest first. */
export interface Messages {
  /** Begins again with what the chat has. */
  fill(chat: ChatView): void;
  /** Shows what is new in a chat that is still the same one. False when it is another. */
  merge(chat: ChatView): boolean;
  /** Adds the message, or shows its new state. True when it was added; `trim` lets old ones go. */
  show(message: MessageView, trim: boolean): boolean;
  find(id: string): MessageView | undefined;
  /** The last one that this person wrote and may change. */
  lastOf(author: string): MessageItem | undefined;
  /** From whose side the chat is seen. */
  setOwner(author: string): void;
}

/** More would make a page that stays open slow. */
const keptMessages = 500;
/** Messages of one author within this time stand together. */
const togetherMs = 5 * 60_000;

export function createMessages(list: HTMLElement, chat: ChatView, reply: (message: MessageView) => void): Messages {
  const items = new Map<string, MessageItem>();
  const all = () => [...items.values()];
  const empty = element('li', { class: 'empty' }, ['No messages yet. Write the first one below.']);
  const older = element('li', { class: 'empty' }, ['Older messages are not shown here.']);
  const added = rove(list, () => all().map((item) => item.node));
  let owner = '';

  const append = (message: MessageView): MessageItem => {
    const item = createMessage({ chat, message, reply, author: () => owner, follows: follows(all().at(-1)?.message, message) });
    item.node.classList.toggle('own', isOwn(message, owner));
    items.set(message.id, item);
    empty.remove();
    list.append(item.node);
    added();
    return item;
  };
  const dropOldest = () => {
    const [oldest] = items.keys();
    items.get(oldest ?? '')?.node.remove();
    items.delete(oldest ?? '');
    list.prepend(older);
  };
  return {
    fill: ({ messages, older: olderCount }) => {
      items.clear();
      list.replaceChildren(...(olderCount > 0 ? [older] : []), ...(messages.length === 0 ? [empty] : []));
      for (const message of messages) append(message);
    },
    merge: ({ messages }) => {
      const newest = [...items.keys()].at(-1);
      if (newest !== undefined && !messages.some(({ id }) => id === newest)) return false;
      for (const message of messages) {
        const known = items.get(message.id);
        if (!known) append(message);
        else if (JSON.stringify(known.message) !== JSON.stringify(message)) known.update(message);
      }
      return true;
    },
    show: (message, trim) => {
      const known = items.get(message.id);
      if (known) known.update(message);
      else append(message).node.classList.add('appear');
      if (trim && items.size > keptMessages) dropOldest();
      return known === undefined;
    },
    find: (id) => items.get(id)?.message,
    lastOf: (author) => all().findLast(({ message }) => message.author.id === author && message.written !== undefined),
    setOwner: (author) => {
      owner = author;
      for (const item of items.values()) item.node.classList.toggle('own', isOwn(item.message, owner));
    },
  };
}

function follows(before: MessageView | undefined, message: MessageView): boolean {
  return before !== undefined && authorKey(before) === authorKey(message) && message.sentAt - before.sentAt < togetherMs;
}

const isOwn = (message: MessageView, owner: string) => !message.viaApi && message.author.id === owner;
