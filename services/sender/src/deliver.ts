import {
  type Capabilities,
  type ConversationId,
  type DeliveryError as Failure,
  type MessageRef,
  type NothingReason,
  type Plan,
  type PlanInput,
  type PlatformId,
  type RetryPolicy,
  type Verdict,
  DeliveryError,
  MediaError,
  conversationId,
  defaultRetryPolicy,
  plan,
  verdict,
} from '@bridge/core';
import {
  type ActivePlatform,
  type Attempt,
  type OpenSpan,
  type Outcome,
  type RoleContext,
  displayNameOf,
  inSpan,
  mediaFailure,
  tellMove,
} from '@bridge/runtime';
import { attemptLine } from './attempt-line.ts';
import { spanOf } from './attempt-span.ts';
import { capabilitiesIn } from './file-limits.ts';
import { type Lookups, lookUp } from './lookups.ts';
import { type Outgoing, createOutgoing, limitedOutcome } from './outgoing.ts';
import { type Progress, loadProgress, storedProgress } from './progress.ts';
import { withRecords } from './records.ts';
import { runSteps } from './steps.ts';

/** Makes the handler that the queue calls with the head of a conversation. It never throws: every end is an outcome. */
export function createDeliver(context: RoleContext, platform: PlatformId): (attempt: Attempt) => Promise<Outcome> {
  const active = context.platforms.get(platform);
  if (!active) throw new Error(`No platform ${platform} is configured here.`);
  return (attempt) => inSpan(spanOf(attempt), (span) => deliver(context, active, { attempt, span }));
}

interface Delivering {
  readonly attempt: Attempt;
  readonly span: OpenSpan;
}

async function deliver(context: RoleContext, active: ActivePlatform, { attempt, span }: Delivering): Promise<Outcome> {
  const startedAt = Date.now();
  const started = performance.now();
  const done = await carryOut(context, active, attempt);
  const durationMs = performance.now() - started;
  span.set({ outcome: labelOf(done) });
  if (done.error !== undefined) span.fail(done.error.message);
  tell(context, attempt, { ...done, durationMs });
  await follow(context, attempt, done);
  return withRecords(context, attempt, { ...done, startedAt });
}

/** What is known of an attempt, however it ends. */
interface Work {
  progress: Progress;
  before: Lookups['copies'];
  original?: MessageRef;
  /** The id under which the target goes on now. */
  conversation: ConversationId;
}

interface Done extends Readonly<Work> {
  readonly outcome: Outcome;
  readonly nothing?: string;
  readonly error?: Failure;
}

async function carryOut(context: RoleContext, active: ActivePlatform, attempt: Attempt): Promise<Done> {
  const { conversation } = attempt.delivery;
  const work: Work = { progress: loadProgress(undefined), before: [], conversation };
  try {
    const found = await lookUp(context, attempt);
    work.before = found.copies;
    if (found.original !== undefined) work.original = found.original;
    work.conversation = found.conversation;
    work.progress = loadProgress(attempt.progress);
    const outgoing = createOutgoing(context, { active, attempt, conversation: found.conversation });
    const capabilities = await capabilitiesIn(active, attempt, found.conversation);
    for (;;) {
      const planned = planFor(context, active, { attempt, found, capabilities, unavailable: work.progress.unavailable });
      if ('nothing' in planned) return { ...work, outcome: { kind: 'settled' }, nothing: whyNothing(planned.nothing, found) };
      refuseDoubt(active, attempt);
      const ended = await stepsOf(context, active, {
        attempt,
        ...found,
        capabilities,
        outgoing,
        steps: planned.steps,
        progress: work.progress,
      });
      if (ended === 'replan') continue;
      return { ...work, outcome: outcomeOf(ended), ...(ended === 'done' && allGone(work.progress) ? { nothing: copyGone } : {}) };
    }
  } catch (error) {
    return { ...work, ...failed(context, { active, attempt }, error) };
  }
}

const copyGone: NothingReason = 'copy-gone';

const whyNothing = (reason: NothingReason, { gone }: Lookups): NothingReason =>
  reason === 'original-not-copied' && gone === true ? copyGone : reason;

/** Somebody had deleted every message that was to be changed. */
function allGone({ results }: Progress): boolean {
  const acted = results.filter(({ type }) => type !== 'skip');
  return acted.length > 0 && acted.every(({ gone }) => gone === true);
}

/** Says that the conversation goes on elsewhere; the move itself is written down with the end of the attempt. */
async function follow(context: RoleContext, { delivery: { platform, id } }: Attempt, { outcome, conversation }: Done): Promise<void> {
  if (outcome.kind !== 'failed' || outcome.verdict.action !== 'move-conversation') return;
  await tellMove(context, { platform, conversation }, conversationId(outcome.verdict.to)).catch((error: unknown) =>
    context.log.warn({ delivery: id, err: error }, 'whether a move is known already could not be asked'),
  );
}

/** Where the operator wants a dead letter rather than a possible second copy, an attempt in doubt is not repeated. */
function refuseDoubt({ instance }: ActivePlatform, { ambiguous, delivery }: Attempt): void {
  const posts = delivery.event.type === 'message.created';
  if (ambiguous && posts && instance.sender.retryAmbiguous === false)
    throw new DeliveryError('An earlier attempt may have arrived; look for it in the chat, then discard this or retry it.', {
      kind: 'ambiguous',
    });
}

type Ended = Awaited<ReturnType<typeof runSteps>>;

function outcomeOf(ended: Ended): Outcome {
  if (ended === 'done') return { kind: 'settled' };
  return ended === 'not-held' ? lost : limitedOutcome(ended);
}

interface Planned {
  readonly attempt: Attempt;
  readonly conversation: ConversationId;
  readonly outgoing: Outgoing;
  readonly steps: Extract<Plan, { steps: unknown }>['steps'];
  readonly progress: Progress;
  /** The target's, in this conversation. */
  readonly capabilities: Capabilities;
}

/** Runs the steps; a file that cannot be had is told in words instead, which makes another plan. */
async function stepsOf(
  context: RoleContext,
  { instance }: ActivePlatform,
  { capabilities: target, ...planned }: Planned,
): Promise<Ended | 'replan'> {
  const { attempt, progress } = planned;
  const { source, content, author } = attempt.delivery.event;
  let opened = -1;
  try {
    return await runSteps({
      sender: instance.sender,
      ...planned,
      author: context.media.withAvatar(source, author),
      fileAt: async (index) => {
        const attachment = content.attachments[index];
        if (attachment === undefined) return undefined;
        const file = await context.media.outgoing(source, attachment, { target, signal: attempt.signal });
        return {
          ...file,
          open: async (signal) => {
            opened = index;
            return file.open(signal);
          },
        };
      },
    });
  } catch (error) {
    if (!(error instanceof MediaError) || opened < 0) throw error;
    const failure = mediaFailure(error);
    if (failure instanceof DeliveryError) throw failure;
    progress.unavailable.set(opened, failure.words);
    await attempt.saveProgress(storedProgress(progress));
    return 'replan';
  }
}

const lost: Outcome = {
  kind: 'failed',
  verdict: { action: 'requeue' },
  ambiguous: false,
  detail: 'the right to the conversation was lost before sending',
};

interface Known {
  readonly attempt: Attempt;
  readonly found: Lookups;
  readonly capabilities: Capabilities;
  readonly unavailable: Progress['unavailable'];
}

function planFor(context: RoleContext, active: ActivePlatform, known: Known): Plan {
  const { delivery } = known.attempt;
  try {
    return plan(planInput(context, active, known));
  } catch (error) {
    // Planning is pure: it would fail the same way for ever, with everything behind it waiting.
    context.log.error({ delivery: delivery.id, err: error }, 'a delivery could not be planned');
    throw new DeliveryError('The message could not be prepared; report this, and retry it with a version that mends it.', {
      kind: 'permanent',
      reason: 'invalid',
    });
  }
}

function planInput(context: RoleContext, { instance }: ActivePlatform, { attempt, found, capabilities, unavailable }: Known): PlanInput {
  const { event, bridge, show } = attempt.delivery;
  const { conversation } = found;
  const { sender } = instance;
  return {
    event,
    capabilities: { ...capabilities, reactionsBy: sender.reactionsBy?.(conversation) ?? capabilities.reactionsBy },
    measure: (body) => sender.measure(body),
    impersonates: sender.impersonates(conversation),
    replies: sender.replies?.(conversation) ?? (capabilities.reply === 'full' || capabilities.reply === 'partial'),
    originName: displayNameOf(context.known, event.source),
    platformNames: context.known.map(({ displayName }) => displayName),
    bridge,
    ...(show === undefined ? {} : { show }),
    ...found,
    unavailable,
    linkTo: (message) => sender.linkTo?.(conversation, message),
    linkOf: (index) => {
      const attachment = event.content.attachments[index];
      return attachment === undefined ? undefined : context.media.link(event.source, attachment, capabilities);
    },
  };
}

/** A fault of ours is likely to happen again: tried for a minute or two, not for the day that an outage is waited out. */
const unexpectedPolicy: RetryPolicy = { ...defaultRetryPolicy, maxAgeMs: 60_000 };

function failed(
  context: RoleContext,
  { active, attempt }: { readonly active: ActivePlatform; readonly attempt: Attempt },
  thrown: unknown,
): { readonly outcome: Outcome; readonly error: Failure } {
  const expected = thrown instanceof DeliveryError;
  if (!expected) context.log.error({ delivery: attempt.delivery.id, err: thrown }, 'the sender failed in an unexpected way');
  // Nothing says whether the call was made, so it counts as ambiguous.
  const error = expected
    ? thrown
    : new DeliveryError('The sender failed in an unexpected way; please report what the log says.', { kind: 'ambiguous' });
  const { failure, message, answer } = error;
  const state = { attempt: attempt.attempt, ageMs: attempt.ageMs, random: Math.random() };
  const retryAmbiguous = active.instance.sender.retryAmbiguous ?? true;
  const decided = settledDown(
    state.attempt,
    verdict(failure, state, { ...(expected ? defaultRetryPolicy : unexpectedPolicy), retryAmbiguous }),
  );
  return { outcome: { kind: 'failed', verdict: decided, ambiguous: failure.kind === 'ambiguous', detail: message, answer }, error };
}

/** One move leads to one more attempt, unless the platform sends us round in circles. */
const mostMoves = 10;
const settledDown = (attempt: number, decided: Verdict): Verdict =>
  decided.action === 'move-conversation' && attempt >= mostMoves ? { action: 'dead-letter', reason: decided.reason } : decided;

/** What became of it, for the log, the metrics and the trace alike. */
function labelOf({ outcome, nothing }: Done): string {
  if (nothing !== undefined) return 'nothing';
  if (outcome.kind === 'settled') return 'delivered';
  return outcome.unasked === true ? 'limited' : outcome.verdict.action;
}

function tell(context: RoleContext, attempt: Attempt, done: Done & { readonly durationMs: number }): void {
  const { outcome, progress, durationMs, nothing, error } = done;
  const { platform, receivedAt, event } = attempt.delivery;
  if (outcome.kind === 'failed' && outcome.unasked === true) {
    // Nothing was attempted, and on a busy day this comes with every message.
    context.metrics.limited.inc({ platform });
    context.log.debug({ delivery: attempt.delivery.id, detail: outcome.detail }, 'delivery waits for an outgoing limit');
    return;
  }
  const label = labelOf(done);
  context.metrics.attempts.inc({ platform, outcome: label });
  context.metrics.attemptSeconds.observe({ platform }, durationMs / 1000);
  if (label === 'delivered')
    context.metrics.bridgeSeconds.observe({ source: event.source, target: platform }, (Date.now() - receivedAt) / 1000);
  attemptLine(context.log, {
    attempt,
    durationMs,
    outcome: label,
    steps: progress.results.length,
    ...(nothing === undefined ? {} : { nothing }),
    ...(error === undefined ? {} : { error }),
    ...(outcome.kind === 'failed' && 'delayMs' in outcome.verdict ? { delayMs: outcome.verdict.delayMs } : {}),
  });
}
