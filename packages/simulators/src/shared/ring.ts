/** The last `capacity` entries; older ones are forgotten, so that a simulator can run for days. Constant work per entry. */
export interface Ring<T> {
  push(entry: T): void;
  /** Oldest first. A copy. */
  list(): readonly T[];
  clear(): void;
}

/** An empty ring. */
export function createRing<T>(capacity: number): Ring<T> {
  let entries: T[] = [];
  let next = 0;
  return {
    push(entry) {
      if (entries.length < capacity) entries.push(entry);
      else entries[next] = entry;
      next = (next + 1) % capacity;
    },
    list: () => (entries.length < capacity ? entries.slice() : [...entries.slice(next), ...entries.slice(0, next)]),
    clear() {
      entries = [];
      next = 0;
    },
  };
}
