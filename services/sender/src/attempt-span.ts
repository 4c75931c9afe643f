import type { Attempt, SpanOptions } from '@bridge/runtime';

/** The span of a delivery attempt; its attributes are called what they are called in the line `delivery.attempted`. */
export function spanOf({ delivery, attempt, ambiguous }: Attempt): SpanOptions {
  const { id, bridge, platform, event, traceparent: parent } = delivery;
  const attributes = { delivery: id, bridge, type: event.type, source: event.source, target: platform, attempt, ambiguous };
  return { name: `deliver ${platform}`, kind: 'consumer', parent, attributes };
}
