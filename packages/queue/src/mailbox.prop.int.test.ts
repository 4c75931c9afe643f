import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { inboundQueue } from './catalog.ts';
import { inboundMailbox } from './entry.ts';
import { type Hands, openHands, type RouterHand, type SenderHand, waitMs } from './fixtures/hands.ts';
import { MailboxModel, type ModelConversation, type ModelEntry, type ModelHand } from './fixtures/mailbox-model.ts';
import { numberOf, origin, outbound, type Rig, routeTo, target } from './fixtures/rig.ts';
import { setStage } from './fixtures/stage.ts';
import type { Outcome, Routed } from './index.ts';

// The queues' own code on a real Redis, one step at a time and in any order that chance finds, beside a model of a page.
const stage = setStage();
const names = ['a', 'b'] as const;
type Name = (typeof names)[number];

/** MAILBOX_RUNS asks for more, for a night. */
const runs = Number(process.env['MAILBOX_RUNS'] ?? 400);

let rig: Rig;
let hands: Hands;
beforeAll(async () => {
  rig = await stage.rig();
  hands = await openHands(rig);
});
afterAll(() => hands.close());

interface Held<Real> {
  readonly real: Real;
  readonly model: ModelHand;
}
/** Those who hold something now. */
interface World {
  routers: Held<RouterHand>[];
  senders: Held<SenderHand>[];
}
type Step = fc.AsyncCommand<MailboxModel, World>;

const step = (name: string, run: (model: MailboxModel, world: World) => Promise<void>): Step => ({
  check: () => true,
  run: async (model, world) => {
    await run(model, world);
    await compare(model, world);
  },
  toString: () => name,
});

/** Of those that can do it, one. */
const choose = <T>(from: readonly T[], pick: number): T | undefined => from[pick % Math.max(1, from.length)];

/** The mailboxes hold what the model says, and nobody's question is another than the model's. */
async function compare(model: MailboxModel, world: World): Promise<void> {
  const at = (name: Name) => [rig.keys.mailbox(inboundQueue, inboundMailbox(origin, name)), rig.keys.mailbox(outbound, name)];
  const lists = await Promise.all(names.flatMap(at).map((key) => rig.redis.lrange(key, 0, -1)));
  const expected = names.flatMap((name) => [model.of(name).inbound.waiting, model.of(name).outbound.waiting]);
  expect(lists.map((list) => list.map(entryOf))).toEqual(expected);
  world.routers = world.routers.filter(({ real, model: { question } }) => {
    expect(real.question && Number(/#(\d+)$/.exec(real.question.eventKey)?.[1])).toBe(question?.n);
    return question !== undefined;
  });
  world.senders = world.senders.filter(({ real, model: hand }) => {
    const asked = real.question;
    const shown = asked && { n: numberOf(asked.delivery), attempt: asked.attempt, ambiguous: asked.ambiguous, progress: asked.progress };
    expect(shown).toEqual(hand.question);
    if (asked !== undefined) expect(asked.held()).toBe(!hand.lost);
    return hand.question !== undefined;
  });
}

/** The id's end tells the life, its middle or the body the number. */
function entryOf(text: string): ModelEntry {
  const id = text.slice(0, text.indexOf('\n'));
  const body: { raw?: { n: number }; event?: { message: string } } = JSON.parse(text.slice(text.indexOf('\n') + 1));
  return { n: Number(body.raw?.n ?? body.event?.message), life: Number(/\.r(\d+)$/.exec(id)?.[1] ?? 1) };
}

// ── what may happen ──
const accept = (name: Name) =>
  step(`accept ${name}`, async (model) => {
    const conversation = model.of(name);
    expect(await rig.accept(name, conversation.accepted)).toBe('accepted');
    model.accept(conversation);
  });

const acceptAgain = (name: Name, pick: number) =>
  step(`accept again ${name}`, async (model) => {
    const conversation = model.of(name);
    if (conversation.accepted === 0) return;
    expect(await rig.accept(name, pick % conversation.accepted)).toBe('duplicate');
    conversation.inbound.orphan = false;
  });

const takeInbound = step('take inbound', async (model, world) => {
  const real = await hands.takeInbound();
  if (real === undefined) return;
  const hand = model.newHand(model.of(real.conversation));
  expect(world.routers.filter((other) => !other.model.lost && other.model.conversation === hand.conversation)).toEqual([]);
  model.look(hand);
  world.routers.push({ real, model: hand });
});

const takeOutbound = step('take outbound', async (model, world) => {
  const real = await hands.takeOutbound();
  if (real === undefined) return;
  const hand = model.newHand(model.of(real.conversation));
  expect(world.senders.filter((other) => !other.model.lost && other.model.conversation === hand.conversation)).toEqual([]);
  model.peek(hand);
  world.senders.push({ real, model: hand });
});

type Routing = 'go' | 'drop' | 'dead' | 'throw';
const route = (pick: number, outcome: Routing) =>
  step(`route ${pick} ${outcome}`, async (model, world) => {
    const held = choose(world.routers, pick);
    const envelope = held?.real.question;
    if (held === undefined || envelope === undefined) return;
    const answers: Readonly<Record<Routing, Routed | Error>> = {
      go: await routeTo(target)(envelope),
      drop: { deliveries: [] },
      dead: { deliveries: [], dead: { reason: 'unparseable', detail: '' } },
      throw: new Error('routing failed'),
    };
    await held.real.answer(answers[outcome]);
    model.route(held.model, outcome);
  });

/** A message of a conversation that nobody routes now, all the way to where it is to be sent. */
const fill = (name: Name) =>
  step(`fill ${name}`, async (model, world) => {
    await accept(name).run(model, world);
    await takeInbound.run(model, world);
    for (let at = world.routers.findIndex(idle); at >= 0; at = world.routers.findIndex(idle)) await route(at, 'go').run(model, world);
  });
const idle = ({ model: { lost } }: Held<RouterHand>): boolean => !lost;

const send = (pick: number) =>
  step(`send ${pick}`, async (model, world) => {
    const held = choose(
      world.senders.filter(({ model: { sent, step: done } }) => !sent && done < 2),
      pick,
    );
    if (held !== undefined) model.send(held.model);
  });

const saveProgress = (pick: number) =>
  step(`save progress ${pick}`, async (model, world) => {
    const held = choose(
      world.senders.filter(({ model: { sent, step: done } }) => sent && done === 0),
      pick,
    );
    await held?.real.question?.saveProgress('one step');
    if (held !== undefined) model.progress(held.model);
  });

const failed = (verdict: (Outcome & { kind: 'failed' })['verdict'], ambiguous: boolean): Outcome => ({
  kind: 'failed',
  verdict,
  ambiguous,
  detail: '',
});
const answers = {
  retry: (ambiguous) => failed({ action: 'retry', delayMs: waitMs, reason: '' }, ambiguous),
  'hold-conversation': (ambiguous) => failed({ action: 'hold-conversation', delayMs: waitMs, reason: '' }, ambiguous),
  'hold-platform': (ambiguous) => failed({ action: 'hold-platform', delayMs: waitMs, reason: '' }, ambiguous),
  'dead-letter': (ambiguous) => failed({ action: 'dead-letter', reason: 'invalid' }, ambiguous),
  requeue: (ambiguous) => failed({ action: 'requeue' }, ambiguous),
  throw: () => new Error('the sender failed'),
} satisfies Record<string, (ambiguous: boolean) => Outcome | Error>;
type Failing = keyof typeof answers;

const settle = (pick: number) =>
  step(`settle ${pick}`, async (model, world) => {
    const held = choose(
      world.senders.filter(({ model: { sent } }) => sent),
      pick,
    );
    if (held === undefined) return;
    await held.real.answer({ kind: 'settled' });
    model.settle(held.model);
  });

const fail = (pick: number, how: Failing, doubt: boolean) =>
  step(`fail ${pick} ${how}${doubt ? ' in doubt' : ''}`, async (model, world) => {
    const held = choose(world.senders, pick);
    if (held === undefined) return;
    // Who has lost the right does nothing but say so; who has sent something cannot be sure that it failed.
    const kind = held.model.lost && !held.model.sent ? 'requeue' : how;
    const ambiguous = held.model.sent || doubt;
    await held.real.answer(answers[kind](ambiguous));
    if (kind === 'throw') return model.leave(held.model);
    if (kind === 'dead-letter') return model.bury(held.model);
    model.close(held.model, { counts: kind === 'retry', ambiguous });
    if (kind === 'hold-platform') model.held = true;
  });

const everybody = (world: World): readonly Held<RouterHand | SenderHand>[] => [...world.routers, ...world.senders];

/** kill -9: what it held is held by nobody, once its lock has run out. */
const crash = (pick: number) =>
  step(`crash ${pick}`, async (_model, world) => {
    const held = choose(everybody(world), pick);
    if (held === undefined) return;
    // The lock of one that had lost it already may be another's by now.
    if (!held.model.lost) await loseLock(held.real);
    held.model.question = undefined;
    world.routers = world.routers.filter((other) => other !== held);
    world.senders = world.senders.filter((other) => other !== held);
  });

/** Frozen past its lock; what it does after that is whatever is chosen next. */
const stall = (pick: number) =>
  step(`stall ${pick}`, async (_model, world) => {
    const held = choose(everybody(world), pick);
    if (held === undefined || held.model.lost) return;
    await loseLock(held.real);
    held.real.turn.lose('its lock has run out');
    held.model.lost = true;
  });

/** What comes of being frozen for long: another worker goes on, and two hold the same head. */
const overtake = (pick: number) =>
  step(`overtake ${pick}`, async (model, world) => {
    for (const part of [stall(pick), findStalled, takeInbound, takeOutbound]) await part.run(model, world);
  });

const loseLock = ({ turn }: RouterHand | SenderHand) => rig.redis.del(rig.keys.lock(turn.queue, turn.jobId));

const stop = (pick: number) =>
  step(`stop ${pick}`, async (_model, world) => {
    const held = choose(everybody(world), pick);
    held?.real.stop();
    if (held !== undefined) held.model.stopping = true;
  });

const findStalled = step('find stalled', () => hands.findStalled());

const passTime = step('pass time', async (model) => {
  await hands.passTime();
  model.held = false;
});

const boxes = (conversation: ModelConversation) =>
  [
    { queue: inboundQueue, mailbox: inboundMailbox(origin, conversation.name), box: conversation.inbound },
    { queue: outbound, mailbox: conversation.name, box: conversation.outbound },
  ] as const;

const removeJob = (name: Name, which: 0 | 1) =>
  step(`remove job ${name} ${which}`, async (model) => {
    const { queue, mailbox, box } = boxes(model.of(name))[which];
    if (await hands.removeJob(queue, mailbox)) box.orphan = true;
  });

const sweep = step('sweep', async (model) => {
  const all = [...model.conversations.values()].flatMap((conversation) => boxes(conversation).map(({ box }) => box));
  const orphans = all.filter(({ orphan, waiting }) => orphan && waiting.length > 0);
  expect(await rig.queues.sweep()).toBe(orphans.length);
  for (const box of orphans) box.orphan = false;
});

const revive = (pick: number, twice: boolean) =>
  step(`revive ${pick}${twice ? ' twice' : ''}`, async (model) => {
    const letters = [...model.conversations.values()].flatMap((conversation) =>
      boxes(conversation).flatMap(({ queue, box }) => box.dead.map((entry) => ({ conversation, queue, box, entry }))),
    );
    const letter = choose(letters, pick);
    if (letter === undefined) return;
    const { conversation, queue, box, entry } = letter;
    const ids = (await hands.dead(queue)).filter((id) => isLetterOf(id, conversation, entry));
    expect(ids).toHaveLength(1);
    await hands.revive(queue, ids[0] ?? '', twice);
    model.revive(conversation, box, entry);
  });

const isLetterOf = (id: string, { name }: ModelConversation, { n, life }: ModelEntry): boolean => {
  const suffix = life === 1 ? '' : `.r${life}`;
  return id === `${origin}/${name}%23${n}${suffix}` || id === `${deliveryIdOf(name, n)}${suffix}`;
};
const deliveryIdOf = (name: string, n: number) => `d${Buffer.from(`${target}${name}`).toString('hex').slice(-8)}${n}`;

// ── how it ends ──
/** Everybody is killed; whoever comes after them finds all of it, without the sweeper but for what a foreign hand removed. */
async function finale(model: MailboxModel, world: World): Promise<void> {
  for (const { real } of everybody(world)) await loseLock(real);
  world.routers = [];
  world.senders = [];
  await drain(model, world);
  await sweep.run(model, world);
  await drain(model, world);
  for (const conversation of model.conversations.values()) {
    expect([conversation.inbound.waiting, conversation.outbound.waiting]).toEqual([[], []]);
    const ends = [...conversation.inbound.dead, ...conversation.outbound.dead, ...conversation.settled, ...conversation.dropped];
    expect(ends.map(({ n }) => n).toSorted((one, other) => one - other)).toEqual(
      Array.from({ length: conversation.accepted }, (_, n) => n),
    );
  }
  const dead = (await Promise.all([inboundQueue, outbound].map((queue) => hands.dead(queue)))).flat();
  expect(dead).toHaveLength(
    [...model.conversations.values()].reduce((sum, { inbound, outbound: { dead: out } }) => sum + inbound.dead.length + out.length, 0),
  );
  const keys = await rig.redis.keys('*');
  expect(keys.filter((key) => /:(?:mailbox|journal|ready|hold):|:lock$|:(?:wait|active|delayed)$/.test(key))).toEqual([]);
  expect(keys.filter((key) => key.includes('-dead:dead-'))).toHaveLength(dead.length);
}

async function drain(model: MailboxModel, world: World): Promise<void> {
  await findStalled.run(model, world);
  await passTime.run(model, world);
  for (let idle = 0; idle < 2; ) {
    const before = world.routers.length + world.senders.length;
    await takeInbound.run(model, world);
    await takeOutbound.run(model, world);
    idle = before + world.routers.length + world.senders.length === 0 ? idle + 1 : 0;
    while (world.routers.length > 0) await route(0, 'go').run(model, world);
    while (world.senders.length > 0) {
      await send(0).run(model, world);
      await settle(0).run(model, world);
    }
  }
}

const name = fc.constantFrom(...names);
const pick = fc.nat(3);
const often = (arbitrary: fc.Arbitrary<Step>, weight: number) => Array.from({ length: weight }, () => arbitrary);
const failing = fc.constantFrom<Failing[]>('retry', 'retry', 'hold-conversation', 'hold-platform', 'dead-letter', 'requeue', 'throw');
const which = fc.constantFrom<(0 | 1)[]>(0, 1);
const steps = fc.commands(
  [
    ...often(name.map(fill), 4),
    ...often(name.map(accept), 2),
    fc.tuple(name, pick).map(([one, at]) => acceptAgain(one, at)),
    ...often(fc.constant(takeInbound), 2),
    ...often(
      pick.map((at) => route(at, 'go')),
      2,
    ),
    fc.tuple(pick, fc.constantFrom<Routing[]>('drop', 'dead', 'throw')).map(([at, outcome]) => route(at, outcome)),
    ...often(fc.constant(takeOutbound), 5),
    ...often(pick.map(send), 6),
    ...often(pick.map(saveProgress), 2),
    ...often(pick.map(settle), 5),
    ...often(
      fc.tuple(pick, failing, fc.boolean()).map(([at, how, doubt]) => fail(at, how, doubt)),
      3,
    ),
    ...often(pick.map(overtake), 5),
    ...often(pick.map(crash), 2),
    pick.map(stall),
    pick.map(stop),
    fc.constant(findStalled),
    ...often(fc.constant(passTime), 2),
    fc.tuple(name, which).map(([one, queue]) => removeJob(one, queue)),
    fc.constant(sweep),
    ...often(
      fc.tuple(pick, fc.boolean()).map(([at, twice]) => revive(at, twice)),
      2,
    ),
  ],
  { maxCommands: 60, size: 'max' },
);

it(`keeps order, loses nothing and flags every second copy, in ${runs} random lives of two conversations`, {
  timeout: 3_600_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(steps, async (list) => {
      await rig.redis.flushall();
      await hands.passTime();
      const model = new MailboxModel(names);
      const world: World = { routers: [], senders: [] };
      await fc.asyncModelRun(() => ({ model, real: world }), list);
      await finale(model, world);
    }),
    { numRuns: runs },
  );
});
