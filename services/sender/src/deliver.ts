import { type Delivery, type DeliveryFailure, type MessageId, type PlatformId, DeliveryError, plan, verdict } from '@bridge/core';
import { type ActivePlatform, type Attempt, type JourneyStep, type Outcome, type RoleContext, displayNameOf } from '@bridge/runtime';
import { attemptLine } from './attempt-line.ts';
import { type Results, loadResults, runSteps } from './steps.ts';

/** Makes the handler that the queue calls with the head of a conversation. It never throws: every end is an outcome. */
export function createDeliver(context: RoleContext, platform: PlatformId): (attempt: Attempt) => Promise<Outcome> {
  const active = context.platforms.get(platform);
  if (!active) throw new Error(`No platform ${platform} is configured here.`);
  return async (attempt) => {
    const startedAt = Date.now();
    const started = performance.now();
    const { outcome, failure, error, results } = await carryOut(context, active, attempt).catch((thrown: unknown) => failed(attempt, thrown));
    const durationMs = performance.now() - started;
    const label = outcome.kind === 'settled' ? 'delivered' : outcome.verdict.action;
    context.metrics.attempts.inc({ platform, outcome: label });
    context.metrics.attemptSeconds.observe({ platform }, durationMs / 1000);
    if (outcome.kind === 'settled') {
      context.metrics.bridgeSeconds.observe({ source: attempt.delivery.event.source, target: platform }, (Date.now() - attempt.delivery.receivedAt) / 1000);
    }
    attemptLine(context.log, { attempt, durationMs, outcome: label, ...(failure ? { failure } : {}), ...(error ? { error } : {}) });
    return withJourney(context, attempt, { outcome, startedAt, results });
  };
}

interface Result {
  readonly outcome: Outcome;
  readonly results?: Results | { readonly nothing: string };
  readonly failure?: DeliveryFailure;
  readonly error?: DeliveryError;
}

async function carryOut(context: RoleContext, active: ActivePlatform, attempt: Attempt): Promise<Result> {
  const { delivery } = attempt;
  const source = { platform: delivery.event.source, conversation: delivery.event.channel.id, message: delivery.event.message };
  const target = { platform: delivery.platform, conversation: delivery.conversation };
  const copies = delivery.event.type === 'message.created' ? [] : await context.copies.copiesOf(source, target);
  const { sender } = active.instance;
  const planned = plan({
    event: delivery.event,
    capabilities: active.platform.capabilities,
    measure: (body) => sender.measure(body),
    impersonates: sender.impersonates(delivery.conversation),
    originName: displayNameOf(context.known, delivery.event.source),
    copies,
  });
  if ('nothing' in planned) return { outcome: { kind: 'settled' }, results: { nothing: planned.nothing } };
  const results = await runSteps({ sender, attempt, steps: planned.steps, done: loadResults(attempt.progress) });
  if (results === 'not-held') return { outcome: { kind: 'failed', verdict: { action: 'requeue' }, ambiguous: false, detail: 'the right to the conversation was lost before sending' } };
  return { outcome: { kind: 'settled', also: recordCopies(context, delivery, copiesAfter(delivery, copies, results)) }, results };
}

/** Which messages show the event after it: an edit keeps what it changed, loses what it removed and gains what it added. */
function copiesAfter(delivery: Delivery, before: readonly MessageId[], results: Results): readonly MessageId[] | undefined {
  if (delivery.event.type === 'message.created') return results.map((result) => result.message);
  if (delivery.event.type !== 'message.edited') return undefined;
  const removed = new Set(results.filter((result) => result.type === 'delete').map((result) => result.message));
  const added = results.filter((result) => result.type === 'send').map((result) => result.message);
  return [...before.filter((message) => !removed.has(message)), ...added];
}

function recordCopies(context: RoleContext, delivery: Delivery, messages: readonly MessageId[] | undefined): NonNullable<Outcome['also']> {
  return (transaction) => {
    if (!messages?.length) return;
    const { event, bridge, platform, conversation } = delivery;
    context.copies.record(transaction, {
      source: { platform: event.source, conversation: event.channel.id, message: event.message },
      bridge,
      target: { platform, conversation },
      messages,
    });
  };
}

/** Anything but a DeliveryError is a fault of ours: nothing says that the call was made or not, so it counts as ambiguous. */
function failed(attempt: Attempt, thrown: unknown): Result {
  const error = thrown instanceof DeliveryError ? thrown : new DeliveryError('The sender failed in an unexpected way; please report this.', { kind: 'ambiguous' });
  const { failure } = error;
  const decided = verdict(failure, { attempt: attempt.attempt, ageMs: attempt.ageMs, random: Math.random() });
  return { outcome: { kind: 'failed', verdict: decided, ambiguous: failure.kind === 'ambiguous', detail: error.message }, failure, error };
}

interface Noted {
  readonly outcome: Outcome;
  readonly startedAt: number;
  readonly results: Result['results'];
}

function withJourney(context: RoleContext, attempt: Attempt, { outcome, startedAt, results }: Noted): Outcome {
  const step = journeyStep(attempt, { outcome, startedAt, results });
  if (!step) return outcome;
  return {
    ...outcome,
    also: (transaction) => {
      outcome.also?.(transaction);
      context.journeys.step(transaction, step);
    },
  };
}

function journeyStep({ delivery, attempt }: Attempt, { outcome, startedAt, results }: Noted): JourneyStep | undefined {
  const { event, bridge, platform, conversation, receivedAt, routedAt } = delivery;
  const about = {
    event: event.id, eventKey: event.eventKey, type: event.type, bridge, target: { platform, conversation },
    at: Date.now(), receivedAt, routedAt, startedAt, attempt,
  };
  if (outcome.kind === 'failed') {
    if (outcome.verdict.action === 'requeue') return undefined;
    return { ...about, step: outcome.verdict.action === 'dead-letter' ? 'dead-lettered' : 'waiting', reason: outcome.detail };
  }
  if (results && 'nothing' in results) return { ...about, step: 'dropped', reason: results.nothing };
  const urls = results?.flatMap((result) => result.messageUrl ?? []) ?? [];
  return { ...about, step: 'delivered', messages: results?.map((result) => result.message) ?? [], ...(urls.length > 0 ? { messageUrls: urls } : {}) };
}
