import { setTimeout as sleep } from 'node:timers/promises';
import type { RoleContext } from './role.ts';

const firstDelayMs = 1_000;
const maxDelayMs = 300_000;

/** Registers our webhooks at the platforms that let a bot do so, again and again until it worked. Never throws. */
export async function registerWebhooks(context: RoleContext, signal: AbortSignal): Promise<void> {
  const { publicUrl } = context;
  if (!publicUrl) return;
  await Promise.all(
    [...context.platforms].map(async ([platform, { instance }]) => {
      if (!instance.register) return;
      for (let delayMs = firstDelayMs; !signal.aborted; delayMs = Math.min(delayMs * 2, maxDelayMs)) {
        try {
          await instance.register(publicUrl, signal);
          return context.log.info({ platform }, 'webhook is registered');
        } catch (error) {
          context.log.warn({ platform, err: error, retryInMs: delayMs }, 'webhook is not registered yet');
        }
        await sleep(delayMs, undefined, { signal, ref: false }).catch(() => undefined);
      }
    }),
  );
}
