import type { ChatView, MessageView } from '../protocol.ts';
import { edit, react, remove } from './api.ts';
import { above, below } from './beside.ts';
import { element } from './dom.ts';
import { editor } from './editor.ts';
import { spanNodes } from './spans.ts';
import { short } from './words.ts';

const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });
const exact = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' });

/** One message of a pane. */
export interface MessageItem {
  readonly node: HTMLLIElement;
  readonly message: MessageView;
  /** Shows its new state, where it stands. While it is being edited by hand, once that is over. */
  update(message: MessageView): void;
  /** Lets a person change the text, where they may; `backTo` gets the focus afterwards. */
  startEdit(backTo?: HTMLElement): void;
}

export interface MessageOptions {
  readonly chat: ChatView;
  readonly message: MessageView;
  /** The message follows one of the same author, so the head would only say the same again. */
  readonly follows: boolean;
  /** Whoever writes in this pane. */
  author(): string;
  /** What is written next shall answer this message. */
  reply(message: MessageView): void;
}

export function createMessage(options: MessageOptions): MessageItem {
  const { chat, message: first, follows } = options;
  let message = first;
  let editing = false;
  const body = element('div', { class: 'body' });
  const actions = element('div', { class: 'actions' });
  const node = element(
    'li',
    { class: `message${follows ? ' follows' : ''}`, 'data-id': first.id, 'data-author': authorKey(first), tabindex: '-1' },
    [picture(first), body, actions],
  );
  const draw = () => {
    const focused = node.contains(document.activeElement);
    node.classList.toggle('deleted', message.deleted);
    body.replaceChildren(head(chat.platform, message), ...above(message), textOf(chat, message), ...below(message), foot(message));
    actions.replaceChildren(...buttons(options, message, () => startEdit()));
    if (focused && !node.contains(document.activeElement)) node.focus({ preventScroll: true });
  };
  const startEdit = (backTo: HTMLElement = node) => {
    if (editing || message.written === undefined) return;
    editing = true;
    const form = editor({
      text: message.written,
      label: `New text of “${short(message.text, 40)}”`,
      save: (text) => edit({ platform: chat.platform, message: message.id, text }),
      close: () => {
        editing = false;
        draw();
        backTo.focus({ preventScroll: true });
      },
    });
    actions.replaceChildren();
    body.replaceChildren(form.node);
    form.field.focus();
    form.node.scrollIntoView({ block: 'nearest' });
  };
  draw();
  return {
    node,
    get message() {
      return message;
    },
    update: (next) => {
      message = next;
      if (!editing || next.deleted) {
        editing = false;
        draw();
        body.querySelector('.text')?.classList.add('changed');
      }
    },
    startEdit,
  };
}

/** Tells authors apart also where the platform has one id for several, as a Discord webhook does. */
export function authorKey({ author }: MessageView): string {
  return `${author.id} ${author.name}`;
}

/** The author's picture, or the initial where the platform has none. */
function picture({ author }: MessageView): HTMLElement {
  if (author.avatarUrl !== undefined) return element('img', { class: 'avatar', src: author.avatarUrl, alt: '', width: '36', height: '36' });
  const initial = element('span', { class: 'avatar', 'aria-hidden': 'true' }, [[...author.name][0]?.toUpperCase() ?? '?']);
  initial.style.backgroundColor = `hsl(${hueOf(author.name)} 40% 32%)`;
  return initial;
}

function hueOf(name: string): number {
  let hash = 0;
  for (const char of name) hash = (hash * 31 + (char.codePointAt(0) ?? 0)) % 100_000;
  return Math.round(hash * 137.508) % 360;
}

function head(platform: string, message: MessageView): HTMLElement {
  const parts: Node[] = [element('span', { class: 'name' }, [message.author.name])];
  // Only Discord marks what does not come from a person's own account.
  if (message.author.isBot && platform === 'discord') parts.push(element('span', { class: 'tag' }, ['APP']));
  return element('div', { class: 'head' }, parts);
}

function foot({ sentAt, editedAt, deleted }: MessageView): HTMLElement {
  const sent = new Date(sentAt);
  const time = element('time', { datetime: sent.toISOString(), title: exact.format(sent) }, [clock.format(sent)]);
  if (editedAt === undefined || deleted) return element('div', { class: 'foot' }, [time]);
  return element('div', { class: 'foot' }, [element('span', { class: 'mark', title: exact.format(new Date(editedAt)) }, ['edited']), time]);
}

function textOf(chat: ChatView, message: MessageView): HTMLElement {
  if (!message.deleted) return element('div', { class: 'text' }, spanNodes(message.body));
  return element('div', { class: 'text' }, [message.viaApi ? 'This message was deleted.' : chat.deletedNote]);
}

const quickReactions = ['👍', '❤', '🎉'] as const;

function buttons({ chat, author, reply }: MessageOptions, message: MessageView, startEdit: () => void): HTMLElement[] {
  if (message.deleted) return [];
  const about = `“${short(message.text, 40)}”`;
  const button = (words: string, label: string, act: () => void): HTMLElement => {
    const node = element('button', { type: 'button', 'aria-label': `${label} ${about}` }, [words]);
    node.addEventListener('click', act);
    return node;
  };
  const { platform } = chat;
  const forAll = [
    button('Reply', 'Reply to', () => reply(message)),
    ...quickReactions.map((emoji) =>
      button(emoji, `React ${emoji} to`, () => void react({ platform, author: author(), message: message.id, emoji })),
    ),
  ];
  if (message.written === undefined) return forAll;
  return [button('Edit', 'Edit', startEdit), button('Delete', 'Delete', () => void remove({ platform, message: message.id })), ...forAll];
}
