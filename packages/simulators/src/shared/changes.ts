/** A set of listeners. They are called in the order they came, at once, and must not throw. */
export interface Changes<T> {
  /** Tells what `make` gives; it is not asked where nobody listens. */
  emit(make: () => T): void;
  /** Returns how to stop listening. The same function may listen twice. */
  on(listener: (change: T) => void): () => void;
  clear(): void;
}

/** Listeners that come or go while a change is told do not disturb the telling. */
export function createChanges<T>(): Changes<T> {
  const listeners = new Map<symbol, (change: T) => void>();
  return {
    emit(make) {
      if (listeners.size === 0) return;
      const change = make();
      for (const listener of Array.from(listeners.values())) listener(change);
    },
    on(listener) {
      const key = Symbol('listener');
      listeners.set(key, listener);
      return () => void listeners.delete(key);
    },
    clear: () => listeners.clear(),
  };
}
