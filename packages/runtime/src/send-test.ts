import { randomUUID } from 'node:crypto';
import { type RedisTarget, conversationId } from '@bridge/core';
import { createKeys, openQueues, producerConnection, waitUntilReady } from '@bridge/queue';
import { type JourneyStep, createJourneys } from '@bridge/store';
import type { Redis } from 'ioredis';
import { testPlatform } from './test-message.ts';

export interface SendTestOptions {
  readonly target: RedisTarget;
  /** REDIS_PREFIX. */
  readonly prefix: string;
  readonly bridge: string;
  readonly text: string;
  readonly timeoutMs: number;
  /** Ends the waiting before the time is up. */
  readonly signal?: AbortSignal;
  /** Called with every step that the message takes. */
  readonly onStep: (step: JourneyStep) => void;
}

/** What has no end yet when the time is up: `router` when not even that took it. */
export type SendTestResult =
  | { readonly done: true; readonly failed: boolean }
  | { readonly done: false; readonly missing: 'router' | 'sender' };

/** Somebody waits at a terminal. */
const connectMs = 3_000;

/**
 * Puts a message of the bridge's own on the inbound queue and follows it to its ends.
 * @throws {RedisUnreachable | QueueUnavailable}
 */
export async function sendTest(options: SendTestOptions): Promise<SendTestResult> {
  const { target, prefix, bridge, text } = options;
  const redis = producerConnection({ target, name: 'bridge-send' });
  try {
    await waitUntilReady(redis, connectMs);
    const queues = await openQueues({ producer: redis, prefix, platforms: [] });
    const from = await nowOf(redis);
    const eventKey = randomUUID();
    const envelope = { v: 1, platform: testPlatform, conversation: conversationId('bridge'), eventKey, receivedAt: Date.now() } as const;
    await queues.accept({ ...envelope, raw: { bridge, text } });
    const journeys = createJourneys({ redis, keys: createKeys({ prefix }) });
    const ends = [AbortSignal.timeout(options.timeoutMs), ...(options.signal === undefined ? [] : [options.signal])];
    const steps = journeys.follow({ signal: AbortSignal.any(ends), from });
    return await follow(steps, eventKey, options.onStep);
  } finally {
    redis.disconnect();
  }
}

/** The stream id of this moment by Redis' own clock: taken before the message leaves, so that no step of it is missed. */
async function nowOf(redis: Redis): Promise<string> {
  const [seconds, microseconds] = await redis.time();
  return `${Number(seconds) * 1_000 + Math.floor(Number(microseconds) / 1_000) - 1}-0`;
}

async function follow(steps: AsyncIterable<JourneyStep>, eventKey: string, onStep: (step: JourneyStep) => void): Promise<SendTestResult> {
  let open: number | undefined;
  let failed = false;
  for await (const step of steps) {
    if (step.eventKey !== eventKey) continue;
    onStep(step);
    if (step.step === 'dropped' && step.target === undefined) return { done: true, failed: true };
    if (step.step === 'routed') open = step.targets?.length ?? 0;
    if (step.step === 'dead-lettered' || step.step === 'dropped') failed = true;
    if (step.step === 'dead-lettered' || step.step === 'dropped' || step.step === 'delivered') open = (open ?? 0) - 1;
    if (open === 0) return { done: true, failed };
  }
  return { done: false, missing: open === undefined ? 'router' : 'sender' };
}
