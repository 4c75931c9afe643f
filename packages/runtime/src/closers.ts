import type { Log } from '@bridge/core';

/** Something that was started and has to be stopped. */
export interface Closer {
  readonly name: string;
  readonly graceMs: number;
  /** May take longer than `graceMs`, but nobody waits for it then. */
  close(graceMs: number): Promise<void>;
}

/** Stops what was started, whatever becomes of each. */
export interface Closers {
  /** What is added under the same stage is stopped together; stages are stopped from the last to the first. */
  add(stage: number, closer: Closer): void;
  /** Never rejects, and takes no longer than the longest `graceMs` of each stage together. */
  closeAll(): Promise<void>;
}

export function createClosers(log: Log): Closers {
  const stages = new Map<number, Closer[]>();
  return {
    add(stage, closer) {
      stages.set(stage, [...(stages.get(stage) ?? []), closer]);
    },
    async closeAll() {
      for (const stage of [...stages.keys()].toSorted((a, b) => b - a)) {
        const closers = stages.get(stage) ?? [];
        stages.delete(stage);
        await Promise.all(closers.map((closer) => closeOne(closer, log)));
      }
    },
  };
}

async function closeOne({ name, graceMs, close }: Closer, log: Log): Promise<void> {
  const { promise: late, resolve } = Promise.withResolvers<'late'>();
  const timer = setTimeout(() => resolve('late'), graceMs);
  try {
    if ((await Promise.race([close(graceMs), late])) === 'late') log.warn({ what: name, graceMs }, 'did not stop in time');
  } catch (error) {
    log.error({ what: name, err: error }, 'did not stop cleanly');
  } finally {
    clearTimeout(timer);
  }
}
