import { type BridgeEvent, deliverySchema, eventSchema, type Delivery, type InboundEnvelope } from '@bridge/core';
import type { ChainableCommander, Redis } from 'ioredis';
import { entrySchemas, inboundQueue, issuesOf, outboundQueue } from './catalog.ts';
import { bury } from './dead-letters.ts';
import { decodeEntry, encodeEntry, outboundMailbox } from './entry.ts';
import type { Keys } from './keys.ts';
import type { Claim } from './local-jobs.ts';
import { readLook, type Hop, type MailboxAt, type Mailboxes, type Seen, type Target } from './mailbox.ts';
import { transact, untilAnswered } from './transaction.ts';
import type { End, Turn } from './turns.ts';
import type { Also, Routed, RouterOptions } from './types.ts';
import type { BullQueues } from './wake-ups.ts';

/** What turns with inbound mailboxes need. */
export interface RouterContext {
  readonly redis: Redis;
  readonly keys: Keys;
  readonly bull: BullQueues;
  readonly mailboxes: Mailboxes;
  readonly batch: number;
  readonly route: RouterOptions['route'];
  readonly onError: (error: unknown, where: string) => void;
  /** A job of that queue for this process's own sender, where it has one with time. */
  readonly claim: (queue: string) => Claim | undefined;
}

const longestDelayMs = 30_000;
const firstDelayMs = 500;

/**
 * Moves the events of one conversation to the outbound mailboxes. Needs no lock for being exact: two routers at the same head
 * both route it, and one transaction finds it gone.
 */
export async function routeTurn(turn: Turn, context: RouterContext): Promise<End> {
  const at: MailboxAt = { queue: inboundQueue, mailbox: turn.data.mailbox };
  let head = turn.first === undefined ? await context.mailboxes.look(context.redis, at) : readLook(turn.first.answer);
  for (let taken = 1; head !== undefined; taken += 1) {
    if (turn.stopping()) return { kind: 'hand-back' };
    const plan = await planFor(turn, context, { head, waits: taken === 1 ? (turn.data.waits ?? 0) : 0 });
    if ('kind' in plan) return plan;
    const goOn = taken < context.batch;
    // Whoever appends to an empty mailbox asks for a wake-up, so a turn with one that was alone may end with it.
    const ending = goOn && head.waiting === 1 ? turn.ending() : undefined;
    const last = await carryOut(turn, context, {
      ...plan,
      next(transaction) {
        if (ending !== undefined) ending.add(transaction);
        else if (goOn) context.mailboxes.addLook(transaction, at);
        else context.bull.wake(transaction, { ...at, conversation: turn.data.conversation });
      },
    });
    if (!goOn) break;
    const how = ending?.read(last);
    if (how === 'ended' || how === 'lost') return { kind: how === 'ended' ? 'done' : 'lost' };
    head = how === undefined ? readLook(last) : await context.mailboxes.look(context.redis, at);
  }
  return { kind: 'done' };
}

interface Carried extends Plan {
  /** Adds what is to be known after that. */
  readonly next: (transaction: ChainableCommander) => void;
}

/** Takes the head off, and answers what the last command of `next` did. */
async function carryOut(turn: Turn, context: RouterContext, { take, queues, also, next }: Carried): Promise<unknown> {
  const at: MailboxAt = { queue: inboundQueue, mailbox: turn.data.mailbox };
  const claims = queues.flatMap((queue) => context.claim(queue) ?? []);
  const step = {
    own(transaction: ChainableCommander) {
      take(transaction, at);
      next(transaction);
    },
    claims,
    also,
    onAlsoFailed: (error: unknown) => context.onError(error, 'route'),
  };
  try {
    return (await untilAnswered(() => transact(context.redis, step), turn.abandoned)).at(-1);
  } catch (error) {
    for (const claim of claims) claim.lose();
    throw error;
  }
}

interface Plan {
  readonly take: (transaction: ChainableCommander, at: MailboxAt) => void;
  /** Where something is appended, each once. */
  readonly queues: readonly string[];
  readonly also?: Also | undefined;
}

interface Looked {
  readonly head: Seen;
  readonly waits: number;
}

async function planFor(turn: Turn, context: RouterContext, { head, waits }: Looked): Promise<Plan | End> {
  const parsed = entrySchemas.inbound.safeParse(decodeEntry(head.entry));
  if (!parsed.success) return poison(turn, context, { head, reason: 'not an event', detail: issuesOf(parsed.error) });
  try {
    const behind: string[] = [];
    const following = async (count: number): Promise<readonly InboundEnvelope[]> => {
      const found = await followers(turn, context, { id: head.id, count });
      behind.splice(0, behind.length, ...found.map(({ id }) => id));
      return found.map(({ envelope }) => envelope);
    };
    const routed = await context.route(parsed.data, { following, waits });
    if (routed.waitMs !== undefined) return wait(head, waits, routed.waitMs);
    if (routed.dead !== undefined) return { ...poison(turn, context, { head, ...routed.dead }), also: routed.also };
    return hop(context, { id: head.id, behind: behind.slice(0, routed.gathered ?? 0) }, parse(routed));
  } catch (error) {
    context.onError(error, 'route');
    return delay(turn, head, error);
  }
}

interface Follower {
  readonly id: string;
  readonly envelope: InboundEnvelope;
}

/** What stands behind the head, up to the first that is no event. */
async function followers(turn: Turn, context: RouterContext, what: { readonly id: string; readonly count: number }): Promise<Follower[]> {
  const { redis, mailboxes } = context;
  const found: Follower[] = [];
  for (const { id, entry } of await mailboxes.behind(redis, { queue: inboundQueue, mailbox: turn.data.mailbox }, what)) {
    const parsed = entrySchemas.inbound.safeParse(decodeEntry(entry));
    if (!parsed.success || id === '') break;
    found.push({ id, envelope: parsed.data });
  }
  return found;
}

const wait = ({ waiting }: Seen, waits: number, waitMs: number): End => ({
  kind: 'delay',
  delayMs: Math.max(1, Math.ceil(waitMs)),
  shown: { why: 'waits for what belongs to the same message', waits: waits + 1, waiting },
});

const around = deliverySchema.omit({ event: true });

/**
 * What does not meet the schema of an outbound queue must not get into it; the throw keeps the event where it is. The deliveries
 * of one event share it, and it is looked through once.
 */
function parse(routed: Routed): Routed {
  const events = new Map<BridgeEvent, BridgeEvent>();
  const eventOf = (event: BridgeEvent): BridgeEvent => {
    const known = events.get(event) ?? eventSchema.parse(event);
    events.set(event, known);
    return known;
  };
  const deliveries = routed.deliveries.map((delivery) => ({ ...around.parse(delivery), event: eventOf(delivery.event) }));
  return { ...routed, deliveries };
}

function targetOf({ bull }: RouterContext, delivery: Delivery): Target {
  const { conversation } = delivery;
  const at = { queue: outboundQueue(delivery.platform), mailbox: outboundMailbox(conversation) };
  // Fails here, while it can still be delayed, when the target has no queue.
  return { ...at, entry: encodeEntry(delivery.id, delivery), wakeUp: bull.wakeUp({ ...at, conversation }) };
}

function hop(context: RouterContext, what: Pick<Hop, 'id' | 'behind'>, routed: Routed): Plan {
  const targets = routed.deliveries.map((delivery) => targetOf(context, delivery));
  return {
    take: (transaction, at) => context.mailboxes.hop(transaction, at, { ...what, targets }),
    queues: [...new Set(targets.map(({ queue }) => queue))],
    also: routed.also,
  };
}

function poison(turn: Turn, context: RouterContext, what: { readonly head: Seen; readonly reason: string; readonly detail: string }): Plan {
  const { id, entry } = what.head;
  return {
    queues: [],
    take(transaction, at) {
      bury(transaction, context, {
        ...at,
        id,
        entry,
        conversation: turn.data.conversation,
        reason: what.reason,
        detail: what.detail,
        attempts: 1,
      });
    },
  };
}

function delay(turn: Turn, head: Seen, error: unknown): End {
  const failures = (turn.data.failures ?? 0) + 1;
  const why = `routing failed: ${error instanceof Error ? error.message : 'unknown'}`.slice(0, 500);
  return {
    kind: 'delay',
    delayMs: Math.min(longestDelayMs, firstDelayMs * 2 ** Math.min(failures - 1, 10)),
    shown: { why, failures, waiting: head.waiting },
  };
}
