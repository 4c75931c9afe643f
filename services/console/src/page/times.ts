import { element } from './dom.ts';
import { ago, exact } from './words.ts';

/** How long ago something was, kept up to date; the exact time is its title and what is read out. */
export function timeNode(at: number): HTMLTimeElement {
  const node = element('time', {});
  setTime(node, at);
  return node;
}

/** Shows another moment in the same place. */
export function setTime(node: HTMLTimeElement, at: number): void {
  if (node.dataset['at'] === String(at)) return;
  node.dataset['at'] = String(at);
  node.dateTime = new Date(at).toISOString();
  node.title = exact(at);
  node.setAttribute('aria-label', `${ago(at, Date.now())}, ${exact(at)}`);
  node.textContent = ago(at, Date.now());
}

/** Once a second, and only what has changed. */
export function keepTimes(): void {
  setInterval(() => {
    const now = Date.now();
    for (const node of document.querySelectorAll<HTMLTimeElement>('time[data-at]')) {
      if (!node.checkVisibility()) continue;
      const text = ago(Number(node.dataset['at']), now);
      if (node.textContent === text) continue;
      node.textContent = text;
      node.setAttribute('aria-label', `${text}, ${node.title}`);
    }
  }, 1_000);
}
