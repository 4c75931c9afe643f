import { setTimeout as sleep } from 'node:timers/promises';

export interface UntilOptions {
  readonly timeoutMs?: number;
  /** Said when the time is up. */
  readonly why?: () => string;
}

/** Waits until the condition holds. @throws when it does not in time. */
export async function until(condition: () => boolean | Promise<boolean>, { timeoutMs = 45_000, why }: UntilOptions = {}): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`Not so within ${timeoutMs} ms: ${why?.() ?? condition.toString()}`);
    await sleep(10);
  }
}
