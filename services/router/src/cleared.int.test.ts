import { type BridgeEvent, conversationId, eventSchema, messageId, platformId, userId } from '@bridge/core';
import { pigeonEvent, setStage } from '@bridge/runtime/testing';
import { expect, test } from 'vitest';
import { takenBack } from './cleared.ts';

const stage = setStage();
const pigeon = platformId('pigeon');

/** What Ana and Bo have on a message of the loft, and others on its copies elsewhere. */
async function reacted() {
  const { context, redis } = await stage.open();
  const message = { platform: pigeon, conversation: conversationId('loft'), message: messageId('m1') };
  const transaction = redis.multi();
  const all = [
    [pigeon, 'loft', 'ana', '👍'],
    [pigeon, 'loft', 'bo', '🎉'],
    [pigeon, 'attic', 'di', '👍'],
    [platformId('raven'), 'tower', 'cy', '👍'],
  ] as const;
  for (const [at, [platform, room, person, emoji]] of all.entries())
    context.reactions.record(transaction, { message, platform, conversation: conversationId(room), person, emoji, on: true, at });
  await transaction.exec();
  return context;
}

function cleared(change: object): Extract<BridgeEvent, { type: 'reaction.removed' }> {
  const event = eventSchema.parse(pigeonEvent({ type: 'reaction.removed', emoji: '', eventKey: 'clear', ...change }));
  if (event.type !== 'reaction.removed') throw new Error('not what it was made as');
  return event;
}

test('each person of the room takes back what they had, under a key of its own', async () => {
  const events = await takenBack(await reacted(), { kind: 'cleared', event: cleared({}) });
  expect(events).toMatchObject([
    { type: 'reaction.removed', eventKey: 'clear.0', author: { id: userId('ana') }, emoji: '👍' },
    { type: 'reaction.removed', eventKey: 'clear.1', author: { id: userId('bo') }, emoji: '🎉' },
  ]);
});

test('in a thread it is found under the room that the thread hangs on', async () => {
  const channel = { id: 'loft/thread', name: 't', type: 'thread', parent: 'loft' };
  const events = await takenBack(await reacted(), { kind: 'cleared', event: cleared({ channel, emoji: '🎉' }) });
  expect(events).toMatchObject([{ author: { id: userId('bo') }, emoji: '🎉' }]);
});

test('what nobody of the room reacted to leaves nothing to take back', async () => {
  const event = cleared({ id: 'pigeon_m2', message: 'm2' });
  expect(await takenBack(await reacted(), { kind: 'cleared', event })).toEqual([]);
});
