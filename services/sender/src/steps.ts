import {
  type Author,
  type Command,
  type ConversationId,
  type Copy,
  DeliveryError,
  type OutgoingFile,
  type PlannedStep,
  type Receipt,
  type Sender,
  isBlank,
  whileOurs,
} from '@bridge/core';
import { type Attempt, inSpan } from '@bridge/runtime';
import type { Limited, Outgoing } from './outgoing.ts';
import { type Progress, type StepResult, storedProgress } from './progress.ts';

export interface StepsOptions {
  readonly sender: Sender;
  readonly attempt: Attempt;
  /** The id under which the target goes on now. */
  readonly conversation: ConversationId;
  readonly outgoing: Outgoing;
  readonly steps: readonly PlannedStep[];
  /** The event's, with a picture that the target can fetch. */
  readonly author: Author;
  /** What earlier attempts have done; grows by each step done here, so that it is known also when a later one throws. */
  readonly progress: Progress;
  /** An attachment of the event, by index, as the sender takes it. */
  fileAt(index: number): Promise<OutgoingFile | undefined>;
}

/**
 * Carries out what is left of a delivery, one call after another. Each finished step is stored before the next begins, so
 * that an attempt after a crash goes on instead of starting over.
 * @throws {DeliveryError | MediaError} of the step that failed.
 */
export async function runSteps(options: StepsOptions): Promise<'done' | 'not-held' | Limited> {
  const { sender, attempt, outgoing, steps, progress } = options;
  const { results } = progress;
  const first = results.length;
  for (const [index, step] of steps.entries()) {
    if (index < first) continue;
    if (step.type === 'skip') {
      results.push({ type: 'skip' });
      continue;
    }
    if (!attempt.held()) return 'not-held';
    const limited = await outgoing.wait(index);
    if (limited !== undefined) return limited;
    const files = await filesOf(options, step);
    // Asking took its time.
    if (!attempt.held()) return 'not-held';
    // Only the first step of an attempt can have been begun by an earlier one.
    const ambiguous = attempt.ambiguous && index === first;
    const call = {
      name: `call ${step.type}`,
      kind: 'client',
      attributes: { delivery: attempt.delivery.id, step: index, ambiguous },
    } as const;
    const deliver = () => sender.deliver(command(options, { step, index, ambiguous, files }), attempt.signal);
    const receipt = await inSpan(call, () =>
      whileOurs(() => attempt.held(), deliver).catch((error: unknown) => settledAsGone(step, error)),
    );
    outgoing.answered(receipt);
    results.push(result(options, step, receipt));
    if (index < steps.length - 1) await attempt.saveProgress(storedProgress(progress));
  }
  return 'done';
}

type DoneStep = Exclude<PlannedStep, { type: 'skip' }>;

interface Numbered {
  readonly step: DoneStep;
  readonly index: number;
  readonly ambiguous: boolean;
  readonly files: readonly OutgoingFile[];
}

async function filesOf({ fileAt }: StepsOptions, step: DoneStep): Promise<readonly OutgoingFile[]> {
  const found = step.type === 'send' ? await Promise.all(step.files.map((index) => fileAt(index))) : [];
  return found.filter((file) => file !== undefined);
}

function command(
  { attempt: { delivery, ageMs }, conversation, author }: StepsOptions,
  { step, index, ambiguous, files }: Numbered,
): Command {
  const { source } = delivery.event;
  const previews = delivery.show?.linkPreviews === false ? { linkPreviews: false } : {};
  const begunAt = Date.now() - ageMs;
  const base = { delivery: delivery.id, step: index, conversation, ambiguous, begunAt };
  switch (step.type) {
    case 'send':
      return { ...base, ...previews, ...step, author, origin: source, files };
    case 'edit':
      return { ...base, ...previews, ...step, author, origin: source };
    case 'react':
      return { ...base, ...step, author, origin: source };
    case 'delete':
      return { ...base, ...step };
  }
}

/** What is done to a message that somebody deleted is done: nobody could do more about it. */
function settledAsGone(step: DoneStep, error: unknown): Receipt & { readonly gone: true } {
  const isGone = error instanceof DeliveryError && error.failure.kind === 'permanent' && error.failure.reason === 'message-gone';
  if (step.type === 'send' || !isGone) throw error;
  return { message: step.message, gone: true };
}

type Done = Receipt & { readonly gone?: true };

function result({ attempt, conversation }: StepsOptions, step: DoneStep, { message, also, messageUrl, gone }: Done): StepResult {
  return {
    type: step.type,
    message,
    ...(gone === true ? { gone } : {}),
    ...(step.type === 'send' ? { shows: shownBy(step) } : {}),
    ...(also === undefined || also.length === 0 ? {} : { also }),
    ...(messageUrl === undefined ? {} : { messageUrl }),
    ...(conversation === attempt.delivery.conversation ? {} : { conversation }),
  };
}

function shownBy({ files, body }: Extract<PlannedStep, { type: 'send' }>): Copy['shows'] {
  if (files.length === 0) return 'text';
  return isBlank(body) ? 'file' : 'caption';
}
