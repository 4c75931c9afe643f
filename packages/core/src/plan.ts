import type { Capabilities } from './capabilities.ts';
import { degrade, degradeFormatting, isShown, withLabel } from './degrade.ts';
import type { MessageId } from './ids.ts';
import { authorLabel } from './label.ts';
import type { BridgeEvent } from './message.ts';
import { isBlank, paragraphs } from './plain-text.ts';
import type { Body } from './rich-text.ts';
import { splitBody } from './split.ts';

/** One effect of a delivery; becomes a `Command` with the delivery's id and the step's index. */
export type PlannedStep =
  | { readonly type: 'send'; readonly body: Body; readonly label: string }
  | { readonly type: 'edit'; readonly message: MessageId; readonly body: Body; readonly label: string }
  | { readonly type: 'delete'; readonly message: MessageId };

/** Why a delivery has no effect on its target: a short constant, for counting and for `bridge trace`. */
export type NothingReason = 'empty' | 'original-not-copied' | 'edits-not-supported' | 'deletes-not-supported' | 'reactions-not-supported';
export type Plan = { readonly steps: readonly PlannedStep[] } | { readonly nothing: NothingReason };

export interface PlanInput {
  readonly event: BridgeEvent;
  /** The target's. */
  readonly capabilities: Capabilities;
  /** `Sender.measure` of the target. */
  measure(body: Body): number;
  /** `Sender.impersonates` of the target conversation: without it the label goes into the first part. */
  readonly impersonates: boolean;
  /** Display name of the platform that the event comes from. */
  readonly originName: string;
  /** What stands in the target conversation for the event's message already, in order. */
  readonly copies: readonly MessageId[];
}

/** The bodies that tell something on the target, each short enough for one message; none when there is nothing to see. */
function partsOf(body: Body, label: string, input: PlanInput): readonly Body[] {
  if (isBlank(body)) return [];
  const { formatting, maxLength } = input.capabilities.text;
  const labelled = input.impersonates ? body : withLabel(body, label);
  return splitBody(degradeFormatting(labelled, formatting), { fits: (part) => input.measure(part) <= maxLength });
}

function sends(body: Body, input: PlanInput): Plan {
  const label = authorLabel(input.event.author, input.originName);
  const steps = partsOf(body, label, input).map((part): PlannedStep => ({ type: 'send', body: part, label }));
  return steps.length === 0 ? { nothing: 'empty' } : { steps };
}

const contentOf = (input: PlanInput): Body => degrade(input.event, input.capabilities, { bodyOnly: true }).body;

/** A copy that an edit has no more text for: taken away where the target can do that, else blanked in words. */
function surplusStep(message: MessageId, label: string, input: PlanInput): PlannedStep {
  return isShown(input.capabilities.delete) ? { type: 'delete', message } : { type: 'edit', message, body: paragraphs('(removed)'), label };
}

function planEdit(input: PlanInput): Plan {
  const { edit } = input.capabilities;
  if (input.copies.length === 0) return { nothing: 'original-not-copied' };
  if (edit === 'none') return { nothing: 'edits-not-supported' };
  const body = contentOf(input);
  if (isBlank(body)) return { nothing: 'empty' };
  if (edit === 'text') return sends([...paragraphs('edited a message:'), ...body], input);
  const label = authorLabel(input.event.author, input.originName);
  const parts = partsOf(body, label, input);
  const changed = parts.map((part, index): PlannedStep => {
    const message = input.copies[index];
    return message === undefined ? { type: 'send', body: part, label } : { type: 'edit', message, body: part, label };
  });
  return { steps: [...changed, ...input.copies.slice(parts.length).map((message) => surplusStep(message, label, input))] };
}

function planDelete(input: PlanInput): Plan {
  if (input.copies.length === 0) return { nothing: 'original-not-copied' };
  if (isShown(input.capabilities.delete)) return { steps: input.copies.map((message) => ({ type: 'delete', message })) };
  return input.capabilities.delete === 'text' ? sends(paragraphs('deleted a message'), input) : { nothing: 'deletes-not-supported' };
}

/**
 * The steps that carry one delivery out on its target, or why there are none. Pure: the same input gives the same
 * steps, so a delivery that was interrupted goes on where it stopped, as long as it is given the same `copies`.
 */
export function plan(input: PlanInput): Plan {
  switch (input.event.type) {
    case 'message.created':
      return sends(contentOf(input), input);
    case 'message.edited':
      return planEdit(input);
    case 'message.deleted':
      return planDelete(input);
    case 'reaction.added':
    case 'reaction.removed':
      return input.capabilities.reactions === 'none' ? { nothing: 'reactions-not-supported' } : sends(contentOf(input), input);
  }
}
