import type { Delivery, MessageId } from '@bridge/core';
import type { Attempt, JourneyStep, Outcome, RoleContext } from '@bridge/runtime';
import type { Results } from './steps.ts';

/** What is written down with the end of an attempt, in the transaction that makes it true. */
export interface AttemptEnd {
  readonly outcome: Outcome;
  /** Unix milliseconds. */
  readonly startedAt: number;
  readonly results: Results;
  /** The messages that showed the event before. */
  readonly before: readonly MessageId[];
  /** Why there was nothing to do. */
  readonly nothing?: string;
}

/** The outcome together with its records: which messages are copies now, and the step of the journey. */
export function withRecords(context: RoleContext, attempt: Attempt, end: AttemptEnd): Outcome {
  const { outcome, before, results } = end;
  const step = journeyStep(attempt, end);
  // Also of what is given up half-way: what did arrive must be found when its original is edited or deleted.
  const final = outcome.kind === 'settled' || outcome.verdict.action === 'dead-letter';
  const messages = final && results.length > 0 ? copiesAfter(attempt.delivery, before, results) : [];
  return {
    ...outcome,
    also: (transaction) => {
      if (messages.length > 0) context.copies.record(transaction, { ...copyOf(attempt.delivery), messages });
      if (step !== undefined) context.journeys.step(transaction, step);
    },
  };
}

function copyOf({ event, bridge, platform, conversation }: Delivery) {
  return {
    source: { platform: event.source, conversation: event.channel.id, message: event.message },
    bridge,
    target: { platform, conversation },
  };
}

/** Which messages show the event after it: an edit keeps what it changed, loses what it removed and gains what it added. */
function copiesAfter({ event }: Delivery, before: readonly MessageId[], results: Results): readonly MessageId[] {
  if (event.type !== 'message.created' && event.type !== 'message.edited') return [];
  const removed = new Set(results.filter((result) => result.type === 'delete').map((result) => result.message));
  const added = results.filter((result) => result.type === 'send').map((result) => result.message);
  return [...before.filter((message) => !removed.has(message)), ...added];
}

function journeyStep(
  { delivery, attempt, ambiguous }: Attempt,
  { outcome, startedAt, results, nothing }: AttemptEnd,
): JourneyStep | undefined {
  const { event, bridge, platform, conversation, receivedAt, routedAt } = delivery;
  const about = {
    event: event.id,
    eventKey: event.eventKey,
    type: event.type,
    bridge,
    target: { platform, conversation },
    at: Date.now(),
    receivedAt,
    routedAt,
    startedAt,
    attempt,
    ...(ambiguous ? { ambiguous } : {}),
  };
  if (nothing !== undefined) return { ...about, step: 'dropped', reason: nothing };
  if (outcome.kind === 'settled') return { ...about, step: 'delivered', ...arrived(results) };
  if (outcome.verdict.action === 'requeue') return undefined;
  return { ...about, step: outcome.verdict.action === 'dead-letter' ? 'dead-lettered' : 'waiting', reason: outcome.detail };
}

function arrived(results: Results) {
  const urls = results.flatMap((result) => result.messageUrl ?? []);
  return { messages: results.map((result) => result.message), ...(urls.length > 0 ? { messageUrls: urls } : {}) };
}
