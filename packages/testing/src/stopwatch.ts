import { monitorEventLoopDelay } from 'node:perf_hooks';

/** Time, and what of it the machine itself may have wasted. */
export interface Stopwatch {
  /** Milliseconds since the start. */
  elapsedMs(): number;
  /**
   * What to add to a limit: next to nothing on a machine that has time, much on one that has not. For limits that are a promise to
   * users; anything else is better awaited by condition.
   */
  slackMs(): number;
}

/** A timer that the machine keeps waiting this long keeps other steps waiting as often as this. */
const stepsPerLimit = 20;

/** Starts measuring how late timers come, and the time. */
export function startStopwatch(): Stopwatch {
  const started = performance.now();
  const delays = monitorEventLoopDelay({ resolution: 10 });
  delays.enable();
  return {
    elapsedMs: () => performance.now() - started,
    slackMs: () => (stepsPerLimit * delays.max) / 1_000_000,
  };
}

/**
 * One of so many attempts has to be right. For what goes by the clock of another process, or is given up there after a time: a
 * pause of the machine spoils one attempt, and a bug all of them. Anything else is better awaited by condition. `forgives` says
 * what an attempt may fail with; anything where absent.
 * @throws what the last attempt threw, or one that is not forgiven.
 */
export async function bestOf<T>(
  attempts: number,
  attempt: (number: number) => Promise<T>,
  forgives: (error: unknown) => boolean = () => true,
): Promise<T> {
  for (let number = 1; ; number += 1) {
    try {
      return await attempt(number);
    } catch (error) {
      if (number >= attempts || !forgives(error)) throw error;
    }
  }
}
