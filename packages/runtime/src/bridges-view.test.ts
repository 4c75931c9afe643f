import { conversationId, platformId, route } from '@bridge/core';
import { expect, test } from 'vitest';
import { createBridgesView } from './bridges-view.ts';
import { bridgeOf, pigeonEvent } from './testing/index.ts';

test('the bridges in force are replaced whole', () => {
  const view = createBridgesView([bridgeOf('one', 'pigeon:loft', 'raven:a')]);
  const targets = () => route(pigeonEvent(), view.index()).targets.map(({ bridge, ref }) => [bridge, ref.conversation]);
  expect([view.list().map(({ name }) => name), targets()]).toEqual([['one'], [['one', 'a']]]);
  view.replace([bridgeOf('two', 'pigeon:loft', 'raven:b')]);
  expect([view.list().map(({ name }) => name), targets()]).toEqual([['two'], [['two', 'b']]]);
});

test('rooms of a bridge for tests are read as written', () => {
  expect(bridgeOf('b', 'telegram:-100:7').members[0]).toEqual({
    platform: platformId('telegram'),
    conversation: conversationId('-100:7'),
    direction: 'both',
  });
});
