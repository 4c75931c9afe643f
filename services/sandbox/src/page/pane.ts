import type { ChatView, MessageView } from '../protocol.ts';
import { type Composer, createComposer } from './composer.ts';
import { element } from './dom.ts';
import { type MessageItem, authorKey, createMessage } from './message.ts';
import { rove } from './rove.ts';
import { createScroller } from './scroll.ts';

export interface Pane {
  readonly node: HTMLElement;
  /** Adds the message, or shows its new state. True when it was added. */
  show(message: MessageView): boolean;
  find(id: string): MessageView | undefined;
  /** Begins a chat again as the server has it now, and keeps what is being written. */
  reset(chat: ChatView): void;
}

/** More would make a page that stays open slow. */
const keptMessages = 500;
/** Messages of one author within this time stand together. */
const togetherMs = 5 * 60_000;

/** One chat: its messages and a line to write as any of its people. */
export function createPane(first: ChatView): Pane {
  const items = new Map<string, MessageItem>();
  let chat = first;
  const list = element('ol', { class: 'messages', 'aria-label': `Messages in ${chat.name}` });
  const empty = element('li', { class: 'empty' }, ['No messages yet. Write the first one below.']);
  const older = element('li', { class: 'empty' }, ['Older messages are not shown here.']);
  const scroller = createScroller(list);
  const added = rove(list, () => [...items.values()].map((item) => item.node));
  const compose = () =>
    createComposer({ chat, chosen: markOwn, editLast: () => lastOf(items, composer.author)?.startEdit(composer.field) });
  const markOwn = (author: string) => {
    for (const item of items.values()) item.node.classList.toggle('own', isOwn(item.message, author));
  };
  let composer: Composer = compose();
  const node = frame(chat, [list, scroller.button, composer.node]);

  const append = (message: MessageView) => {
    const item = createMessage({ chat, message, follows: follows(lastOf(items)?.message, message) });
    item.node.classList.toggle('own', isOwn(message, composer.author));
    items.set(message.id, item);
    empty.remove();
    list.append(item.node);
    if (items.size > keptMessages && scroller.atEnd) dropOldest();
    added();
    return item;
  };
  const dropOldest = () => {
    const [oldest] = items.keys();
    items.get(oldest ?? '')?.node.remove();
    items.delete(oldest ?? '');
    list.prepend(older);
  };
  const fill = () => {
    items.clear();
    list.replaceChildren(...(chat.older > 0 ? [older] : []), ...(chat.messages.length === 0 ? [empty] : []));
    for (const message of chat.messages) append(message);
    scroller.changed();
  };
  fill();
  return {
    node,
    show: (message) => {
      const known = items.get(message.id);
      if (known) known.update(message);
      else append(message).node.classList.add('appear');
      if (known) scroller.changed();
      else scroller.added();
      return known === undefined;
    },
    find: (id) => items.get(id)?.message,
    reset: (next) => {
      const sameChat = next.people.every((person, index) => person.avatarUrl === chat.people[index]?.avatarUrl);
      chat = next;
      if (sameChat && merge(items, chat.messages, append)) return scroller.changed();
      fill();
      composer = replaceComposer(composer, compose());
    },
  };
}

function frame(chat: ChatView, parts: readonly Node[]): HTMLElement {
  return element('section', { class: 'pane', 'data-platform': chat.platform, 'aria-label': chat.name }, [
    element('header', {}, [element('h2', {}, [chat.name]), element('span', { class: 'room' }, [chat.room])]),
    ...parts,
  ]);
}

/** The connection was only lost for a moment: shows what is new. False when the list is another one. */
function merge(items: ReadonlyMap<string, MessageItem>, messages: readonly MessageView[], append: (message: MessageView) => unknown): boolean {
  const ids = new Set(messages.map((message) => message.id));
  const newest = [...items.keys()].at(-1);
  if (newest !== undefined && !ids.has(newest)) return false;
  for (const message of messages) {
    const known = items.get(message.id);
    if (!known) append(message);
    else if (JSON.stringify(known.message) !== JSON.stringify(message)) known.update(message);
  }
  return true;
}

/** The people's pictures have moved; what was typed has not. */
function replaceComposer(old: Composer, next: Composer): Composer {
  const focused = document.activeElement === old.field;
  const chosen = next.node.querySelector<HTMLInputElement>(`input[value="${CSS.escape(old.author)}"]`);
  if (chosen) chosen.checked = true;
  next.field.value = old.field.value;
  old.node.replaceWith(next.node);
  if (focused) next.field.focus({ preventScroll: true });
  return next;
}

function follows(before: MessageView | undefined, message: MessageView): boolean {
  return before !== undefined && authorKey(before) === authorKey(message) && message.sentAt - before.sentAt < togetherMs;
}

const isOwn = (message: MessageView, author: string) => !message.viaApi && message.author.id === author;

function lastOf(items: ReadonlyMap<string, MessageItem>, author?: string): MessageItem | undefined {
  return [...items.values()].findLast(({ message }) => author === undefined || (message.author.id === author && message.written !== undefined));
}
