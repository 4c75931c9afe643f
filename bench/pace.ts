import { setTimeout as sleep } from 'node:timers/promises';

/** Calls `act` `count` times at `perSecond`, on schedule: a slow call does not slow the schedule down. */
export async function pace(options: {
  readonly perSecond: number;
  readonly count: number;
  readonly act: (n: number) => void;
}): Promise<void> {
  const start = performance.now();
  for (let n = 0; n < options.count; n += 1) {
    const due = start + (n * 1000) / options.perSecond;
    const wait = due - performance.now();
    if (wait > 1) await sleep(wait);
    options.act(n);
  }
}
