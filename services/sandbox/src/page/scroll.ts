import { element } from './dom.ts';

/** A list that stays at its end while one is there, and stays put while one reads further up. */
export interface Scroller {
  /** Tells how much there is below what is being read; part of the pane. */
  readonly button: HTMLButtonElement;
  /** Call after something was added at the end. */
  added(): void;
  /** Call after something in the list changed. */
  changed(): void;
  /** Goes to the end, and stays there. */
  follow(): void;
  readonly atEnd: boolean;
}

const nearPx = 48;

export function createScroller(list: HTMLElement): Scroller {
  let atEnd = true;
  let unseen = 0;
  const button = element('button', { type: 'button', class: 'unseen', hidden: '' });
  const show = () => {
    button.hidden = unseen === 0;
    button.textContent = unseen === 1 ? '1 new message ↓' : `${unseen} new messages ↓`;
  };
  const toEnd = () => {
    atEnd = true;
    unseen = 0;
    show();
    list.scrollTop = list.scrollHeight;
  };
  list.addEventListener('scroll', () => {
    atEnd = list.scrollTop + list.clientHeight >= list.scrollHeight - nearPx;
    if (atEnd) unseen = 0;
    show();
  });
  button.addEventListener('click', () => {
    toEnd();
    if (list.lastElementChild instanceof HTMLElement) list.lastElementChild.focus({ preventScroll: true });
  });
  // The list also changes its size with the window, the field below it and the panel under the panes.
  new ResizeObserver(() => (atEnd ? toEnd() : undefined)).observe(list);
  return {
    button,
    added: () => {
      if (atEnd) return toEnd();
      unseen += 1;
      show();
    },
    changed: () => (atEnd ? toEnd() : undefined),
    follow: toEnd,
    get atEnd() {
      return atEnd;
    },
  };
}
