import { once } from 'node:events';
import type { Writable } from 'node:stream';

/** Where bytes go, and for how long. */
export interface PumpOptions {
  readonly into: Writable;
  /** Once aborted nothing more is read. */
  readonly signal: AbortSignal;
  /** Told of each piece that was taken. */
  moved(): void;
}

/** Writes all of a source, no faster than it is taken, and closes the source whatever happens. @throws what the source throws. */
export async function pump(source: AsyncGenerator<Uint8Array>, { into, signal, moved }: PumpOptions): Promise<void> {
  try {
    for await (const chunk of source) {
      if (signal.aborted) return;
      moved();
      if (!into.write(chunk)) await drained(into, signal);
      moved();
    }
  } catch (error) {
    // The download of a file ends when its upload does; that is no trouble of the file's.
    if (!signal.aborted) throw error;
  }
}

async function drained(into: Writable, signal: AbortSignal): Promise<void> {
  // Aborted when the connection is lost, too.
  await once(into, 'drain', { signal }).catch(() => undefined);
}
