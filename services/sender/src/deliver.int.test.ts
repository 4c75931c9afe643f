import {
  type Command,
  type DeliveryFailure,
  type Receipt,
  DeliveryError,
  conversationId,
  messageId,
  plainText,
  platformId,
  userId,
} from '@bridge/core';
import { type Attempt, type Outcome } from '@bridge/runtime';
import { type PigeonOptions, type TestContext, createPigeon, setStage, soon } from '@bridge/runtime/testing';
import { describe, expect, test, vi } from 'vitest';
import { createDeliver } from './deliver.ts';
import { attemptOf, deliveryOf, parts, settle } from './fixtures/attempts.ts';

const stage = setStage();
const tower = { platform: platformId('raven'), conversation: conversationId('tower') };
const original = { platform: platformId('pigeon'), conversation: conversationId('loft'), message: messageId('m1') };

interface Sending extends TestContext {
  readonly deliver: (attempt: Attempt) => Promise<Outcome>;
  readonly raven: ReturnType<typeof createPigeon>;
  /** Commands so far, as `<type> <step> <message or text>`. */
  done(): readonly string[];
  copies(): Promise<readonly string[]>;
}

async function sending(options: PigeonOptions = {}): Promise<Sending> {
  const raven = createPigeon({ id: 'raven', maxLength: 16, ...options });
  const opened = await stage.open({ platforms: [createPigeon(), raven] });
  return {
    ...opened,
    raven,
    deliver: createDeliver(opened.context, raven.platform.id),
    done: () => raven.instance.commands.map(brief),
    copies: async () => (await opened.context.copies.copiesOf(original, tower)).map(({ message }) => message),
  };
}

function brief(command: Command): string {
  const { type, step } = command;
  const text = 'body' in command ? plainText(command.body).replaceAll('.', '') : '';
  const message = 'message' in command ? command.message : '';
  return [type, step, message, text].filter((part) => part !== '').join(' ');
}

const edited = (change: object) => deliveryOf({ type: 'message.edited', revision: '2', eventKey: 'k2', ...change });
const deleted = () =>
  deliveryOf({ type: 'message.deleted', eventKey: 'k3', content: { text: '', attachments: [], metadata: {}, body: [] } });
const lineOf = ({ lines }: TestContext) => lines.filter(({ msg }) => msg === 'delivery.attempted').at(-1);
const failure = (kind: DeliveryFailure, message = 'The loft says no.') => new DeliveryError(message, kind, { status: 500, code: 'E1' });
const transient = failure({ kind: 'transient' });
/** Fails at these calls (1 for the first), with these errors. */
function failingAt(failures: Readonly<Record<number, Error>>) {
  let call = 0;
  return async (): Promise<Receipt> => {
    call += 1;
    const error = failures[call];
    if (error !== undefined) throw error;
    return { message: messageId(`r${call}`), messageUrl: `https://raven.example/${call}` };
  };
}

test('a command says when the first attempt at its delivery began', async () => {
  const world = await sending();
  await world.deliver(attemptOf(deliveryOf(), { ageMs: 60_000, attempt: 2, ambiguous: true }));
  const [command] = world.raven.instance.commands;
  expect(command?.ambiguous).toBe(true);
  expect(Date.now() - (command?.begunAt ?? 0)).toBeGreaterThanOrEqual(60_000);
});

test.each([undefined, 'emoji'] as const)(
  'a room where the bridge reacts for all (%s) keeps a reaction that somebody else still has',
  async (reactionsBy) => {
    const world = await sending(reactionsBy === undefined ? {} : { reactionsBy });
    await settle(world, await world.deliver(attemptOf(deliveryOf())));
    const { context, redis } = world;
    const transaction = redis.multi();
    const bo = { ...original, person: userId('bo'), emoji: '👍', on: true, at: Date.now() };
    context.reactions.record(transaction, { ...bo, message: original });
    await transaction.exec();
    await world.deliver(attemptOf(deliveryOf({ type: 'reaction.removed', emoji: '👍', eventKey: 'k2' })));
    expect(world.raven.instance.commands.at(-1)).toMatchObject({ type: 'react', emoji: '👍', on: reactionsBy === 'emoji' });
  },
);

describe('a message', () => {
  test('is sent in as many steps as it needs, under one delivery, and its copies and journey recorded together', async () => {
    const world = await sending({ deliver: failingAt({}) });
    const delivery = deliveryOf(parts('one', 'two', 'three'));
    const attempt = attemptOf(delivery);
    const outcome = await world.deliver(attempt);
    expect(outcome.kind).toBe('settled');
    expect(world.done()).toEqual(['send 0 one', 'send 1 two', 'send 2 three']);
    const about = {
      delivery: delivery.id,
      conversation: 'tower',
      ambiguous: false,
      origin: 'pigeon',
      label: 'Ana (Pigeon Post)',
      author: { id: 'ana' },
    };
    for (const command of world.raven.instance.commands) expect(command).toMatchObject(about);
    expect(attempt.saved.map((progress) => JSON.parse(progress).results.length)).toEqual([1, 2]);
    expect([await world.copies(), await world.context.journeys.recent(1)]).toEqual([[], []]);
    await settle(world, outcome);
    expect(await world.copies()).toEqual(['r1', 'r2', 'r3']);
    expect(await world.context.journeys.recent(1)).toEqual([
      {
        event: 'pigeon_m1',
        eventKey: 'k1',
        type: 'message.created',
        step: 'delivered',
        source: { platform: 'pigeon', conversation: 'loft' },
        bridge: 'town',
        target: tower,
        at: expect.any(Number),
        receivedAt: delivery.receivedAt,
        routedAt: delivery.routedAt,
        startedAt: expect.any(Number),
        attempt: 1,
        messages: ['r1', 'r2', 'r3'],
        messageUrls: ['https://raven.example/1', 'https://raven.example/2', 'https://raven.example/3'],
      },
    ]);
  });

  test('carries its author’s name in the text where the platform cannot show it', async () => {
    const world = await sending({ impersonates: false, maxLength: 100 });
    await world.deliver(attemptOf(deliveryOf()));
    expect(world.done()).toEqual(['send 0 Ana (Pigeon Post)\nhello']);
  });
});

describe('an edit', () => {
  const written = async (...texts: readonly string[]) => {
    const world = await sending();
    await settle(world, await world.deliver(attemptOf(deliveryOf(parts(...texts)))));
    return { ...world, since: () => world.done().slice(texts.length) };
  };

  test.each([
    ['stays as long', ['one', 'two'], ['eins', 'zwei'], ['edit 0 raven1 eins', 'edit 1 raven2 zwei'], ['raven1', 'raven2']],
    ['grows', ['one'], ['eins', 'zwei', 'drei'], ['edit 0 raven1 eins', 'send 1 zwei', 'send 2 drei'], ['raven1', 'raven3', 'raven4']],
    ['shrinks', ['one', 'two', 'three'], ['eins'], ['edit 0 raven1 eins', 'delete 1 raven2', 'delete 2 raven3'], ['raven1']],
  ])('that %s changes what stands there', async (_what, before, after, commands, copies) => {
    const world = await written(...before);
    await settle(world, await world.deliver(attemptOf(edited(parts(...after)))));
    expect([world.since(), await world.copies()]).toEqual([commands, copies]);
    // And so does the next one, from what stands there now.
    await settle(world, await world.deliver(attemptOf(deleted())));
    expect(world.since().slice(commands.length)).toEqual(copies.map((copy, step) => `delete ${step} ${copy}`));
  });

  test('that grew goes on where it stopped, and the copies are whole in the end', async () => {
    const world = await written('one');
    const first = attemptOf(edited(parts('eins', 'zwei', 'drei')));
    await world.deliver(first);
    const progress = first.saved[0];
    const again = attemptOf(first.delivery, { attempt: 2, ambiguous: true, progress });
    await settle(world, await world.deliver(again));
    const repeated = world.raven.instance.commands.slice(4);
    expect(repeated.map(({ type, step, ambiguous }) => [type, step, ambiguous])).toEqual([
      ['send', 1, true],
      ['send', 2, false],
    ]);
    expect(await world.copies()).toEqual(['raven1', 'raven5', 'raven6']);
  });
});

describe('an attempt after another one', () => {
  const three = deliveryOf(parts('one', 'two', 'three'));
  const progressOf = (...messages: readonly string[]) =>
    JSON.stringify({ results: messages.map((message) => ({ type: 'send', message })), unavailable: [] });

  test('goes on at the step under way, which alone is ambiguous, and sends nothing twice', async () => {
    const world = await sending();
    const outcome = await world.deliver(attemptOf(three, { attempt: 2, ambiguous: true, progress: progressOf('a', 'b') }));
    expect(world.raven.instance.commands).toMatchObject([{ step: 2, ambiguous: true, delivery: three.id }]);
    await settle(world, outcome);
    expect(await world.copies()).toEqual(['a', 'b', 'raven1']);
    expect(await world.context.journeys.recent(1)).toMatchObject([{ attempt: 2, ambiguous: true, messages: ['a', 'b', 'raven1'] }]);
  });

  test('doubts only what was under way', async () => {
    const world = await sending();
    await world.deliver(attemptOf(three, { attempt: 2, ambiguous: true, progress: progressOf('a') }));
    expect(world.raven.instance.commands.map(({ step, ambiguous }) => [step, ambiguous])).toEqual([
      [1, true],
      [2, false],
    ]);
  });

  test('doubts nothing when the one before failed for sure', async () => {
    const world = await sending({ deliver: failingAt({ 2: transient }) });
    const first = attemptOf(three);
    expect(await world.deliver(first)).toMatchObject({ kind: 'failed', ambiguous: false, verdict: { action: 'retry' } });
    await world.deliver(attemptOf(three, { attempt: 2, progress: first.saved.at(-1) }));
    expect(world.raven.instance.commands.map(({ step, ambiguous }) => [step, ambiguous])).toEqual([
      [0, false],
      [1, false],
      [1, false],
      [2, false],
    ]);
  });

  test('that only has to be written down sends nothing', async () => {
    const world = await sending();
    await settle(world, await world.deliver(attemptOf(three, { attempt: 2, ambiguous: true, progress: progressOf('a', 'b', 'c') })));
    expect([world.done(), await world.copies()]).toEqual([[], ['a', 'b', 'c']]);
  });
});

describe('when the right to the conversation is lost', () => {
  const lost = { kind: 'failed', ambiguous: false, verdict: { action: 'requeue' } };

  test('nothing is sent', async () => {
    const world = await sending();
    const outcome = await world.deliver(attemptOf(deliveryOf(), { held: () => false }));
    expect([outcome, world.done()]).toMatchObject([lost, []]);
    await settle(world, outcome);
    expect([await world.copies(), await world.context.journeys.recent(9)]).toEqual([[], []]);
  });

  test('nothing more is sent, and what was done is stored', async () => {
    const world = await sending();
    const attempt = attemptOf(deliveryOf(parts('one', 'two', 'three')), { held: () => world.done().length < 2 });
    expect(await world.deliver(attempt)).toMatchObject(lost);
    expect([world.done(), attempt.saved.length]).toEqual([['send 0 one', 'send 1 two'], 2]);
  });

  test('the call under way hears of it', async () => {
    const controller = new AbortController();
    const hanging = (_command: Command, signal: AbortSignal) =>
      new Promise<Receipt>((_resolve, reject) => signal.addEventListener('abort', () => reject(failure({ kind: 'shutting-down' }))));
    const world = await sending({ deliver: hanging });
    const outcome = world.deliver(attemptOf(deliveryOf(), { signal: controller.signal }));
    await vi.waitFor(() => expect(world.done()).toHaveLength(1), soon);
    controller.abort();
    expect(await outcome).toMatchObject(lost);
    expect(lineOf(world)).toMatchObject({ level: 'info', outcome: 'requeue', failure: 'shutting-down' });
  });
});

describe('there is nothing to do', () => {
  test.each([
    ['for an edit of what was never carried', edited({}), {}, 'original-not-copied'],
    ['for a delete of what was never carried', deleted(), {}, 'original-not-copied'],
    ['for an empty message', deliveryOf({ content: { text: '', attachments: [], metadata: {}, body: [] } }), {}, 'empty'],
    [
      'for a reaction that is not told',
      deliveryOf({ type: 'reaction.added', emoji: '👍' }),
      { reactions: 'none' as const },
      'reactions-not-supported',
    ],
  ])('%s: settled, and the journey says why', async (_what, delivery, capabilities, reason) => {
    const world = await sending({ capabilities });
    const outcome = await world.deliver(attemptOf(delivery));
    expect([outcome.kind, world.done()]).toEqual(['settled', []]);
    await settle(world, outcome);
    expect(await world.context.journeys.recent(1)).toMatchObject([{ step: 'dropped', target: tower, reason }]);
    expect(lineOf(world)).toMatchObject({ level: 'info', outcome: 'nothing', nothing: reason, steps: 0 });
    const metrics = await world.metrics();
    expect(metrics).toContain('bridge_delivery_attempts_total{platform="raven",outcome="nothing"} 1');
    expect(metrics).not.toContain('bridge_message_seconds_count{');
  });
});

describe('a failure', () => {
  test.each<[DeliveryFailure, object, string, string]>([
    [{ kind: 'transient' }, { action: 'retry' }, 'waiting', 'retry'],
    [{ kind: 'ambiguous' }, { action: 'retry' }, 'waiting', 'retry'],
    [
      { kind: 'rate-limited', retryAfterMs: 70, scope: 'conversation' },
      { action: 'hold-conversation', delayMs: 70 },
      'waiting',
      'hold-conversation',
    ],
    [{ kind: 'rate-limited', retryAfterMs: 70, scope: 'platform' }, { action: 'hold-platform', delayMs: 70 }, 'waiting', 'hold-platform'],
    [{ kind: 'unauthorised' }, { action: 'pause-platform' }, 'waiting', 'pause-platform'],
    [{ kind: 'permanent', reason: 'forbidden' }, { action: 'dead-letter', reason: 'forbidden' }, 'dead-lettered', 'dead-letter'],
  ])('%j has its verdict, line, count and journey', async (kind, verdict, step, label) => {
    const world = await sending({ deliver: failingAt({ 1: failure(kind) }) });
    const outcome = await world.deliver(attemptOf(deliveryOf()));
    expect(outcome).toMatchObject({ kind: 'failed', verdict, ambiguous: kind.kind === 'ambiguous', detail: 'The loft says no.' });
    await settle(world, outcome);
    expect(await world.context.journeys.recent(1)).toMatchObject([{ step, reason: 'The loft says no.', attempt: 1 }]);
    expect(lineOf(world)).toMatchObject({
      level: 'warn',
      outcome: label,
      failure: kind.kind,
      answer: { status: 500, code: 'E1' },
      detail: 'The loft says no.',
    });
    expect(await world.metrics()).toContain(`bridge_delivery_attempts_total{platform="raven",outcome="${label}"} 1`);
    expect(await world.copies()).toEqual([]);
  });

  test('for good, half-way, leaves what did arrive to be found by an edit or a delete', async () => {
    const world = await sending({ deliver: failingAt({ 3: failure({ kind: 'permanent', reason: 'too-large' }) }) });
    await settle(world, await world.deliver(attemptOf(deliveryOf(parts('one', 'two', 'three')))));
    expect(await world.copies()).toEqual(['r1', 'r2']);
  });

  test('for good, half-way, says how far it came, so that a retry does not send it again', async () => {
    const world = await sending({ deliver: failingAt({ 3: failure({ kind: 'permanent', reason: 'too-large' }) }) });
    const delivery = deliveryOf(parts('one', 'two', 'three'));
    const outcome = await world.deliver(attemptOf(delivery));
    const progress = outcome.kind === 'failed' ? outcome.progress : undefined;
    await settle(world, await world.deliver(attemptOf(delivery, progress === undefined ? {} : { progress })));
    expect(world.done()).toEqual(['send 0 one', 'send 1 two', 'send 2 three', 'send 2 three']);
    expect(await world.copies()).toEqual(['r1', 'r2', 'r4']);
  });

  test('for now, half-way, records nothing yet', async () => {
    const world = await sending({ deliver: failingAt({ 3: transient }) });
    await settle(world, await world.deliver(attemptOf(deliveryOf(parts('one', 'two', 'three')))));
    expect(await world.copies()).toEqual([]);
  });
});

describe('a fault of ours', () => {
  const bug = Object.assign(new TypeError('cannot read x of undefined'), { config: { headers: { apikey: 'k' } } });

  test.each([
    ['is tried again, as nobody knows whether it was sent', 0, { action: 'retry' }],
    ['is given up after a minute, so that the conversation goes on', 60_000, { action: 'dead-letter' }],
  ])('in the sender %s', async (_what, ageMs, verdict) => {
    const world = await sending({ deliver: failingAt({ 1: bug }) });
    expect(await world.deliver(attemptOf(deliveryOf(), { ageMs }))).toMatchObject({ kind: 'failed', verdict, ambiguous: true });
    const told = world.lines.find(({ msg }) => msg === 'the sender failed in an unexpected way');
    expect(told).toMatchObject({
      level: 'error',
      delivery: deliveryOf().id,
      err: { name: 'TypeError', message: 'cannot read x of undefined' },
    });
    expect(JSON.stringify(told)).not.toContain('apikey');
  });

  test('in preparing the message is a dead letter at once: it would always fail', async () => {
    const measure = () => {
      throw new RangeError('too deep');
    };
    const world = await sending({ measure });
    expect(await world.deliver(attemptOf(deliveryOf()))).toMatchObject({
      kind: 'failed',
      ambiguous: false,
      verdict: { action: 'dead-letter', reason: 'invalid' },
    });
    expect(world.lines).toContainEqual(expect.objectContaining({ level: 'error', msg: 'a delivery could not be planned' }));
    expect(world.done()).toEqual([]);
  });

  test('in the stored progress sends nothing', async () => {
    const world = await sending();
    const outcome = await world.deliver(attemptOf(deliveryOf(), { progress: '{"not":"ours"}' }));
    expect([outcome.kind, world.done()]).toEqual(['failed', []]);
  });
});

test('copies that Redis does not tell are asked for again, without any doubt about what was sent', async () => {
  const world = await sending();
  vi.spyOn(world.context.copies, 'copiesOf').mockRejectedValueOnce(new Error('Command timed out'));
  expect(await world.deliver(attemptOf(edited({})))).toMatchObject({ kind: 'failed', ambiguous: false, verdict: { action: 'retry' } });
  expect(world.done()).toEqual([]);
});

test('the line of an attempt has everything that one asks of it, and nobody’s words', async () => {
  const world = await sending({ deliver: failingAt({ 2: failure({ kind: 'rate-limited', retryAfterMs: 70, scope: 'conversation' }) }) });
  const delivery = deliveryOf(parts('secret', 'words'));
  await world.deliver(attemptOf(delivery, { attempt: 3, ambiguous: true }));
  expect(lineOf(world)).toEqual({
    level: 'warn',
    time: expect.any(String),
    msg: 'delivery.attempted',
    delivery: delivery.id,
    bridge: 'town',
    type: 'message.created',
    source: 'pigeon',
    event: 'pigeon_m1',
    target: 'raven',
    conversation: 'tower',
    attempt: 3,
    ambiguous: true,
    outcome: 'hold-conversation',
    steps: 1,
    durationMs: expect.any(Number),
    sinceReceivedMs: expect.any(Number),
    sinceRoutedMs: expect.any(Number),
    failure: 'rate-limited',
    retryAfterMs: 70,
    answer: { status: 500, code: 'E1' },
    detail: 'The loft says no.',
    delayMs: 70,
  });
  expect(Number(lineOf(world)?.['sinceReceivedMs'])).toBeGreaterThanOrEqual(50);
  for (const line of world.lines) expect(JSON.stringify(line)).not.toMatch(/secret|words|Ana/);
});
