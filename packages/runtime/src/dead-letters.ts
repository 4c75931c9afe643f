import { deliverySchema } from '@bridge/core';
import type { DeadLetter, DeadLetterDesk, LetterRef, Settled } from '@bridge/queue';
import type { JourneyStep, Journeys } from '@bridge/store';

/** What it takes to settle dead letters so that their journeys tell it. */
export interface LetterTools {
  readonly desk: DeadLetterDesk;
  readonly journeys: Journeys;
}

/** Puts dead letters back at the end of their conversations, or removes them, and notes that in their journeys. */
export function settleLetters(tools: LetterTools, act: 'retry' | 'discard', refs: readonly LetterRef[]): Promise<Settled> {
  return tools.desk[act](refs, (transaction, letter) => {
    const step = stepOf(letter, act === 'retry' ? 'retried' : 'discarded');
    if (step !== undefined) tools.journeys.step(transaction, step);
  });
}

/** An event that could not even be routed has no journey. */
function stepOf({ message, attempts }: DeadLetter, step: JourneyStep['step']): JourneyStep | undefined {
  const delivery = deliverySchema.safeParse(message).data;
  if (delivery === undefined) return undefined;
  const { event, bridge, platform, conversation, receivedAt, routedAt } = delivery;
  return {
    event: event.id,
    eventKey: event.eventKey,
    type: event.type,
    step,
    source: { platform: event.source, conversation: event.channel.id },
    bridge,
    target: { platform, conversation },
    at: Date.now(),
    receivedAt,
    routedAt,
    attempt: attempts,
    reason: 'by a person',
  };
}
