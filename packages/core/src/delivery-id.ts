import { hash } from 'node:crypto';
import type { Show } from './bridge.ts';
import { isJson, limitDepth } from './depth.ts';
import type { ConversationId, ConversationRef, DeliveryId, MessageId, PlatformId } from './ids.ts';
import type { BridgeEvent, Delivery } from './message.ts';

const idLength = 20;

/**
 * The id of one event for one target: 20 characters of `[a-z0-9]`, the same in every process and at every retry.
 * `eventKey` must be unique over all platforms here; `makeDelivery` sees to that.
 */
export function deliveryId(eventKey: string, platform: PlatformId, conversation: ConversationId): DeliveryId {
  const digest = hash('sha256', JSON.stringify([eventKey, platform, conversation]), 'hex');
  const id = (BigInt(`0x${digest}`) % 36n ** BigInt(idLength)).toString(36).padStart(idLength, '0');
  return id as DeliveryId;
}

/** The standard message's `id`: `<platform>_<message id>`. */
export const eventId = (platform: PlatformId, message: MessageId): string => `${platform}_${message}`;

// A delivery is parsed again on its way out of the queue: what would be refused there is mended here, where nothing is lost yet.
function storable(event: BridgeEvent): BridgeEvent {
  const { content } = event;
  const body = limitDepth(content.body);
  const metadata = isJson(content.metadata) ? content.metadata : {};
  // Nearly always the same one, so that its deliveries share it and it is looked through once for all of them.
  return body === content.body && metadata === content.metadata ? event : { ...event, content: { ...content, body, metadata } };
}

export interface DeliveryInput {
  readonly event: BridgeEvent;
  readonly bridge: string;
  readonly ref: ConversationRef;
  readonly show?: Show;
  /** Unix milliseconds. */
  readonly receivedAt: number;
  readonly routedAt: number;
}

/**
 * An entry of an outbound queue, from a target that `route` found. Its id comes from the event and the target alone,
 * so routing the same event twice gives the same deliveries.
 */
export function makeDelivery(input: DeliveryInput): Delivery {
  const { event, bridge, ref, show, receivedAt, routedAt } = input;
  // Type and message too: one event of a platform may be parsed into several of ours, which share its key.
  const key = JSON.stringify([event.source, event.eventKey, event.type, event.message]);
  const { platform, conversation } = ref;
  return {
    v: 1,
    id: deliveryId(key, platform, conversation),
    bridge,
    platform,
    conversation,
    receivedAt,
    routedAt,
    ...(show === undefined ? {} : { show }),
    event: storable(event),
  };
}
