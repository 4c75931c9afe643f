import { type ConversationId, type Copy, type Delivery, conversationId } from '@bridge/core';
import type { Attempt, JourneyStep, Outcome, RoleContext } from '@bridge/runtime';
import { type Progress, type StepResult, storedProgress } from './progress.ts';

type Results = readonly StepResult[];

/** What is written down with the end of an attempt, in the transaction that makes it true. */
export interface AttemptEnd {
  readonly outcome: Outcome;
  /** The id under which the target goes on now. */
  readonly conversation: ConversationId;
  /** Unix milliseconds. */
  readonly startedAt: number;
  readonly progress: Progress;
  /** The messages that showed the event before. */
  readonly before: readonly Copy[];
  /** Why there was nothing to do. */
  readonly nothing?: string;
}

/** The outcome together with its records: which messages are copies now, and the step of the journey. */
export function withRecords(context: RoleContext, attempt: Attempt, end: AttemptEnd): Outcome {
  const { outcome, before, conversation, progress } = end;
  const { platform } = attempt.delivery;
  // What went to the conversation under an older id is not to be found under the new one.
  const results = progress.results.filter((result) => (result.conversation ?? attempt.delivery.conversation) === conversation);
  const step = journeyStep(attempt, end);
  // Also of what is given up half-way: what did arrive must be found when its original is edited or deleted.
  const final = outcome.kind === 'settled' || outcome.verdict.action === 'dead-letter';
  const copies = final && results.length > 0 ? copiesAfter(attempt.delivery, before, results) : [];
  return {
    ...outcome,
    ...(goesOn(attempt.delivery, end) ? { progress: storedProgress(progress) } : {}),
    also: (transaction) => {
      if (copies.length > 0) context.copies.record(transaction, { ...copyOf(attempt.delivery, conversation), copies });
      if (outcome.kind === 'failed' && outcome.verdict.action === 'move-conversation')
        context.moves.record(transaction, { platform, conversation }, conversationId(outcome.verdict.to));
      if (step !== undefined) context.journeys.step(transaction, step);
    },
  };
}

/**
 * Whether a retry of the dead letter has to know what is done: a new message's parts would be sent again. What is left of an
 * edit or a delete is planned anew from the copies that there are then.
 */
const goesOn = ({ event }: Delivery, { outcome, progress }: AttemptEnd): boolean =>
  outcome.kind === 'failed' && outcome.verdict.action === 'dead-letter' && event.type === 'message.created' && progress.results.length > 0;

function copyOf({ event, bridge, platform }: Delivery, conversation: ConversationId) {
  return {
    source: { platform: event.source, conversation: event.channel.id, message: event.message },
    bridge,
    target: { platform, conversation },
    ...('parts' in event && event.parts !== undefined ? { parts: event.parts } : {}),
  };
}

/** Which messages show the event after it: an edit keeps what it changed, loses what it removed and gains what it added. */
function copiesAfter({ event }: Delivery, before: readonly Copy[], results: Results): readonly Copy[] {
  if (event.type !== 'message.created' && event.type !== 'message.edited') return [];
  const removed = new Set(results.filter((result) => result.type === 'delete').map((result) => result.message));
  const added = results.flatMap(({ type, message, shows = 'text', also = [] }): Copy[] =>
    type === 'send' && message !== undefined
      ? [{ message, shows }, ...also.map((further): Copy => ({ message: further, shows: 'file' }))]
      : [],
  );
  return [...before.filter(({ message }) => !removed.has(message)), ...added];
}

function journeyStep(
  { delivery, attempt, ambiguous }: Attempt,
  { outcome, startedAt, progress, nothing }: AttemptEnd,
): JourneyStep | undefined {
  const { event, bridge, platform, conversation, receivedAt, routedAt } = delivery;
  const about = {
    event: event.id,
    eventKey: event.eventKey,
    type: event.type,
    source: { platform: event.source, conversation: event.channel.id },
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
  if (outcome.kind === 'settled') return { ...about, step: 'delivered', ...arrived(progress.results) };
  if (outcome.verdict.action === 'requeue' || outcome.unasked === true) return undefined;
  return { ...about, step: outcome.verdict.action === 'dead-letter' ? 'dead-lettered' : 'waiting', reason: outcome.detail };
}

function arrived(results: Results) {
  const urls = results.flatMap((result) => result.messageUrl ?? []);
  return { messages: results.flatMap((result) => result.message ?? []), ...(urls.length > 0 ? { messageUrls: urls } : {}) };
}
