import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '@bridge/core';
import type { JourneyStep } from '@bridge/runtime';
import { z } from 'zod';
import type { Feed } from './feed.ts';
import type { StatusView, StepView } from './protocol.ts';

const everyMs = 1_500;

/** Asks the bridge how it is, again and again, and tells the pages. */
export async function watchHealth(ingress: URL, feed: Feed, signal: AbortSignal): Promise<void> {
  let seen = false;
  while (!signal.aborted) {
    const status = await askHealth(ingress);
    seen ||= status !== undefined;
    if (status || seen) feed.setStatus(status ?? { state: 'unhealthy', detail: 'it does not answer' });
    await sleep(seen ? everyMs : 100, undefined, { signal }).catch(() => undefined);
  }
}

const healthSchema = z.object({ status: z.enum(['healthy', 'degraded', 'unhealthy']), problems: z.array(z.string()).exactOptional() });

async function askHealth(ingress: URL): Promise<StatusView | undefined> {
  try {
    const response = await fetch(new URL('/health', ingress), { signal: AbortSignal.timeout(2_000) });
    const body = healthSchema.parse(await response.json());
    return { state: body.status, ...(body.problems?.[0] === undefined ? {} : { detail: body.problems[0] }) };
  } catch {
    return undefined;
  }
}

/** Passes the bridge's journeys on to the pages. */
export async function watchJourneys(steps: AsyncIterable<JourneyStep>, feed: Feed, log: Log): Promise<void> {
  try {
    for await (const step of steps) feed.send({ kind: 'journey', step: view(step) });
  } catch (error) {
    log.warn({ err: error }, 'journeys cannot be followed');
  }
}

function view(step: JourneyStep): StepView {
  const { target, ...rest } = step;
  return { ...rest, ...(target === undefined ? {} : { target: target.platform }) };
}
