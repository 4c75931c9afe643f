import { type BridgeEvent, type InboundEnvelope, type Parsed, eventSchema, makeDelivery, route } from '@bridge/core';
import { type ActivePlatform, type RoleContext, type Routed, testPlatform } from '@bridge/runtime';
import { type Decision, type Unroutable, dropped, routed } from './decision.ts';
import { locate } from './locate.ts';
import { decideTest } from './test-message.ts';

/**
 * The router's whole work: parse, guard against loops, find the bridge, make a delivery per target.
 * Throws only when Redis cannot be asked, which is tried again.
 */
export function createRoute(context: RoleContext): (envelope: InboundEnvelope) => Promise<Routed> {
  return async (envelope) => {
    const decided = envelope.platform === testPlatform ? decideTest(context, envelope) : await decide(context, envelope);
    if ('reason' in decided) return dead(context, envelope, decided);
    return {
      deliveries: decided.flatMap((decision) => decision.deliveries),
      also: (transaction) => {
        for (const { step, also } of decided) {
          if (step !== undefined) context.journeys.step(transaction, step);
          also?.(transaction);
        }
      },
    };
  };
}

/** Neither lost nor in the way: thrown back it would block its conversation for as long as nobody mends the cause. */
function dead(context: RoleContext, { platform, eventKey }: InboundEnvelope, { reason, detail }: Unroutable): Routed {
  context.metrics.dropped.inc({ platform, reason });
  context.log.error({ platform, eventKey, reason, detail }, 'event cannot be routed and is a dead letter now');
  return { deliveries: [], dead: { reason, detail } };
}

async function decide(context: RoleContext, envelope: InboundEnvelope): Promise<readonly Decision[] | Unroutable> {
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
    case 'moved':
      return [moved(context, envelope, parsed)];
    case 'events':
      return Promise.all(parsed.events.map((event) => decideEvent(context, envelope, event)));
  }
}

type Failed = Unroutable & { readonly kind: 'unroutable' };

/** A platform's parsing is total by contract; what breaks it is a fault of ours that a later version mends. */
function parse(context: RoleContext, { platform, instance }: ActivePlatform, envelope: InboundEnvelope): Parsed | Failed {
  const { displayName } = platform;
  const mend = 'report it with this letter, then retry it with a version that mends it.';
  try {
    const parsed = instance.parse(envelope);
    const wrong = parsed.kind === 'events' ? parsed.events.flatMap((event) => eventSchema.safeParse(event).error ?? [])[0] : undefined;
    if (wrong === undefined) return parsed;
    const where = wrong.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ');
    return { kind: 'unroutable', reason: 'unparseable', detail: `${displayName}'s event was misread (${where.slice(0, 300)}); ${mend}` };
  } catch (error) {
    context.log.error({ platform: platform.id, eventKey: envelope.eventKey, err: error }, 'event could not be parsed');
    return { kind: 'unroutable', reason: 'unparseable', detail: `${displayName}'s event could not be read; ${mend}` };
  }
}

async function decideEvent(context: RoleContext, envelope: InboundEnvelope, unplaced: BridgeEvent): Promise<Decision> {
  const moves = await context.moves.all();
  const event = await locate(context, unplaced);
  if (event === 'copy') return dropped(context, envelope, { reason: 'copy', event: unplaced });
  const { targets, dropped: reason } = route(event, context.bridges.index(), moves.size === 0 ? undefined : (ref) => moves.now(ref));
  if (reason !== undefined) return dropped(context, envelope, { reason, event });
  const at = Date.now();
  const deliveries = targets.map((target) => makeDelivery({ ...target, receivedAt: envelope.receivedAt, routedAt: at }));
  const also = await alsoOf(context, event);
  return routed(envelope, event, { deliveries, at, ...(also === undefined ? {} : { also }) });
}

/** A reaction is written down with whose it is: where the bridge has only one for everybody, the sender has to know what is left. */
async function alsoOf(context: RoleContext, event: BridgeEvent): Promise<Routed['also']> {
  if (event.type !== 'reaction.added' && event.type !== 'reaction.removed') return undefined;
  const ref = { platform: event.source, conversation: event.channel.id, message: event.message };
  const message = (await context.copies.sourceOf(ref)) ?? ref;
  const { source: platform, author, emoji } = event;
  const reaction = { message, platform, person: author.id, emoji, on: event.type === 'reaction.added', at: Date.parse(event.timestamp) };
  return (transaction) => context.reactions.record(transaction, reaction);
}

/** Told to the operator once, since the bridge goes on by itself. */
function moved(context: RoleContext, { platform }: InboundEnvelope, { from, to }: Extract<Parsed, { kind: 'moved' }>): Decision {
  const say = `${platform} conversation ${from} goes on as ${to}: the bridge follows; write the new id into bridges.yaml when you next edit it`;
  context.log.warn({ platform, from, to }, say);
  return { deliveries: [], also: (transaction) => context.moves.record(transaction, { platform, conversation: from }, to) };
}
