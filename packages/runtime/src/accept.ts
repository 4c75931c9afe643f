import type { PlatformId, RawEvent } from '@bridge/core';
import { type OpenSpan, inSpan } from '@bridge/observability';
import { QueueUnavailable } from '@bridge/queue';
import type { RoleContext } from './role.ts';

/**
 * Puts an event on the inbound queue and counts it: what ingress and gateway do with whatever they are told. Resolves with
 * whether it was new.
 * @throws {QueueUnavailable} when Redis does not take it; it must then be offered again.
 */
export function acceptEvent(context: RoleContext, platform: PlatformId, event: RawEvent): Promise<boolean> {
  const attributes = { source: platform, eventKey: event.eventKey };
  return inSpan({ name: `receive ${platform}`, kind: 'server', attributes }, (span) => accept(context, platform, { event, span }));
}

interface Accepting {
  readonly event: RawEvent;
  readonly span: OpenSpan;
}

async function accept(context: RoleContext, platform: PlatformId, { event, span }: Accepting): Promise<boolean> {
  const { eventKey, conversation, raw } = event;
  const { traceparent } = span;
  const trace = traceparent === undefined ? {} : { traceparent };
  try {
    const result = await context.queues.accept({ v: 1, platform, conversation, eventKey, receivedAt: Date.now(), raw, ...trace });
    context.metrics.accepted.inc({ platform, result });
    span.set({ outcome: result });
    return result === 'accepted';
  } catch (error) {
    if (error instanceof QueueUnavailable) throw error;
    // Our reading of it is at fault. Refused, it would come again and again and hold up everything behind it.
    context.metrics.ignored.inc({ platform, reason: 'unacceptable' });
    span.fail();
    context.log.error({ platform, err: error }, 'event has no usable key or conversation');
    return false;
  }
}
