import type { Command } from '@bridge/core';

type Step = Pick<Command, 'delivery' | 'step'>;
type Authored = Extract<Command, { type: 'send' | 'edit' }>;

/**
 * What the bridge writes into `data.metadata` of each message. It tells our own messages when they come back as webhooks,
 * also before the call that sent them is answered; it tells another bridge program in the same group that the message is
 * a copy, and of which platform; and by it a send is found again whose answer was lost.
 */
export const markOf = ({ delivery, step, origin }: Pick<Authored, 'delivery' | 'step' | 'origin'>) => ({
  bridge: { v: 1, delivery, step, origin },
});

/** The sender's own id of a message. CometChat is not known to refuse a second one. */
export const muidOf = ({ delivery, step }: Step): string => `${delivery}-${step}`;

/** What all of the bridge's messages are tagged with, and the tag that one of them has alone. */
export const tagsOf = (step: Step): readonly [string, string] => ['bridge', `bridge-${muidOf(step)}`];

type Metadata = Readonly<Record<string, unknown>> | undefined;

function markIn(metadata: Metadata): Readonly<Record<string, unknown>> | undefined {
  const mark = metadata?.['bridge'];
  return typeof mark === 'object' && mark !== null && 'delivery' in mark ? { ...mark } : undefined;
}

/** Whether a bridge wrote the message: this one, or another program of its kind. */
export const isMarked = (metadata: Metadata): boolean => markIn(metadata) !== undefined;

/** Whether the message is what this very step sent. One that was deleted since has lost its metadata, but not its muid. */
export function isMarkedAs(message: { readonly muid?: string | undefined; readonly metadata: Metadata }, step: Step): boolean {
  const mark = markIn(message.metadata);
  return message.muid === muidOf(step) || (mark?.['delivery'] === step.delivery && mark['step'] === step.step);
}
