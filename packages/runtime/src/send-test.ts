import { randomUUID } from 'node:crypto';
import { type RedisTarget, conversationId } from '@bridge/core';
import { openQueues, producerConnection, waitUntilReady } from '@bridge/queue';
import type { JourneyStep } from '@bridge/store';
import { connectJourneys } from './journeys-client.ts';
import { testPlatform } from './test-message.ts';

export interface SendTestOptions {
  readonly target: RedisTarget;
  readonly prefix: string;
  readonly bridge: string;
  readonly text: string;
  readonly timeoutMs: number;
  /** Called with every step that the message takes. */
  readonly onStep: (step: JourneyStep) => void;
}

/** What has no end yet when the time is up: `router` when not even that took it. */
export type SendTestResult = { readonly done: true; readonly failed: boolean } | { readonly done: false; readonly missing: 'router' | 'sender' };

/**
 * Puts a message of the bridge's own on the inbound queue and follows it to its ends.
 * @throws {RedisUnreachable | QueueUnavailable}
 */
export async function sendTest(options: SendTestOptions): Promise<SendTestResult> {
  const { target, prefix, bridge, text } = options;
  const journeys = await connectJourneys({ target, prefix });
  const producer = producerConnection({ target, name: 'bridge-send' });
  const ended = AbortSignal.timeout(options.timeoutMs);
  const stop = new AbortController();
  try {
    await waitUntilReady(producer);
    const queues = await openQueues({ producer, prefix, platforms: [] });
    const eventKey = randomUUID();
    const result = follow(journeys.follow(AbortSignal.any([ended, stop.signal])), eventKey, options.onStep);
    await queues.accept({ v: 1, platform: testPlatform, conversation: conversationId('bridge'), eventKey, receivedAt: Date.now(), raw: { bridge, text } });
    const answer = await result;
    await queues.close();
    return answer;
  } finally {
    stop.abort();
    producer.disconnect();
    await journeys.close();
  }
}

async function follow(steps: AsyncIterable<JourneyStep>, eventKey: string, onStep: (step: JourneyStep) => void): Promise<SendTestResult> {
  let open: number | undefined;
  let failed = false;
  for await (const step of steps) {
    if (step.eventKey !== eventKey) continue;
    onStep(step);
    if (step.step === 'routed') open = (open ?? 0) + (step.targets?.length ?? 0);
    if (step.step === 'dropped' && step.target === undefined) return { done: true, failed: true };
    if (step.step === 'dead-lettered' || step.step === 'dropped') failed = true;
    if (step.step === 'dead-lettered' || step.step === 'dropped' || step.step === 'delivered') open = (open ?? 0) - 1;
    if (open === 0) return { done: true, failed };
  }
  return { done: false, missing: open === undefined ? 'router' : 'sender' };
}
