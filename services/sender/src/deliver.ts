import {
  type MessageId,
  type Plan,
  type PlatformId,
  type RetryPolicy,
  DeliveryError,
  defaultRetryPolicy,
  plan,
  verdict,
} from '@bridge/core';
import { type ActivePlatform, type Attempt, type Outcome, type RoleContext, displayNameOf } from '@bridge/runtime';
import { attemptLine } from './attempt-line.ts';
import { withRecords } from './records.ts';
import { type StepResult, loadResults, runSteps } from './steps.ts';

/** Makes the handler that the queue calls with the head of a conversation. It never throws: every end is an outcome. */
export function createDeliver(context: RoleContext, platform: PlatformId): (attempt: Attempt) => Promise<Outcome> {
  const active = context.platforms.get(platform);
  if (!active) throw new Error(`No platform ${platform} is configured here.`);
  return async (attempt) => {
    const startedAt = Date.now();
    const started = performance.now();
    const done = await carryOut(context, active, attempt);
    const durationMs = performance.now() - started;
    tell(context, attempt, { ...done, durationMs });
    return withRecords(context, attempt, { ...done, startedAt });
  };
}

interface Done {
  readonly outcome: Outcome;
  readonly results: StepResult[];
  readonly before: readonly MessageId[];
  readonly nothing?: string;
  readonly error?: DeliveryError;
}

async function carryOut(context: RoleContext, active: ActivePlatform, attempt: Attempt): Promise<Done> {
  const work: { results: StepResult[]; before: readonly MessageId[] } = { results: [], before: [] };
  try {
    work.before = await copiesBefore(context, attempt);
    const planned = planFor(context, active, { attempt, copies: work.before });
    if ('nothing' in planned) return { ...work, outcome: { kind: 'settled' }, nothing: planned.nothing };
    work.results = [...loadResults(attempt.progress)];
    const { sender } = active.instance;
    const ended = await runSteps({ sender, attempt, steps: planned.steps, results: work.results });
    return { ...work, outcome: ended === 'done' ? { kind: 'settled' } : lost };
  } catch (error) {
    return { ...work, ...failed(context, attempt, error) };
  }
}

const lost: Outcome = {
  kind: 'failed',
  verdict: { action: 'requeue' },
  ambiguous: false,
  detail: 'the right to the conversation was lost before sending',
};

/** Nothing has been sent yet, so whatever goes wrong here can be tried again without a doubt. */
async function copiesBefore(context: RoleContext, { delivery }: Attempt): Promise<readonly MessageId[]> {
  const { event, platform, conversation } = delivery;
  if (event.type === 'message.created') return [];
  try {
    const message = { platform: event.source, conversation: event.channel.id, message: event.message };
    return await context.copies.copiesOf(message, { platform, conversation });
  } catch (error) {
    context.log.warn({ delivery: delivery.id, err: error }, 'the copies of a message could not be looked up');
    throw new DeliveryError('Redis did not say what the copies of the message are; it is asked again.', { kind: 'transient' });
  }
}

function planFor(
  context: RoleContext,
  active: ActivePlatform,
  what: { readonly attempt: Attempt; readonly copies: readonly MessageId[] },
): Plan {
  const { delivery } = what.attempt;
  const { sender } = active.instance;
  try {
    return plan({
      event: delivery.event,
      capabilities: active.platform.capabilities,
      measure: (body) => sender.measure(body),
      impersonates: sender.impersonates(delivery.conversation),
      originName: displayNameOf(context.known, delivery.event.source),
      copies: what.copies,
    });
  } catch (error) {
    // Planning is pure: it would fail the same way for ever, with everything behind it waiting.
    context.log.error({ delivery: delivery.id, err: error }, 'a delivery could not be planned');
    throw new DeliveryError('The message could not be prepared; report this, and retry it with a version that mends it.', {
      kind: 'permanent',
      reason: 'invalid',
    });
  }
}

/** A fault of ours is likely to happen again: tried for a minute or two, not for the day that an outage is waited out. */
const unexpectedPolicy: RetryPolicy = { ...defaultRetryPolicy, maxAgeMs: 60_000 };

function failed(context: RoleContext, attempt: Attempt, thrown: unknown): { readonly outcome: Outcome; readonly error: DeliveryError } {
  const expected = thrown instanceof DeliveryError;
  if (!expected) context.log.error({ delivery: attempt.delivery.id, err: thrown }, 'the sender failed in an unexpected way');
  // Nothing says whether the call was made, so it counts as ambiguous.
  const error = expected
    ? thrown
    : new DeliveryError('The sender failed in an unexpected way; please report what the log says.', { kind: 'ambiguous' });
  const { failure, message } = error;
  const state = { attempt: attempt.attempt, ageMs: attempt.ageMs, random: Math.random() };
  const decided = verdict(failure, state, expected ? defaultRetryPolicy : unexpectedPolicy);
  return { outcome: { kind: 'failed', verdict: decided, ambiguous: failure.kind === 'ambiguous', detail: message }, error };
}

function tell(context: RoleContext, attempt: Attempt, done: Done & { readonly durationMs: number }): void {
  const { outcome, results, durationMs, nothing, error } = done;
  const { platform, receivedAt, event } = attempt.delivery;
  const label = nothing !== undefined ? 'nothing' : outcome.kind === 'settled' ? 'delivered' : outcome.verdict.action;
  context.metrics.attempts.inc({ platform, outcome: label });
  context.metrics.attemptSeconds.observe({ platform }, durationMs / 1000);
  if (label === 'delivered')
    context.metrics.bridgeSeconds.observe({ source: event.source, target: platform }, (Date.now() - receivedAt) / 1000);
  attemptLine(context.log, {
    attempt,
    durationMs,
    outcome: label,
    steps: results.length,
    ...(nothing === undefined ? {} : { nothing }),
    ...(error === undefined ? {} : { error }),
    ...(outcome.kind === 'failed' && 'delayMs' in outcome.verdict ? { delayMs: outcome.verdict.delayMs } : {}),
  });
}
