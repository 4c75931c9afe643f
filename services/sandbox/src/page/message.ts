import type { ChatView, MessageView } from '../protocol.ts';
import { edit, remove, tell } from './api.ts';
import { element } from './dom.ts';
import { entityNodes } from './entities.ts';

const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });
const exact = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' });

/** One message as its platform would show it, with what a person may do to it. */
export function messageItem(chat: ChatView, message: MessageView): HTMLLIElement {
  const item = element('li', { class: `message appear${message.deleted ? ' deleted' : ''}`, 'data-id': message.id }, [
    picture(message),
    element('div', { class: 'body' }, [head(message), text(message)]),
  ]);
  if (!message.viaApi && !message.deleted) item.append(actions(chat, message, item));
  return item;
}

/** The author's picture, or the initial where the platform has none. */
function picture({ author }: MessageView): HTMLElement {
  if (author.avatarUrl !== undefined) return element('img', { class: 'avatar', src: author.avatarUrl, alt: '', loading: 'lazy' });
  return element('span', { class: 'avatar', 'aria-hidden': 'true' }, [[...author.name][0] ?? '?']);
}

function head(message: MessageView): HTMLElement {
  const sent = new Date(message.sentAt);
  const parts: Node[] = [element('span', { class: 'name' }, [message.author.name])];
  if (message.viaApi) parts.push(element('span', { class: 'tag' }, ['bridged']));
  parts.push(element('time', { datetime: sent.toISOString(), title: exact.format(sent) }, [clock.format(sent)]));
  if (message.editedAt !== undefined && !message.deleted) parts.push(element('span', { class: 'mark' }, ['edited']));
  return element('div', { class: 'head' }, parts);
}

function text(message: MessageView): HTMLElement {
  if (message.deleted) return element('p', { class: 'text' }, ['This message was deleted.']);
  return element('p', { class: 'text' }, entityNodes(message));
}

function actions(chat: ChatView, message: MessageView, item: HTMLElement): HTMLElement {
  const change = element('button', { type: 'button', 'aria-label': `Edit “${message.text.slice(0, 40)}”` }, ['Edit']);
  change.addEventListener('click', () => startEdit(chat, message, item));
  const drop = element('button', { type: 'button', 'aria-label': `Delete “${message.text.slice(0, 40)}”` }, ['Delete']);
  drop.addEventListener('click', () => {
    if (chat.deleteNote !== undefined) tell(chat.deleteNote);
    void remove({ platform: chat.platform, message: message.id });
  });
  return element('div', { class: 'actions' }, [change, drop]);
}

function startEdit(chat: ChatView, message: MessageView, item: HTMLElement): void {
  const body = item.querySelector('.text');
  if (!body) return;
  const field = element('textarea', { 'aria-label': 'New text', rows: '2' });
  field.value = message.text;
  const save = element('button', { type: 'submit', class: 'primary' }, ['Save']);
  const cancel = element('button', { type: 'button' }, ['Cancel']);
  const form = element('form', { class: 'edit' }, [field, element('div', {}, [save, cancel])]);
  const close = () => form.replaceWith(body);
  cancel.addEventListener('click', close);
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    void edit({ platform: chat.platform, message: message.id, text: field.value }).then((done) => (done ? close() : undefined));
  });
  field.addEventListener('keydown', (event) => {
    if (event.key === 'Escape') close();
    if (event.key === 'Enter' && !event.shiftKey) {
      event.preventDefault();
      form.requestSubmit();
    }
  });
  body.replaceWith(form);
  field.focus();
}
