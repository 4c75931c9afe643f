import type { DeliveryError, DeliveryFailure, Log } from '@bridge/core';
import type { Attempt } from '@bridge/runtime';

export interface AttemptFacts {
  readonly attempt: Attempt;
  readonly durationMs: number;
  readonly outcome: string;
  readonly failure?: DeliveryFailure;
  readonly error?: DeliveryError;
}

/** The one wide line per delivery attempt: everything one asks of an attempt, and nobody's words. */
export function attemptLine(log: Log, { attempt, durationMs, outcome, failure, error }: AttemptFacts): void {
  const { delivery } = attempt;
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
    durationMs: round(durationMs),
    sinceReceivedMs: Date.now() - delivery.receivedAt,
    sinceRoutedMs: Date.now() - delivery.routedAt,
    ...(failure ? { failure: failure.kind, ...('reason' in failure ? { reason: failure.reason } : {}), ...('retryAfterMs' in failure ? { retryAfterMs: failure.retryAfterMs } : {}) } : {}),
    ...(error ? { answer: error.answer, detail: error.message } : {}),
  };
  if (outcome === 'delivered') log.info(fields, 'delivery.attempted');
  else log.warn(fields, 'delivery.attempted');
}

function round(ms: number): number {
  return Math.round(ms * 10) / 10;
}
