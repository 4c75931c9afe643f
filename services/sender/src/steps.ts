import { type Command, type MessageId, type PlannedStep, type Receipt, type Sender, messageId } from '@bridge/core';
import type { Attempt } from '@bridge/runtime';
import { z } from 'zod';

/** What each finished step of a delivery did. */
export type Results = readonly StepResult[];
export interface StepResult {
  readonly type: PlannedStep['type'];
  readonly message: MessageId;
  readonly messageUrl?: string;
}

const progressSchema = z.array(
  z.object({ type: z.enum(['send', 'edit', 'delete']), message: z.string().transform(messageId), messageUrl: z.string().exactOptional() }),
);

/** What earlier attempts at this delivery have already done. */
export function loadResults(progress: string | undefined): Results {
  return progress === undefined ? [] : progressSchema.parse(JSON.parse(progress));
}

export interface StepsOptions {
  readonly sender: Sender;
  readonly attempt: Attempt;
  readonly steps: readonly PlannedStep[];
  /** What earlier attempts have done; grows by each step done here, so that it is known also when a later one throws. */
  readonly results: StepResult[];
}

/**
 * Carries out what is left of a delivery, one call after another. Each finished step is stored before the next begins, so
 * that an attempt after a crash goes on instead of starting over.
 * @throws {DeliveryError} of the step that failed.
 */
export async function runSteps({ sender, attempt, steps, results }: StepsOptions): Promise<'done' | 'not-held'> {
  const first = results.length;
  for (const [index, step] of steps.entries()) {
    if (index < first) continue;
    if (!attempt.held()) return 'not-held';
    // Only the first step of an attempt can have been begun by an earlier one.
    const ambiguous = attempt.ambiguous && index === first;
    const receipt = await sender.deliver(command(attempt, { step, index, ambiguous }), attempt.signal);
    results.push(result(step, receipt));
    if (index < steps.length - 1) await attempt.saveProgress(JSON.stringify(results));
  }
  return 'done';
}

function command({ delivery }: Attempt, { step, index, ambiguous }: { step: PlannedStep; index: number; ambiguous: boolean }): Command {
  const { event } = delivery;
  const base = { delivery: delivery.id, step: index, conversation: delivery.conversation, ambiguous };
  if (step.type === 'delete') return { ...base, type: 'delete', message: step.message };
  const shown = { author: event.author, origin: event.source, label: step.label, body: step.body };
  return step.type === 'send' ? { ...base, type: 'send', ...shown } : { ...base, type: 'edit', message: step.message, ...shown };
}

function result(step: PlannedStep, receipt: Receipt): StepResult {
  return { type: step.type, message: receipt.message, ...(receipt.messageUrl === undefined ? {} : { messageUrl: receipt.messageUrl }) };
}
