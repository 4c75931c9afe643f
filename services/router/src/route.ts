import { type BridgeEvent, type Delivery, type InboundEnvelope, makeDelivery, route } from '@bridge/core';
import { type JourneyStep, type RoleContext, type Routed, testPlatform } from '@bridge/runtime';
import { locate } from './locate.ts';
import { testDeliveries } from './test-message.ts';

/** One decision about one event: where it goes, and what is noted about it. */
interface Decision {
  readonly deliveries: readonly Delivery[];
  readonly step?: JourneyStep;
}

/** The router's whole work: parse, guard against loops, find the bridge, make a delivery per target. */
export function createRoute(context: RoleContext): (envelope: InboundEnvelope) => Promise<Routed> {
  return async (envelope) => {
    const decisions = envelope.platform === testPlatform ? [testDeliveries(context, envelope)] : await decide(context, envelope);
    const steps = decisions.flatMap((decision) => decision.step ?? []);
    return {
      deliveries: decisions.flatMap((decision) => decision.deliveries),
      also: (transaction) => {
        for (const step of steps) context.journeys.step(transaction, step);
      },
    };
  };
}

async function decide(context: RoleContext, envelope: InboundEnvelope): Promise<readonly Decision[]> {
  const active = context.platforms.get(envelope.platform);
  // The platform was switched off with events still waiting: dropped by name rather than blocking its conversation for ever.
  if (!active) return [drop(context, envelope, 'platform-off')];
  const parsed = active.instance.parse(envelope);
  switch (parsed.kind) {
    case 'own':
      return [drop(context, envelope, 'own')];
    case 'dropped':
      return [drop(context, envelope, parsed.reason)];
    case 'events':
      return Promise.all(parsed.events.map((event) => decideEvent(context, envelope, event)));
  }
}

async function decideEvent(context: RoleContext, envelope: InboundEnvelope, unplaced: BridgeEvent): Promise<Decision> {
  const event = await locate(context, unplaced);
  if (event === 'copy') return drop(context, envelope, 'copy', unplaced);
  const { targets, dropped } = route(event, context.bridges.index());
  if (dropped !== undefined) return drop(context, envelope, dropped, event);
  const routedAt = Date.now();
  const deliveries = targets.map((target) => makeDelivery({ ...target, receivedAt: envelope.receivedAt, routedAt }));
  return { deliveries, step: { ...about(envelope, event), step: 'routed', at: routedAt, routedAt, targets: deliveries.map(({ platform, conversation }) => ({ platform, conversation })) } };
}

/** Reasons too common, or too plain, to be worth a line in the journeys. */
const unremarkable: ReadonlySet<string> = new Set(['own', 'not-bridged']);

function drop(context: RoleContext, envelope: InboundEnvelope, reason: string, event?: BridgeEvent): Decision {
  context.metrics.dropped.inc({ platform: envelope.platform, reason });
  context.log.debug({ platform: envelope.platform, eventKey: envelope.eventKey, reason }, 'event dropped');
  if (event === undefined || unremarkable.has(reason)) return { deliveries: [] };
  return { deliveries: [], step: { ...about(envelope, event), step: 'dropped', at: Date.now(), reason } };
}

function about(envelope: InboundEnvelope, event: BridgeEvent) {
  return { event: event.id, eventKey: event.eventKey, type: event.type, receivedAt: envelope.receivedAt };
}
