import type { ChatView, PersonView } from '../protocol.ts';
import { post } from './api.ts';
import { element } from './dom.ts';
import { sendOnEnter } from './editor.ts';

/** Where one writes, as any of the chat's people. */
export interface Composer {
  readonly node: HTMLFormElement;
  readonly field: HTMLTextAreaElement;
  /** Id of the chosen person. */
  readonly author: string;
}

export interface ComposerOptions {
  readonly chat: ChatView;
  chosen(author: string): void;
  sent(): void;
  /** Arrow up in an empty field. */
  editLast(): void;
}

export function createComposer({ chat, chosen, sent, editLast }: ComposerOptions): Composer {
  const hint = `Enter sends, Shift+Enter starts a new line, arrow up changes what was sent last.${chat.markup === undefined ? '' : ` Formatting: ${chat.markup}`}`;
  const field = element('textarea', {
    rows: '1',
    placeholder: `Message ${chat.room}`,
    'aria-label': `Message in ${chat.name}`,
    title: hint,
  });
  const people = element('fieldset', { class: 'people' }, [
    element('legend', { class: 'visually-hidden' }, [`Write in ${chat.name} as`]),
    ...chat.people.map((person, index) => choice(chat, person, index === 0)),
  ]);
  const node = element('form', { class: 'composer' }, [people, field, element('button', { type: 'submit', class: 'primary' }, ['Send'])]);
  const author = () => people.querySelector<HTMLInputElement>('input:checked')?.value ?? '';
  people.addEventListener('change', () => chosen(author()));
  node.addEventListener('submit', (event) => {
    event.preventDefault();
    if (send({ field, platform: chat.platform, author: author() })) sent();
  });
  field.addEventListener('keydown', (event) => {
    sendOnEnter(event, node);
    if (event.key !== 'ArrowUp' || field.value !== '') return;
    event.preventDefault();
    editLast();
  });
  return {
    node,
    field,
    get author() {
      return author();
    },
  };
}

function choice(chat: ChatView, person: PersonView, checked: boolean): HTMLElement {
  const radio = element('input', { type: 'radio', class: 'visually-hidden', name: `author-${chat.platform}`, value: person.id });
  radio.checked = checked;
  return element('label', {}, [
    radio,
    element('img', { class: 'face', src: person.avatarUrl, alt: '', width: '24', height: '24' }),
    element('span', {}, [person.name]),
  ]);
}

interface Sending {
  readonly field: HTMLTextAreaElement;
  readonly platform: string;
  readonly author: string;
}

/** False when there is nothing to send. */
function send({ field, platform, author }: Sending): boolean {
  const text = field.value;
  field.focus();
  if (text.trim() === '') return false;
  field.value = '';
  void post({ platform, author, text }).then((done) => {
    // What was not taken must not be lost to the person who wrote it.
    if (!done && field.value === '') field.value = text;
  });
  return true;
}
