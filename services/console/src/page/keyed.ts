/** How the children of a list are made and changed. */
export interface Keyed<T> {
  readonly key: (item: T) => string;
  readonly create: (item: T) => HTMLElement;
  readonly update: (node: HTMLElement, item: T) => void;
}

/** Makes a list show these items, keeping the nodes of those that it shows already: what one reads, or has open, stays. */
export function showKeyed<T>(list: HTMLElement, items: readonly T[], { key, create, update }: Keyed<T>): void {
  const known = new Map(
    [...list.children].flatMap((node) => (node instanceof HTMLElement ? [[node.dataset['key'] ?? '', node] as const] : [])),
  );
  const nodes = items.map((item) => {
    const name = key(item);
    const node = known.get(name) ?? create(item);
    node.dataset['key'] = name;
    update(node, item);
    return node;
  });
  const wanted = new Set<Element>(nodes);
  for (const node of Array.from(list.children)) if (!wanted.has(node)) node.remove();
  for (const [index, node] of nodes.entries()) if (list.children[index] !== node) list.insertBefore(node, list.children[index] ?? null);
}
