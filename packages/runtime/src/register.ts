import { setTimeout as sleep } from 'node:timers/promises';
import type { PlatformId } from '@bridge/core';
import type { ActivePlatform, RoleContext } from './role.ts';

/** Delays between two tries, milliseconds: doubled from the first up to the last. */
export interface RegisterTiming {
  readonly firstDelayMs: number;
  readonly maxDelayMs: number;
}
const defaultTiming: RegisterTiming = { firstDelayMs: 1_000, maxDelayMs: 300_000 };

/**
 * Registers our webhooks at the platforms that let a bot do so, again and again until it worked or `signal` aborts.
 * Never rejects.
 */
export async function registerWebhooks(context: RoleContext, signal: AbortSignal, timing: RegisterTiming = defaultTiming): Promise<void> {
  const { publicUrl } = context;
  if (publicUrl === undefined) return;
  await Promise.all([...context.platforms].map((one) => registerOne(one, { context, publicUrl, signal, timing })));
}

interface Registering {
  readonly context: RoleContext;
  readonly publicUrl: URL;
  readonly signal: AbortSignal;
  readonly timing: RegisterTiming;
}

async function registerOne([platform, { instance }]: readonly [PlatformId, ActivePlatform], options: Registering): Promise<void> {
  const { context, publicUrl, signal, timing } = options;
  if (instance.register === undefined) return;
  for (let delayMs = timing.firstDelayMs; !signal.aborted; delayMs = Math.min(delayMs * 2, timing.maxDelayMs)) {
    try {
      await instance.register(publicUrl, signal);
      return context.log.info({ platform }, 'webhook is registered');
    } catch (error) {
      if (signal.aborted) return;
      context.log.warn({ platform, err: error, retryInMs: delayMs }, 'webhook is not registered yet');
    }
    await sleep(delayMs, undefined, { signal, ref: false }).catch(() => undefined);
  }
}
