/**
 * Discord bans an address for a while after 10,000 answers with 401, 403 or 429 in 10 minutes. Source: API reference, "Invalid
 * Request Limit". Far below that, something is wrong that no further call mends.
 */
const windowMs = 600_000;
const most = 500;

/** Raised instead of a call while the budget is used up. */
export class BudgetSpentError extends Error {
  override readonly name = 'BudgetSpentError';
  readonly retryAfterMs: number;
  constructor(retryAfterMs: number) {
    super('too many refusals by Discord; nothing is sent for now');
    this.retryAfterMs = retryAfterMs;
  }
}

/** Counts the refusals that this process was answered. */
export interface InvalidBudget {
  /** Takes note of any answer. */
  note(answer: { readonly status: number; readonly scope: string | null }): void;
  /** @throws {BudgetSpentError} while there are too many. */
  check(): void;
}

/** Nothing counted yet. */
export function createInvalidBudget({ max = most, now = Date.now }: { readonly max?: number; now?(): number } = {}): InvalidBudget {
  let refusals: number[] = [];
  return {
    note({ status, scope }) {
      // What others share is not held against us.
      const counts = status === 401 || status === 403 || (status === 429 && scope !== 'shared');
      if (counts) refusals = [...refusals.slice(1 - max), now()];
    },
    check() {
      const [oldest] = refusals;
      if (oldest === undefined || refusals.length < max) return;
      const leftMs = oldest + windowMs - now();
      if (leftMs > 0) throw new BudgetSpentError(leftMs);
    },
  };
}
