import { type BridgeEvent, type InboundEnvelope, type Parsed, eventSchema, makeDelivery, route } from '@bridge/core';
import {
  type ActivePlatform,
  type OpenSpan,
  type RoleContext,
  type Routed,
  type Surroundings,
  inSpan,
  tellMove,
  testPlatform,
} from '@bridge/runtime';
import { takenBack } from './cleared.ts';
import { type Decision, type Unroutable, dropped, routed } from './decision.ts';
import { type AlbumSurroundings, type GatherInput, gather, usualPatience } from './gather.ts';
import { locate, patience } from './locate.ts';
import { decideTest } from './test-message.ts';

/**
 * The router's whole work: parse, guard against loops, find the bridge, make a delivery per target.
 * Throws only when Redis cannot be asked, which is tried again.
 */
export function createRoute(
  context: RoleContext,
  albums = usualPatience,
): (envelope: InboundEnvelope, around: Surroundings) => Promise<Routed> {
  return (envelope, around) => {
    const { platform: source, eventKey, traceparent: parent } = envelope;
    const attributes = { source, eventKey };
    return inSpan({ name: 'route', kind: 'consumer', parent, attributes }, async (span) =>
      traced(span, await routeOne(context, envelope, { ...around, albums })),
    );
  };
}

async function routeOne(context: RoleContext, envelope: InboundEnvelope, around: AlbumSurroundings): Promise<Routed> {
  const decided = envelope.platform === testPlatform ? decideTest(context, envelope) : await decide(context, envelope, around);
  if ('reason' in decided) return dead(context, envelope, decided);
  if ('waitMs' in decided) return { deliveries: [], waitMs: decided.waitMs };
  return {
    deliveries: decided.flatMap((decision) => decision.deliveries),
    gathered: decided.reduce((sum, { gathered = 0 }) => sum + gathered, 0),
    also: (transaction) => {
      for (const { step, also } of decided) {
        if (step !== undefined) context.journeys.step(transaction, step);
        also?.(transaction);
      }
    },
  };
}

/** What is delivered belongs to the trace of the event that it comes from. */
function traced(span: OpenSpan, routed: Routed): Routed {
  const { traceparent } = span;
  if (traceparent === undefined) return routed;
  const { deliveries, dead, waitMs } = routed;
  if (dead !== undefined) span.fail();
  const kept = waitMs === undefined ? 'routed' : 'waits';
  span.set({ deliveries: deliveries.length, outcome: dead === undefined ? kept : 'dead-letter' });
  return { ...routed, deliveries: deliveries.map((delivery) => ({ ...delivery, traceparent })) };
}

/** Neither lost nor in the way: thrown back it would block its conversation for as long as nobody mends the cause. */
function dead(context: RoleContext, { platform, eventKey }: InboundEnvelope, { reason, detail }: Unroutable): Routed {
  context.metrics.dropped.inc({ platform, reason });
  context.log.error({ platform, eventKey, reason, detail }, 'event cannot be routed and is a dead letter now');
  return { deliveries: [], dead: { reason, detail } };
}

interface Wait {
  readonly waitMs: number;
}
type Decided = readonly Decision[] | Unroutable | Wait;

async function decide(context: RoleContext, envelope: InboundEnvelope, around: AlbumSurroundings): Promise<Decided> {
  const { platform } = envelope;
  const active = context.configured.get(platform);
  if (active === undefined) {
    return {
      reason: 'platform-off',
      detail: `${platform} is not configured where the router runs; set its variables there, then retry this.`,
    };
  }
  const parsed = parse(context, active, envelope);
  switch (parsed.kind) {
    case 'unroutable':
      return parsed;
    case 'own':
      return [dropped(context, envelope, { reason: 'own' })];
    case 'dropped':
      return [dropped(context, envelope, { reason: parsed.reason })];
    case 'cleared': {
      const events = await takenBack(context, parsed);
      if (events.length === 0) return [dropped(context, envelope, { reason: 'reactions-cleared', event: parsed.event })];
      return together(await Promise.all(events.map((event) => decideEvent(context, { envelope, event, around }))));
    }
    case 'moved':
      return [await moved(context, envelope, parsed)];
    case 'events': {
      const [event, ...others] = parsed.events;
      if (event?.type === 'message.created' && event.album !== undefined && others.length === 0)
        return decideAlbum(context, active, { envelope, event, around });
      return together(await Promise.all(parsed.events.map((one) => decideEvent(context, { envelope, event: one, around }))));
    }
  }
}

/** The parts of an album go on as one message, and each of them is accounted for. */
async function decideAlbum(context: RoleContext, active: ActivePlatform, album: Omit<GatherInput, 'parse'>): Promise<Decided> {
  const gathered = await gather({ ...album, parse: (envelope) => parse(context, active, envelope) });
  if ('waitMs' in gathered) return gathered;
  const decision = await decideEvent(context, { ...album, event: gathered.event });
  if ('waitMs' in decision) return decision;
  const reason = decision.step === undefined ? 'not-bridged' : 'album-part';
  const parts = gathered.parts.map(({ envelope, event }) => dropped(context, envelope, { reason, event }));
  return [{ ...decision, gathered: parts.length }, ...parts];
}

type Failed = Unroutable & { readonly kind: 'unroutable' };

/** A platform's parsing is total by contract; what breaks it is a fault of ours that a later version mends. */
function parse(context: RoleContext, { platform, instance }: ActivePlatform, envelope: InboundEnvelope): Parsed | Failed {
  const { displayName } = platform;
  const mend = 'report it with this letter, then retry it with a version that mends it.';
  try {
    const parsed = instance.parse(envelope);
    const events = parsed.kind === 'events' ? parsed.events : parsed.kind === 'cleared' ? [parsed.event] : [];
    const wrong = events.flatMap((event) => eventSchema.safeParse(event).error ?? [])[0];
    if (wrong === undefined) return parsed;
    const where = wrong.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ');
    return { kind: 'unroutable', reason: 'unparseable', detail: `${displayName}'s event was misread (${where.slice(0, 300)}); ${mend}` };
  } catch (error) {
    context.log.error({ platform: platform.id, eventKey: envelope.eventKey, err: error }, 'event could not be parsed');
    return { kind: 'unroutable', reason: 'unparseable', detail: `${displayName}'s event could not be read; ${mend}` };
  }
}

interface Deciding {
  readonly envelope: InboundEnvelope;
  readonly event: BridgeEvent;
  readonly around: Surroundings;
}

const together = (decided: readonly (Decision | Wait)[]): readonly Decision[] | Wait => {
  const waits = decided.flatMap((one) => ('waitMs' in one ? one.waitMs : []));
  return waits.length > 0 ? { waitMs: Math.min(...waits) } : decided.flatMap((one) => ('waitMs' in one ? [] : one));
};

async function decideEvent(context: RoleContext, { envelope, event: unplaced, around }: Deciding): Promise<Decision | Wait> {
  const located = await locate(context, unplaced);
  if (located === 'copy') return dropped(context, envelope, { reason: 'copy', event: unplaced });
  const { event, known } = located;
  const waitMs = known ? undefined : patience(event, envelope, around.waits);
  if (waitMs !== undefined) return { waitMs };
  const { targets, dropped: reason } = await targetsOf(context, event);
  if (reason !== undefined) return dropped(context, envelope, { reason, event });
  const at = Date.now();
  const deliveries = targets.map((target) => makeDelivery({ ...target, receivedAt: envelope.receivedAt, routedAt: at }));
  const also = await alsoOf(context, deliveries[0]?.event ?? event);
  return routed(envelope, event, { deliveries, at, ...(also === undefined ? {} : { also }) });
}

async function targetsOf({ bridges, moves }: RoleContext, event: BridgeEvent): Promise<ReturnType<typeof route>> {
  const by = ({ size, first }: Awaited<ReturnType<typeof moves.all>>) => route(event, bridges.index(), size === 0 ? undefined : first);
  const routed = by(await moves.all());
  // The conversation may have its id since a moment ago.
  return routed.dropped === 'not-bridged' ? by(await moves.all({ fresh: true })) : routed;
}

/**
 * What is written down with the hop: where a message lives, since changes that follow may name it alone, and in which thread,
 * since answers from where there are no threads belong there; and a reaction with
 * whose it is: where the bridge has only one for everybody, the sender has to know what is left.
 */
async function alsoOf(context: RoleContext, event: BridgeEvent): Promise<Routed['also']> {
  const ref = { platform: event.source, conversation: event.channel.id, message: event.message };
  if (event.type === 'message.created')
    return (transaction) => {
      for (const message of [event.message, ...(event.parts ?? [])]) context.copies.place(transaction, { ...ref, message });
      if (event.thread !== undefined) context.copies.threaded(transaction, ref, event.thread.root);
    };
  if (event.type !== 'reaction.added' && event.type !== 'reaction.removed') return undefined;
  const message = await context.copies.originalOf(ref);
  const { author, emoji } = event;
  const { platform, conversation } = ref;
  const reaction = {
    message,
    platform,
    conversation,
    person: author.id,
    emoji,
    on: event.type === 'reaction.added',
    at: Date.parse(event.timestamp),
  };
  return (transaction) => context.reactions.record(transaction, reaction);
}

async function moved(context: RoleContext, { platform }: InboundEnvelope, move: Extract<Parsed, { kind: 'moved' }>): Promise<Decision> {
  const from = { platform, conversation: move.from };
  await tellMove(context, from, move.to);
  return { deliveries: [], also: (transaction) => context.moves.record(transaction, from, move.to) };
}
