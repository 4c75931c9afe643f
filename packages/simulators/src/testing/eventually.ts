import { expect } from 'vitest';

/** Waits until the assertion holds: seconds, as the machine may be busy with other tests. */
export const eventually = <T>(look: () => T) => expect.poll(look, { timeout: 30_000, interval: 5 });
