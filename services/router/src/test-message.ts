import { type BridgeEvent, type InboundEnvelope, conversationId, eventId, makeDelivery, messageId, paragraphs, userId } from '@bridge/core';
import { type JourneyStep, type RoleContext, testMessageSchema, testPlatform } from '@bridge/runtime';

/** `bridge send`: one message from the bridge itself to every member of one bridge, through the same queues as all others. */
export function testDeliveries(context: RoleContext, envelope: InboundEnvelope): { deliveries: ReturnType<typeof makeDelivery>[]; step: JourneyStep } {
  const { bridge: name, text } = testMessageSchema.parse(envelope.raw);
  const event = testEvent(envelope, text);
  const routedAt = Date.now();
  const bridge = context.bridges.list().find((candidate) => candidate.name === name && candidate.enabled);
  const deliveries = (bridge?.members ?? [])
    .filter((member) => member.direction !== 'in')
      .map((ref) => makeDelivery({ event, bridge: name, ref, receivedAt: envelope.receivedAt, routedAt }));
  const targets = deliveries.map(({ platform, conversation }) => ({ platform, conversation }));
  const about = { event: event.id, eventKey: event.eventKey, type: event.type, receivedAt: envelope.receivedAt, at: routedAt };
  if (deliveries.length === 0) return { deliveries, step: { ...about, step: 'dropped', reason: 'not-bridged' } };
  return { deliveries, step: { ...about, step: 'routed', routedAt, targets } };
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
