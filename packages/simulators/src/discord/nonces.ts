/** Which message an author's nonce made, for as long as `enforce_nonce` looks back. */
export interface Nonces {
  /** The id of the message of that nonce, which may be deleted by now. */
  find(author: string, nonce: string | number): string | undefined;
  remember(author: string, nonce: string | number, messageId: string): void;
}

/** Documented as "the past few minutes". */
const fewMinutesMs = 300_000;

/** Nonces are forgotten after `memoryMs`. */
export function createNonces(options: { readonly memoryMs?: number; now?(): number } = {}): Nonces {
  const { memoryMs = fewMinutesMs, now = Date.now } = options;
  const entries = new Map<string, { readonly messageId: string; readonly until: number }>();
  const sweep = (): void => {
    for (const [key, { until }] of entries) {
      if (until > now()) return;
      entries.delete(key);
    }
  };
  return {
    find(author, nonce) {
      sweep();
      return entries.get(keyOf(author, nonce))?.messageId;
    },
    remember(author, nonce, messageId) {
      const key = keyOf(author, nonce);
      // Deleted first, so that the entries stay in the order in which they end.
      entries.delete(key);
      entries.set(key, { messageId, until: now() + memoryMs });
    },
  };
}

const keyOf = (author: string, nonce: string | number): string => `${author}:${nonce}`;
