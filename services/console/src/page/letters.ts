import type { GroupView, LetterDetailView, LetterView, LettersView } from '../protocol.ts';
import { get } from './api.ts';
import { element } from './dom.ts';
import { settle } from './settle.ts';
import { timeNode } from './times.ts';
import { count } from './words.ts';

/** The letters of one group, shown when asked for, to be settled one by one or some together. */
export function createLetters(group: GroupView, reload: () => Promise<void>): { readonly button: HTMLElement; readonly list: HTMLElement } {
  const list = element('div', { hidden: '' });
  const button = element('button', { type: 'button', 'aria-expanded': 'false' }, ['Show each']);
  button.addEventListener('click', () => {
    list.hidden = !list.hidden;
    button.setAttribute('aria-expanded', String(!list.hidden));
    button.textContent = list.hidden ? 'Show each' : 'Hide each';
    if (!list.hidden) void load(group, { list, reload });
  });
  return { button, list };
}

interface Place {
  readonly list: HTMLElement;
  readonly reload: () => Promise<void>;
}

async function load({ queue, conversation, why }: GroupView, { list, reload }: Place): Promise<void> {
  list.replaceChildren(element('p', { class: 'quiet' }, ['Looking…']));
  const page = await get<LettersView>('/api/dead/letters', { queue, conversation, why });
  if (page === undefined) return list.replaceChildren();
  const rows = page.letters.map((letter) => letterNode(letter));
  const chosen = () =>
    page.letters.filter((_letter, index) => rows[index]?.querySelector('input')?.checked === true).map(({ id }) => ({ queue, id }));
  const both = (['retry', 'discard'] as const).map((act) => {
    const button = element('button', { type: 'button', disabled: '', ...(act === 'discard' ? { class: 'danger' } : {}) }, [
      `${act === 'retry' ? 'Retry' : 'Discard'} the chosen`,
    ]);
    button.addEventListener('click', () => void settle(act, { letters: chosen() }, { number: chosen().length, reload }));
    return button;
  });
  list.addEventListener('change', () => {
    for (const button of both) button.disabled = chosen().length === 0;
  });
  const rest = page.total - page.letters.length;
  list.replaceChildren(
    element('ul', { class: 'letters', 'aria-label': 'Messages' }, rows),
    ...(rest > 0
      ? [element('p', { class: 'quiet' }, [`${count(rest)} older ones are not shown here; the buttons above are for all.`])]
      : []),
    element('p', { class: 'actions' }, both),
  );
}

function letterNode({ queue, id, diedAt }: LetterView): HTMLElement {
  const detail = element('dl', { hidden: '' });
  const more = element('button', { type: 'button', 'aria-expanded': 'false' }, ['Details']);
  more.addEventListener('click', () => {
    detail.hidden = !detail.hidden;
    more.setAttribute('aria-expanded', String(!detail.hidden));
    if (!detail.hidden && detail.childElementCount === 0) void show(detail, { queue, id });
  });
  return element('li', {}, [
    element('div', { class: 'line' }, [
      element('label', {}, [element('input', { type: 'checkbox' }), element('span', { class: 'id' }, [id.replace(/^dead-/, '')])]),
      timeNode(diedAt),
      more,
    ]),
    detail,
  ]);
}

async function show(place: HTMLElement, ref: { readonly queue: string; readonly id: string }): Promise<void> {
  const letter = await get<LetterDetailView>('/api/dead/letter', { ...ref });
  if (letter === undefined) return;
  const lines: readonly (readonly [string, string | undefined])[] = [
    ['Why', letter.reason],
    ['Answer', letter.detail],
    ['Attempts', count(letter.attempts)],
    ['Event', letter.event],
    ['Author', letter.author],
    ['Kind', letter.type],
    ['Bridge', letter.bridge],
    ['Text', letter.text],
  ];
  place.replaceChildren(
    ...lines.flatMap(([name, value]) =>
      value === undefined || value === '' ? [] : [element('dt', {}, [name]), element('dd', {}, [value])],
    ),
  );
}
