import type { DeliveryError, DeliveryFailure, Log } from '@bridge/core';
import type { Attempt } from '@bridge/runtime';

export interface AttemptFacts {
  readonly attempt: Attempt;
  readonly durationMs: number;
  /** `delivered`, `nothing`, or the verdict's action. */
  readonly outcome: string;
  /** Steps done so far, over all attempts. */
  readonly steps: number;
  /** Why there was nothing to do. */
  readonly nothing?: string;
  readonly error?: DeliveryError;
  /** Milliseconds until the next attempt. */
  readonly delayMs?: number;
}

/** The one wide line per delivery attempt: everything one asks of an attempt, and nobody's words. */
export function attemptLine(log: Log, facts: AttemptFacts): void {
  const { attempt, durationMs, outcome, steps, nothing, error, delayMs } = facts;
  const { delivery } = attempt;
  const now = Date.now();
  const fields = {
    delivery: delivery.id,
    bridge: delivery.bridge,
    type: delivery.event.type,
    source: delivery.event.source,
    event: delivery.event.id,
    target: delivery.platform,
    conversation: delivery.conversation,
    attempt: attempt.attempt,
    ambiguous: attempt.ambiguous,
    outcome,
    steps,
    durationMs: Math.round(durationMs * 10) / 10,
    sinceReceivedMs: now - delivery.receivedAt,
    sinceRoutedMs: now - delivery.routedAt,
    ...(nothing === undefined ? {} : { nothing }),
    ...(error === undefined ? {} : { ...failureFields(error.failure), answer: error.answer, detail: error.message }),
    ...(delayMs === undefined ? {} : { delayMs }),
  };
  if (ordinary.has(outcome)) log.info(fields, 'delivery.attempted');
  else log.warn(fields, 'delivery.attempted');
}

const ordinary: ReadonlySet<string> = new Set(['delivered', 'nothing', 'requeue']);

function failureFields(failure: DeliveryFailure) {
  return {
    failure: failure.kind,
    ...('reason' in failure ? { reason: failure.reason } : {}),
    ...('retryAfterMs' in failure ? { retryAfterMs: failure.retryAfterMs } : {}),
  };
}
