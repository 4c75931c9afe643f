import { type BridgeEvent, type InboundEnvelope, conversationId, eventId, makeDelivery, messageId, paragraphs, userId } from '@bridge/core';
import { type RoleContext, testMessageSchema, testPlatform } from '@bridge/runtime';
import { type Decision, type Unroutable, dropped, routed } from './decision.ts';

/** `bridge send`: one message from the bridge itself to every member of one bridge, through the same queues as all others. */
export function decideTest(context: RoleContext, envelope: InboundEnvelope): readonly Decision[] | Unroutable {
  const read = testMessageSchema.safeParse(envelope.raw);
  if (!read.success) return { reason: 'unparseable', detail: 'This is no message of `bridge send`; discard it.' };
  const { bridge: name, text } = read.data;
  const event = testEvent(envelope, text);
  const at = Date.now();
  const bridge = context.bridges.list().find((candidate) => candidate.name === name);
  if (bridge === undefined) return [dropped(context, envelope, { reason: 'no-such-bridge', event })];
  if (!bridge.enabled) return [dropped(context, envelope, { reason: 'bridge-disabled', event })];
  const deliveries = bridge.members
    .filter((member) => member.direction !== 'in')
    .map((ref) => makeDelivery({ event, bridge: name, ref, receivedAt: envelope.receivedAt, routedAt: at }));
  return deliveries.length === 0
    ? [dropped(context, envelope, { reason: 'one-way', event })]
    : [routed(envelope, event, { deliveries, at })];
}

function testEvent(envelope: InboundEnvelope, text: string): BridgeEvent {
  const message = messageId(envelope.eventKey);
  return {
    v: 1,
    type: 'message.created',
    id: eventId(testPlatform, message),
    source: testPlatform,
    message,
    eventKey: envelope.eventKey,
    author: { id: userId('bridge'), name: 'bridge', displayName: 'Bridge test', isBot: true },
    channel: { id: conversationId('bridge'), name: 'bridge send', type: 'direct' },
    timestamp: new Date(envelope.receivedAt).toISOString(),
    platform: {},
    content: { text, attachments: [], metadata: {}, body: paragraphs(text) },
  };
}
