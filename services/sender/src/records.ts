import { type ConversationId, type Copy, type Delivery, type MessageRef, conversationId } from '@bridge/core';
import type { Attempt, CopyRecord, JourneyStep, Outcome, RoleContext } from '@bridge/runtime';
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
  /** The messages that showed the event before, and what they are copies of; absent for a new message. */
  readonly before: readonly Copy[];
  readonly original?: MessageRef;
  /** Why there was nothing to do. */
  readonly nothing?: string;
}

/** The outcome together with its records: which messages are copies now, and the step of the journey. */
export function withRecords(context: RoleContext, attempt: Attempt, end: AttemptEnd): Outcome {
  const { outcome, conversation, progress } = end;
  const { platform } = attempt.delivery;
  // What went to the conversation under an older id is not to be found under the new one.
  const results = progress.results.filter((result) => (result.conversation ?? attempt.delivery.conversation) === conversation);
  const step = journeyStep(attempt, end);
  // Also of what is given up half-way: what did arrive must be found when its original is edited or deleted.
  const final = outcome.kind === 'settled' || outcome.verdict.action === 'dead-letter';
  const record = final ? recordOf(attempt.delivery, end, results) : undefined;
  return {
    ...outcome,
    ...(goesOn(attempt.delivery, end) ? { progress: storedProgress(progress) } : {}),
    also: (transaction) => {
      if (record !== undefined) context.copies.record(transaction, record);
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

/** Which messages are copies after the delivery; undefined where it changes nothing about that. */
function recordOf(delivery: Delivery, { before, original, conversation }: AttemptEnd, results: Results): CopyRecord | undefined {
  if (results.length === 0) return undefined;
  const target = copyOf(delivery, conversation);
  const left = withoutRemoved(before, results);
  const { type } = delivery.event;
  if (type === 'message.created' || type === 'message.edited') {
    const copies = [...left, ...addedBy(results)];
    return copies.length > 0 || before.length > 0 ? { ...target, copies } : undefined;
  }
  if (left.length === before.length || original === undefined) return undefined;
  // The original itself may be what was deleted, as through one of its copies; it never was a copy.
  const itself = original.platform === delivery.platform && original.conversation === conversation;
  return itself ? undefined : { source: original, bridge: delivery.bridge, target: target.target, copies: left };
}

/** A delete or an edit loses what it removed, and what was not there any more. */
function withoutRemoved(before: readonly Copy[], results: Results): readonly Copy[] {
  const removed = new Set(results.filter(({ type, gone }) => type === 'delete' || gone === true).map(({ message }) => message));
  return before.filter(({ message }) => !removed.has(message));
}

function addedBy(results: Results): readonly Copy[] {
  return results.flatMap(({ type, message, shows = 'text', also = [] }): Copy[] =>
    type === 'send' && message !== undefined
      ? [{ message, shows }, ...also.map((further): Copy => ({ message: further, shows: 'file' }))]
      : [],
  );
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
