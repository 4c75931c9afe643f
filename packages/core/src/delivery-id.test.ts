import { bodyArbitrary, eventArbitrary } from '@bridge/testing/arbitraries';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { deliveryId, eventId, makeDelivery } from './delivery-id.ts';
import { conversationId, messageId, platformId } from './ids.ts';
import { deliverySchema } from './message.ts';
import type { Body } from './rich-text.ts';

const ref = { platform: platformId('discord'), conversation: conversationId('c1') };
const times = { bridge: 'community', receivedAt: 1, routedAt: 2 };
const [event] = fc.sample(eventArbitrary, { numRuns: 1, seed: 7 });
if (event === undefined) throw new Error('fast-check gave no sample');

test('an id never changes: queues on disk go by it', () => {
  expect(deliveryId('key', ref.platform, ref.conversation)).toBe('i2ttt14xqvrf033nkcot');
});

test('ids have 20 characters that fit a nonce and a job id', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string(), fc.string(), (key, platform, conversation) => {
      expect(deliveryId(key, platformId(platform), conversationId(conversation))).toMatch(/^[a-z0-9]{20}$/);
    }),
  );
});

test('different events or targets have different ids, however their parts are put together', () => {
  const part = fc.constantFrom('', 'a', 'b', 'ab', '"', ',', '","', '\\');
  const triple = fc.tuple(part, part, part);
  fc.assert(
    fc.property(triple, triple, (one, other) => {
      const id = ([key, platform, conversation]: typeof one): string => deliveryId(key, platformId(platform), conversationId(conversation));
      expect(id(one) === id(other)).toBe(JSON.stringify(one) === JSON.stringify(other));
    }),
  );
});

test('a delivery meets its own schema and has the same id each time', () => {
  fc.assert(
    fc.property(eventArbitrary, (some) => {
      const delivery = makeDelivery({ event: some, ref, ...times });
      expect(deliverySchema.parse(JSON.parse(JSON.stringify(delivery)))).toEqual(delivery);
      expect(makeDelivery({ event: structuredClone(some), ref, bridge: 'another', receivedAt: 8, routedAt: 9 }).id).toBe(delivery.id);
      expect(delivery).toMatchObject({
        platform: 'discord',
        conversation: 'c1',
        bridge: 'community',
        receivedAt: 1,
        routedAt: 2,
        event: some,
      });
    }),
  );
});

test('events of different platforms that share a key do not share an id, nor do two events made from one', () => {
  const id = (change: object): string => makeDelivery({ event: { ...event, ...change }, ref, ...times }).id;
  expect(id({ source: platformId('telegram') })).not.toBe(id({ source: platformId('cometchat') }));
  expect(id({ message: messageId('1') })).not.toBe(id({ message: messageId('2') }));
  expect(id({ type: 'message.created' })).not.toBe(id({ type: 'message.deleted' }));
  expect(id({ eventKey: '1' })).not.toBe(id({ eventKey: '2' }));
});

test('what the queue would refuse on the way out is mended on the way in', () => {
  fc.assert(
    fc.property(bodyArbitrary, (inner) => {
      let body: Body = inner;
      for (let level = 0; level < 5_000; level += 1) body = [{ type: 'quote', children: body }];
      const circle: { [key: string]: unknown } = {};
      circle['self'] = circle;
      const hostile = { ...event, content: { ...event.content, body, metadata: JSON.parse('{"a":1}') } };
      Object.assign(hostile.content.metadata, circle);
      expect(deliverySchema.safeParse(makeDelivery({ event: hostile, ref, ...times })).success).toBe(true);
    }),
    { numRuns: 10 },
  );
});

test('the standard id is the platform and the message', () => {
  expect(eventId(platformId('telegram'), messageId('42'))).toBe('telegram_42');
});
