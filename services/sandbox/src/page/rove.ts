/**
 * One tab stop for a whole list: arrow keys, Home and End go from item to item, and Tab goes on into the item's own
 * buttons. Returns what to call after an item was added.
 */
export function rove(list: HTMLElement, items: () => readonly HTMLElement[]): () => void {
  let current: HTMLElement | undefined;
  const choose = (item: HTMLElement) => {
    if (current) current.tabIndex = -1;
    current = item;
    item.tabIndex = 0;
  };
  list.addEventListener('focusin', ({ target }) => {
    const item = items().find((candidate) => target instanceof Node && candidate.contains(target));
    if (item) choose(item);
  });
  list.addEventListener('keydown', (event) => {
    const all = items();
    const at = all.findIndex((item) => item === event.target);
    const next = at < 0 ? undefined : all[target(event.key, at, all.length)];
    if (!next) return;
    event.preventDefault();
    next.focus();
  });
  return () => {
    const last = items().at(-1);
    if (last && !(current && list.contains(current) && list.contains(document.activeElement))) choose(last);
  };
}

function target(key: string, at: number, count: number): number {
  const places: Readonly<Record<string, number>> = { ArrowUp: at - 1, ArrowDown: at + 1, Home: 0, End: count - 1 };
  return places[key] ?? -1;
}
