import { element } from './dom.ts';
import { count, some } from './words.ts';

/** Which part of how much is shown. */
export interface Shown {
  readonly from: number;
  readonly shown: number;
  readonly total: number;
  readonly noun: string;
}

const perPage = 50;

/** Buttons to the part before and after; nothing where all is shown. */
export function showPages(place: HTMLElement, { from, shown, total, noun }: Shown, go: (from: number) => void): void {
  if (total <= perPage) return place.replaceChildren();
  const button = (text: string, to: number, enabled: boolean) => {
    const node = element('button', { type: 'button', ...(enabled ? {} : { disabled: '' }) }, [text]);
    node.addEventListener('click', () => go(to));
    return node;
  };
  place.replaceChildren(
    button('← Before', Math.max(0, from - perPage), from > 0),
    element('span', { class: 'quiet' }, [`${count(from + 1)} to ${count(from + shown)} of ${some(total, noun)}`]),
    button('After →', from + perPage, from + shown < total),
  );
}
