import { QueueUnavailable } from '@bridge/queue';
import { bestOf } from '@bridge/testing/stopwatch';

const mostTries = 5;

/**
 * Offers an event again where Redis did not answer in time, as a platform does and a gateway: a machine that stands still for
 * some seconds is no fault of what is tested. What was taken all the same counts once, by its key.
 * @throws what `offer` throws, a `QueueUnavailable` only when it does so again and again.
 */
export const untilTaken = <T>(offer: () => Promise<T>): Promise<T> =>
  bestOf(mostTries, offer, (error) => error instanceof QueueUnavailable);
