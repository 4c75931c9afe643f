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
