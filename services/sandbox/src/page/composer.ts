import type { ChatView, MessageView, PersonView, PostRequest } from '../protocol.ts';
import { post } from './api.ts';
import { element } from './dom.ts';
import { sendOnEnter } from './editor.ts';
import { paperclip } from './icons.ts';
import { short } from './words.ts';

/** Where one writes, as any of the chat's people. */
export interface Composer {
  readonly node: HTMLFormElement;
  readonly field: HTMLTextAreaElement;
  /** Id of the chosen person. */
  readonly author: string;
  /** What is sent next answers this message. */
  answer(message: MessageView): void;
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
  const extras = createExtras(field);
  const submit = element('button', { type: 'submit', class: 'primary' }, ['Send']);
  const node = element('form', { class: 'composer' }, [people, extras.note, field, extras.picker, submit]);
  const author = () => people.querySelector<HTMLInputElement>('input:checked')?.value ?? '';
  people.addEventListener('change', () => chosen(author()));
  node.addEventListener('submit', (event) => {
    event.preventDefault();
    void extras.take().then((more) => {
      if (send({ field, request: { platform: chat.platform, author: author(), text: field.value, ...more } })) sent();
    });
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
    answer: extras.answer,
  };
}

interface Extras {
  /** Says what goes with the text. */
  readonly note: HTMLElement;
  readonly picker: HTMLElement;
  answer(message: MessageView): void;
  /** What goes with the text that is sent now; once. */
  take(): Promise<Pick<PostRequest, 'replyTo' | 'file'>>;
}

/** A message to answer, and a file. */
function createExtras(field: HTMLTextAreaElement): Extras {
  const input = element('input', { type: 'file', hidden: '' });
  const attach = element('button', { type: 'button', class: 'attach', 'aria-label': 'Attach a file', title: 'Attach a file' }, [
    paperclip(),
  ]);
  const words = element('span');
  const drop = element('button', { type: 'button', 'aria-label': 'Send without it' }, ['✕']);
  const note = element('p', { class: 'extras' }, [words, drop]);
  let answered: MessageView | undefined;
  const show = (): void => {
    const file = input.files?.[0];
    const parts = [
      ...(answered === undefined ? [] : [`Answers ${answered.author.name}: “${short(answered.text, 40)}”`]),
      ...(file === undefined ? [] : [`With ${file.name}`]),
    ];
    words.textContent = parts.join(' · ');
    note.hidden = parts.length === 0;
  };
  const clear = (): void => {
    answered = undefined;
    input.value = '';
    show();
  };
  attach.addEventListener('click', () => input.click());
  drop.addEventListener('click', () => {
    clear();
    field.focus();
  });
  input.addEventListener('change', () => {
    show();
    field.focus();
  });
  show();
  return {
    note,
    picker: element('span', {}, [input, attach]),
    answer(message) {
      answered = message;
      show();
      field.focus();
    },
    async take() {
      const file = input.files?.[0];
      const replyTo = answered?.id;
      const sent =
        file === undefined ? undefined : { name: file.name, mime: file.type || 'application/octet-stream', base64: await base64Of(file) };
      clear();
      return { ...(replyTo === undefined ? {} : { replyTo }), ...(sent === undefined ? {} : { file: sent }) };
    },
  };
}

async function base64Of(file: File): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  const reader = new FileReader();
  reader.addEventListener('load', () => resolve(typeof reader.result === 'string' ? reader.result.replace(/^[^,]*,/, '') : ''));
  reader.readAsDataURL(file);
  return promise;
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
  readonly request: PostRequest;
}

/** False when there is nothing to send. */
function send({ field, request }: Sending): boolean {
  field.focus();
  if (request.text.trim() === '' && request.file === undefined) return false;
  field.value = '';
  void post(request).then((done) => {
    // What was not taken must not be lost to the person who wrote it.
    if (!done && field.value === '') field.value = request.text;
  });
  return true;
}
