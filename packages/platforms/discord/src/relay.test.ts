import { conversationId } from '@bridge/core';
import type { RawEvent } from '@bridge/core';
import { expect, test, vi } from 'vitest';
import { Relay } from './relay.ts';
import type { RelayOptions } from './relay.ts';

const event = (conversation: string, eventKey: string): RawEvent => ({ eventKey, conversation: conversationId(conversation), raw: null });

function relayOf(
  emit: RelayOptions['emit'],
  options: Partial<RelayOptions> = {},
): { relay: Relay; done: string[]; stop: AbortController; delays: number[] } {
  const stop = new AbortController();
  const done: string[] = [];
  const delays: number[] = [];
  const relay = new Relay({
    emit,
    failed: (_error, delayMs) => void delays.push(delayMs),
    signal: stop.signal,
    minDelayMs: 1,
    maxDelayMs: 4,
    ...options,
  });
  return { relay, done, stop, delays };
}

test('one conversation keeps its order, and another does not wait for it', async () => {
  const gate = Promise.withResolvers<void>();
  const order: string[] = [];
  const { relay } = relayOf(async ({ conversation, eventKey }) => {
    if (eventKey === 'a1') await gate.promise;
    order.push(`${conversation}/${eventKey}`);
  });
  for (const [conversation, key] of [
    ['a', 'a1'],
    ['a', 'a2'],
    ['b', 'b1'],
    ['b', 'b2'],
  ] as const)
    relay.push(event(conversation, key), () => undefined);
  await expect.poll(() => order).toEqual(['b/b1', 'b/b2']);
  gate.resolve();
  await expect.poll(() => order).toEqual(['b/b1', 'b/b2', 'a/a1', 'a/a2']);
  expect(relay.pending).toBe(0);
});

test('what is refused is offered again, in order, at growing intervals', async () => {
  let refusals = 4;
  const taken: string[] = [];
  const { relay, done, delays } = relayOf(async ({ eventKey }) => {
    if (refusals > 0) {
      refusals -= 1;
      throw new Error('redis is away');
    }
    taken.push(eventKey);
  });
  for (const key of ['1', '2', '3']) relay.push(event('a', key), () => void done.push(key));
  await expect.poll(() => done).toEqual(['1', '2', '3']);
  expect(taken).toEqual(['1', '2', '3']);
  expect(delays).toEqual([1, 2, 4, 4]);
});

test('no more are emitted at a time than allowed', async () => {
  let running = 0;
  let most = 0;
  const { relay, done } = relayOf(
    async () => {
      running += 1;
      most = Math.max(most, running);
      await new Promise(setImmediate);
      running -= 1;
    },
    { maxInFlight: 3 },
  );
  for (let index = 0; index < 50; index += 1) relay.push(event(String(index), 'k'), () => void done.push('k'));
  await relay.below(1);
  expect(done).toHaveLength(50);
  expect(most).toBe(3);
});

test('after the end nothing more is emitted, and what was under way is waited for', async () => {
  const gate = Promise.withResolvers<void>();
  const emit = vi.fn<RelayOptions['emit']>(async () => gate.promise);
  const { relay, done, stop } = relayOf(emit);
  relay.push(event('a', '1'), () => void done.push('1'));
  relay.push(event('a', '2'), () => void done.push('2'));
  stop.abort();
  const settled = relay.settled(5_000);
  gate.resolve();
  await settled;
  expect(emit).toHaveBeenCalledTimes(1);
  expect(done).toEqual(['1']);
});
