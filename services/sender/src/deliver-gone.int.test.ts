import { type Receipt, DeliveryError, conversationId, messageId, platformId, plainText } from '@bridge/core';
import { type PigeonOptions, type TestContext, createPigeon, setStage } from '@bridge/runtime/testing';
import { describe, expect, test } from 'vitest';
import { createDeliver } from './deliver.ts';
import { attemptOf, deliveryOf, parts, settle } from './fixtures/attempts.ts';

const stage = setStage();
const tower = { platform: platformId('raven'), conversation: conversationId('tower') };
const original = { platform: platformId('pigeon'), conversation: conversationId('loft'), message: messageId('m1') };

async function sending(options: PigeonOptions = {}) {
  const raven = createPigeon({ id: 'raven', maxLength: 16, ...options });
  const opened = await stage.open({ platforms: [createPigeon(), raven] });
  const lineOf = ({ lines }: TestContext) => lines.filter(({ msg }) => msg === 'delivery.attempted').at(-1);
  return {
    ...opened,
    raven,
    deliver: createDeliver(opened.context, raven.platform.id),
    done: () =>
      raven.instance.commands.map((command) => {
        const words = 'body' in command ? plainText(command.body).replaceAll('.', '') : '';
        return [command.type, command.step, 'message' in command ? command.message : '', words].filter((part) => part !== '').join(' ');
      }),
    copies: async () => (await opened.context.copies.copiesOf(original, tower)).map(({ message }) => message),
    line: () => lineOf(opened),
  };
}

const edited = (change: object) => deliveryOf({ type: 'message.edited', revision: '2', eventKey: 'k2', ...change });
const deleted = () =>
  deliveryOf({ type: 'message.deleted', eventKey: 'k3', content: { text: '', attachments: [], metadata: {}, body: [] } });

/** Finds the message of this call gone. */
function goneAt(gone: number) {
  let call = 0;
  return async (): Promise<Receipt> => {
    call += 1;
    if (call === gone) throw new DeliveryError('The raven finds no such message.', { kind: 'permanent', reason: 'message-gone' });
    return { message: messageId(`r${call}`) };
  };
}

describe('a copy that is deleted', () => {
  const reaction = () => deliveryOf({ type: 'reaction.added', emoji: '👍', eventKey: 'k4' });

  test.each([
    ['an edit', edited({})],
    ['a reaction', reaction()],
  ])('by hand: %s is dropped, and no further one makes a call', async (_what, change) => {
    const world = await sending({ deliver: goneAt(2) });
    await settle(world, await world.deliver(attemptOf(deliveryOf())));
    for (const delivery of [change, edited({ eventKey: 'k5' }), reaction(), deleted()]) {
      const outcome = await world.deliver(attemptOf(delivery));
      expect(outcome.kind).toBe('settled');
      await settle(world, outcome);
      expect(await world.context.journeys.recent(1)).toMatchObject([{ step: 'dropped', target: tower, reason: 'copy-gone' }]);
      expect(world.line()).toMatchObject({ level: 'info', outcome: 'nothing', nothing: 'copy-gone' });
    }
    expect(world.done()).toHaveLength(2);
    expect(await world.copies()).toEqual([]);
    expect(await world.metrics()).toContain('bridge_delivery_attempts_total{platform="raven",outcome="nothing"} 4');
  });

  test('by its original: an edit that is told after that is dropped without a call', async () => {
    const world = await sending();
    await settle(world, await world.deliver(attemptOf(deliveryOf())));
    await settle(world, await world.deliver(attemptOf(deleted())));
    expect(await world.context.journeys.recent(1)).toMatchObject([{ step: 'delivered' }]);
    await settle(world, await world.deliver(attemptOf(edited({}))));
    expect(world.done()).toEqual(['send 0 hello', 'delete 0 raven1']);
    expect(await world.context.journeys.recent(1)).toMatchObject([{ step: 'dropped', reason: 'copy-gone' }]);
    // A reply has nothing to point at, and says in words what it is about.
    const reply = { type: 'message.created', id: 'pigeon_m2', message: 'm2', eventKey: 'k6', replyTo: { message: 'm1', text: 'hello' } };
    expect((await world.deliver(attemptOf(deliveryOf(reply)))).kind).toBe('settled');
    expect(world.raven.instance.commands.at(-1)).not.toHaveProperty('replyTo');
  });

  test('in part: the other parts are edited, and remain', async () => {
    const world = await sending({ deliver: goneAt(4) });
    await settle(world, await world.deliver(attemptOf(deliveryOf(parts('one', 'two', 'three')))));
    const outcome = await world.deliver(attemptOf(edited(parts('eins', 'zwei', 'drei'))));
    await settle(world, outcome);
    expect(world.done().slice(3)).toEqual(['edit 0 r1 eins', 'edit 1 r2 zwei', 'edit 2 r3 drei']);
    expect(await world.context.journeys.recent(1)).toMatchObject([{ step: 'delivered' }]);
    expect(await world.copies()).toEqual(['r2', 'r3']);
  });

  test('is no reason to give up a new message quietly', async () => {
    const world = await sending({ deliver: goneAt(1) });
    expect(await world.deliver(attemptOf(deliveryOf()))).toMatchObject({ verdict: { action: 'dead-letter', reason: 'message-gone' } });
  });
});
