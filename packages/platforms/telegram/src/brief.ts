/** A small cache of what is asked for again soon, such as by a player that reads a video in pieces. */
export interface Brief<T> {
  /** @throws whatever `ask` does. */
  get(key: string, ask: () => Promise<T>): Promise<T>;
  forget(key: string): void;
}

/** Keeps each answer for `forMs`, and at most `most` of them; refusals are not kept. */
export function createBrief<T>({ forMs, most }: { readonly forMs: number; readonly most: number }): Brief<T> {
  const kept = new Map<string, { readonly value: T; readonly until: number }>();
  return {
    async get(key, ask) {
      const known = kept.get(key);
      if (known !== undefined && performance.now() < known.until) return known.value;
      const value = await ask();
      kept.delete(key);
      kept.set(key, { value, until: performance.now() + forMs });
      // The oldest stands first.
      for (const old of kept.keys()) {
        if (kept.size <= most) break;
        kept.delete(old);
      }
      return value;
    },
    forget: (key) => void kept.delete(key),
  };
}
