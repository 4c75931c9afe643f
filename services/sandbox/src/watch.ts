import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '@bridge/core';
import type { JourneyStep } from '@bridge/runtime';
import { z } from 'zod';
import type { BridgeProcess } from './bridge-process.ts';
import type { Feed } from './feed.ts';
import type { Ledger, Queued } from './ledger.ts';
import type { StatusView, StepView } from './protocol.ts';

const soonMs = 150;

export interface HealthOptions {
  readonly ingress: URL;
  readonly feed: Feed;
  /** Absent where the bridge is not our child: nobody tells when it is killed then. */
  readonly bridge?: Pick<BridgeProcess, 'restarts' | 'killed'>;
  readonly signal: AbortSignal;
  /** How long it waits after an answer before it asks again; 1,500 where absent. */
  readonly everyMs?: number;
}

const elsewhere = { restarts: 0, killed: new AbortController().signal };

/** Asks the bridge how it is, again and again, and tells the pages. */
export async function watchHealth({ ingress, feed, bridge = elsewhere, signal, everyMs = 1_500 }: HealthOptions): Promise<void> {
  /** The number of restarts at which it last answered: one that starts does not answer yet, and that is no fault. */
  let answered: number | undefined;
  while (!signal.aborted) {
    // Both before it is asked: no kill may fall between the answer and the wait, or it is up again before the next question.
    const { killed, restarts } = bridge;
    const status = await askHealth(ingress);
    if (signal.aborted) return;
    if (status) answered = restarts;
    feed.setStatus(status ?? silence(answered === bridge.restarts, bridge.restarts));
    await sleep(status ? everyMs : soonMs, undefined, { signal: AbortSignal.any([signal, killed]) }).catch(() => undefined);
  }
}

function silence(answered: boolean, restarts: number): StatusView {
  if (answered) return { state: 'unhealthy', detail: 'it does not answer' };
  return { state: restarts === 0 ? 'starting' : 'restarting' };
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

const ledgerMs = 500;
const queuesSchema = z.object({ queues: z.array(z.object({ waiting: z.number(), dead: z.number() })) });

/** Counts again and again, with what the bridge says of its queues. */
export async function watchLedger({
  ingress,
  feed,
  ledger,
  signal,
}: Omit<HealthOptions, 'bridge' | 'everyMs'> & { readonly ledger: Ledger }): Promise<void> {
  while (!signal.aborted) {
    feed.setLedger(ledger.view(await askQueues(ingress)));
    await sleep(ledgerMs, undefined, { signal }).catch(() => undefined);
  }
}

async function askQueues(ingress: URL): Promise<Queued> {
  try {
    const response = await fetch(new URL('/status', ingress), { signal: AbortSignal.timeout(2_000) });
    const { queues } = queuesSchema.parse(await response.json());
    const sum = (of: 'waiting' | 'dead'): number => queues.reduce((total, queue) => total + queue[of], 0);
    return { waiting: sum('waiting'), dead: sum('dead') };
  } catch {
    return undefined;
  }
}

/** Passes the bridge's journeys on to the pages. */
export async function watchJourneys(steps: AsyncIterable<JourneyStep>, feed: Feed, log: Log): Promise<void> {
  try {
    for await (const step of steps) feed.step(view(step));
  } catch (error) {
    log.warn({ err: error }, 'journeys cannot be followed');
  }
}

function view({ target, targets, ...rest }: JourneyStep): StepView {
  return {
    ...rest,
    ...(target === undefined ? {} : { target: target.platform }),
    ...(targets === undefined ? {} : { targets: targets.map(({ platform }) => platform) }),
  };
}

const patienceMs = 1_000;

/** Waits for watchers that were told to stop. They only listen: a Redis that is gone may keep them waiting, and must not keep us. */
export async function settled(watchers: readonly Promise<void>[]): Promise<void> {
  const enough = new AbortController();
  await Promise.race([Promise.all(watchers), sleep(patienceMs, undefined, { signal: enough.signal }).catch(() => undefined)]);
  enough.abort();
}
