import { QueueUnavailable } from '@bridge/queue';

const mostTries = 5;

/**
 * Offers an event again where Redis did not answer in time, as a platform does and a gateway: a machine that stands still for
 * some seconds is no fault of what is tested. What was taken all the same counts once, by its key.
 * @throws what `offer` throws, a `QueueUnavailable` only when it does so again and again.
 */
export async function untilTaken<T>(offer: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await offer();
    } catch (error) {
      if (!(error instanceof QueueUnavailable) || tries === mostTries) throw error;
    }
  }
}
