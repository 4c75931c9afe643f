import type { BridgeEvent, Delivery, InboundEnvelope } from '@bridge/core';
import { type JourneyStep, type RoleContext, type Routed, fingerprint } from '@bridge/runtime';

type Also = NonNullable<Routed['also']>;

/** What is decided about one event: where it goes, and what is noted about it. */
export interface Decision {
  readonly deliveries: readonly Delivery[];
  readonly step?: JourneyStep;
  /** How many of the events behind it are part of it. */
  readonly gathered?: number;
  /** What is written down in the transaction that moves the event on. */
  readonly also?: Also;
}

/** Something that cannot be routed as things are: it waits among the dead letters until a person mends the cause. */
export interface Unroutable {
  /** A short constant. */
  readonly reason: string;
  /** A sentence that says how to mend it. */
  readonly detail: string;
}

const about = (envelope: InboundEnvelope, event: BridgeEvent) => ({
  event: event.id,
  eventKey: event.eventKey,
  type: event.type,
  source: { platform: event.source, conversation: event.channel.id },
  receivedAt: envelope.receivedAt,
});

const textHashOf = ({ content }: BridgeEvent) => {
  const textHash = fingerprint(content.text);
  return textHash === undefined ? {} : { textHash };
};

/** The event goes to these. */
export function routed(
  envelope: InboundEnvelope,
  event: BridgeEvent,
  to: { readonly deliveries: readonly Delivery[]; readonly at: number; readonly also?: Also },
): Decision {
  const { deliveries, at, also } = to;
  const targets = deliveries.map(({ platform, conversation }) => ({ platform, conversation }));
  const bridges = [...new Set(deliveries.map(({ bridge }) => bridge))];
  const step = { ...about(envelope, event), step: 'routed', at, routedAt: at, targets, bridges, ...textHashOf(event) } as const;
  return { deliveries, step, ...(also === undefined ? {} : { also }) };
}

/** Reasons too common, or too plain, to be worth a line in the journeys. */
const unremarkable: ReadonlySet<string> = new Set(['own', 'not-bridged']);

/** The event goes nowhere, by a written rule; counted, and noted where somebody may wonder. */
export function dropped(
  context: RoleContext,
  envelope: InboundEnvelope,
  why: { readonly reason: string; readonly event?: BridgeEvent },
): Decision {
  const { platform, eventKey } = envelope;
  const { reason, event } = why;
  context.metrics.dropped.inc({ platform, reason });
  context.log.debug({ platform, eventKey, reason }, 'event dropped');
  if (event === undefined || unremarkable.has(reason)) return { deliveries: [] };
  return { deliveries: [], step: { ...about(envelope, event), step: 'dropped', at: Date.now(), reason } };
}
