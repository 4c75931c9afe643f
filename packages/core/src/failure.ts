/**
 * Why a delivery did not succeed, by what may be done about it. Closed: a platform that meets something new says
 * `transient`, which loses nothing.
 */
export type DeliveryFailure =
  | { readonly kind: 'rate-limited'; readonly retryAfterMs: number; readonly scope: 'conversation' | 'platform' }
  /** The platform did not take it, and may later. */
  | { readonly kind: 'transient' }
  /** The request may have been carried out: the answer was lost after the bytes had left. */
  | { readonly kind: 'ambiguous' }
  | { readonly kind: 'permanent'; readonly reason: PermanentReason; readonly movedTo?: string }
  /** The credential is bad: pause the whole platform, lose nothing. */
  | { readonly kind: 'unauthorised' }
  | { readonly kind: 'shutting-down' };
/**
 * `message-gone`: the one message that the command is about is not there (any more). `not-found`: something else is not, such as
 * the conversation, which somebody has to look at.
 */
export type PermanentReason = 'message-gone' | 'not-found' | 'forbidden' | 'too-large' | 'invalid' | 'moved';

/** The one error a sender may throw. `message` is a sentence for the operator that says the fix; it carries no secret. */
export class DeliveryError extends Error {
  override readonly name = 'DeliveryError';
  readonly failure: DeliveryFailure;
  /** The platform's own words on it, for `delivery.attempted`: HTTP status, error code. */
  readonly answer: { readonly status?: number; readonly code?: string };
  constructor(message: string, failure: DeliveryFailure, answer: { readonly status?: number; readonly code?: string } = {}) {
    super(message);
    this.failure = failure;
    this.answer = answer;
  }
}

/** What to do with the head of a conversation after a failed attempt. */
export type Verdict =
  /** The conversation waits `delayMs`; the head stays the head. */
  | { readonly action: 'retry' | 'hold-conversation'; readonly delayMs: number; readonly reason: string }
  | { readonly action: 'hold-platform'; readonly delayMs: number; readonly reason: string }
  | { readonly action: 'pause-platform'; readonly reason: string }
  | { readonly action: 'dead-letter'; readonly reason: string }
  /** The conversation goes on under another id: all that waits for it goes there, in order, beginning with this. */
  | { readonly action: 'move-conversation'; readonly to: string; readonly reason: string }
  /** Back to the queue untouched: this process is stopping. */
  | { readonly action: 'requeue' };

export interface RetryPolicy {
  /** Delay in milliseconds before attempt n + 2; the last one repeats until `maxAgeMs` has passed since the first attempt. */
  readonly schedule: readonly number[];
  readonly maxAgeMs: number;
  /** Share of a delay that is random, 0 to 1, so that conversations do not come back in step. */
  readonly jitter: number;
  /** False dead-letters what may have been delivered, instead of risking a second copy. */
  readonly retryAmbiguous: boolean;
}

/** An outage of a platform is waited out for a day, not dead-lettered. */
export const defaultRetryPolicy: RetryPolicy = {
  schedule: [1_000, 5_000, 15_000, 60_000, 300_000, 900_000, 3_600_000],
  maxAgeMs: 24 * 3_600_000,
  jitter: 0.2,
  retryAmbiguous: true,
};

export interface AttemptState {
  /** 1 for the first attempt. */
  readonly attempt: number;
  /** Milliseconds since the first attempt began. */
  readonly ageMs: number;
  /** 0 ≤ random < 1, handed in so that this stays pure. */
  readonly random: number;
}

/** A platform that asks to wait without saying how long, or in a number that is none. */
const unknownWaitMs = 1_000;
/** No platform asks for more in earnest; a mistaken unit must not stop a conversation for years. */
const longestWaitMs = 24 * 3_600_000;

function waitMs(asked: number): number {
  if (Number.isNaN(asked)) return unknownWaitMs;
  return Math.min(longestWaitMs, Math.max(1, Math.round(asked)));
}

function rateLimited(retryAfterMs: number, scope: 'conversation' | 'platform'): Verdict {
  const delayMs = waitMs(retryAfterMs);
  const reason = `rate limited by the platform for ${Math.ceil(delayMs / 1000)} s`;
  return { action: scope === 'platform' ? 'hold-platform' : 'hold-conversation', delayMs, reason };
}

/** Total and pure: every failure has a verdict, and every delay is a whole number of milliseconds of at least 1. */
export function verdict(failure: DeliveryFailure, state: AttemptState, policy: RetryPolicy = defaultRetryPolicy): Verdict {
  switch (failure.kind) {
    case 'rate-limited':
      return rateLimited(failure.retryAfterMs, failure.scope);
    case 'transient':
      return retry('the platform failed', state, policy);
    case 'ambiguous':
      if (!policy.retryAmbiguous) return { action: 'dead-letter', reason: 'the outcome is unknown; not retried, to avoid a second copy' };
      return retry('the answer was lost', state, policy);
    case 'permanent':
      return failure.reason === 'moved' && failure.movedTo !== undefined
        ? { action: 'move-conversation', to: failure.movedTo, reason: failure.reason }
        : { action: 'dead-letter', reason: failure.reason };
    case 'unauthorised':
      return { action: 'pause-platform', reason: 'the credential was rejected' };
    case 'shutting-down':
      return { action: 'requeue' };
    default: {
      const never: never = failure;
      return never;
    }
  }
}

function retry(reason: string, state: AttemptState, policy: RetryPolicy): Verdict {
  const index = Math.min(Math.max(1, state.attempt), policy.schedule.length) - 1;
  const base = policy.schedule[index];
  if (base === undefined || state.ageMs >= policy.maxAgeMs)
    return { action: 'dead-letter', reason: `${reason} for too long; retries are used up` };
  const delayMs = waitMs(base * (1 + policy.jitter * (state.random - 0.5)));
  return { action: 'retry', delayMs, reason: `${reason}; attempt ${state.attempt}` };
}
