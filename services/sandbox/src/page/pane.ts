import type { ChatView, MessageView } from '../protocol.ts';
import { type Composer, createComposer } from './composer.ts';
import { element } from './dom.ts';
import { createMessages } from './messages.ts';
import { createScroller } from './scroll.ts';

export interface Pane {
  readonly node: HTMLElement;
  /** Adds the message, or shows its new state. True when it was added. */
  show(message: MessageView): boolean;
  find(id: string): MessageView | undefined;
  /** Shows the chat as the server has it now, after a lost connection; keeps what is being written. */
  reset(chat: ChatView): void;
}

/** One chat: its messages and a line to write as any of its people. */
export function createPane(first: ChatView): Pane {
  let chat = first;
  const list = element('ol', { class: 'messages', 'aria-label': `Messages in ${chat.name}` });
  const scroller = createScroller(list);
  const messages = createMessages(list, chat, (message) => composer.answer(message));
  const compose = () =>
    createComposer({
      chat,
      chosen: messages.setOwner,
      sent: scroller.follow,
      editLast: () => messages.lastOf(composer.author)?.startEdit(composer.field),
    });
  let composer: Composer = compose();
  const node = frame(chat, [list, scroller.button, composer.node]);
  const fill = () => {
    messages.setOwner(composer.author);
    messages.fill(chat);
    scroller.follow();
  };
  fill();
  return {
    node,
    show: (message) => {
      const isNew = messages.show(message, scroller.atEnd);
      if (isNew) scroller.added();
      else scroller.changed();
      return isNew;
    },
    find: messages.find,
    reset: (next) => {
      const samePictures = next.people.every((person, index) => person.avatarUrl === chat.people[index]?.avatarUrl);
      chat = next;
      if (samePictures && messages.merge(chat)) return scroller.changed();
      // Another run of the sandbox: other messages, and the people's pictures are elsewhere.
      composer = replaceComposer(composer, compose());
      fill();
    },
  };
}

function frame(chat: ChatView, parts: readonly Node[]): HTMLElement {
  return element('section', { class: 'pane', 'data-platform': chat.platform, 'aria-label': chat.name }, [
    element('header', {}, [element('h2', {}, [chat.name]), element('span', { class: 'room' }, [chat.room])]),
    ...parts,
  ]);
}

/** What was typed, by whom, stays as it was. */
function replaceComposer(old: Composer, next: Composer): Composer {
  const focused = document.activeElement === old.field;
  const chosen = next.node.querySelector<HTMLInputElement>(`input[value="${CSS.escape(old.author)}"]`);
  if (chosen) chosen.checked = true;
  next.field.value = old.field.value;
  old.node.replaceWith(next.node);
  if (focused) next.field.focus({ preventScroll: true });
  return next;
}
