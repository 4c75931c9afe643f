import type { ChatView, MessageView } from '../protocol.ts';
import { post } from './api.ts';
import { element } from './dom.ts';
import { messageItem } from './message.ts';

export interface Pane {
  readonly node: HTMLElement;
  /** Adds the message, or shows its new state. */
  show(message: MessageView): void;
}

/** One chat: its messages and a line to write as any of its people. */
export function createPane(chat: ChatView): Pane {
  const list = element('ol', { class: 'messages', 'aria-label': `Messages in ${chat.name}`, tabindex: '0' });
  const empty = element('li', { class: 'empty' }, ['No messages yet. Write one below.']);
  list.append(empty);
  const node = element('section', { class: 'pane', 'data-platform': chat.platform, 'aria-label': chat.name }, [
    element('header', {}, [element('h2', {}, [chat.name]), element('span', { class: 'room' }, [chat.room])]),
    list,
    composer(chat),
  ]);
  const show = (message: MessageView) => {
    empty.remove();
    const pinned = list.scrollTop + list.clientHeight >= list.scrollHeight - 40;
    const item = messageItem(chat, message);
    const old = list.querySelector(`[data-id="${CSS.escape(message.id)}"]`);
    if (old) old.replaceWith(item);
    else list.append(item);
    if (pinned) list.scrollTop = list.scrollHeight;
  };
  for (const message of chat.messages) show(message);
  return { node, show };
}

function composer(chat: ChatView): HTMLFormElement {
  const who = element('select', { 'aria-label': `Write in ${chat.name} as` }, chat.people.map((person) => element('option', { value: person.id }, [person.name])));
  const field = element('textarea', { rows: '1', placeholder: `Message ${chat.room}`, 'aria-label': `Message in ${chat.name}` });
  const form = element('form', { class: 'composer' }, [who, field, element('button', { type: 'submit', class: 'primary' }, ['Send'])]);
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const text = field.value;
    if (text.trim() === '') return field.focus();
    field.value = '';
    void post({ platform: chat.platform, author: who.value, text }).then((done) => {
      // What was not taken must not be lost to the person who wrote it.
      if (!done && field.value === '') field.value = text;
    });
  });
  field.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    form.requestSubmit();
  });
  return form;
}
