import { type EventEmitter, once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';

/** A stream of pino's, which writes behind our back and emits `drain` when all of it is written. */
export interface LogStream extends EventEmitter {
  write(text: string): unknown;
  flushSync(): void;
}

/** Where log lines go, in the order in which they were logged. */
export interface LineWriter {
  write(text: string): void;
  /** Resolves when everything is written, or nobody takes it. */
  flush(): Promise<void>;
  /** At once, for a process that ends now; what is being written at that moment may come after it. */
  flushSync(): void;
}

/** What nobody takes within this time must not keep a process that is to end. */
const patienceMs = 500;

/** `flushSync` alone would overtake what the stream is writing at that moment, and would try for ever what cannot be written. */
export function inOrder(stream: LogStream): LineWriter {
  let state: 'written' | 'writing' | 'lost' = 'written';
  stream.on('drain', () => {
    state = 'written';
  });
  // Whatever it is, the bridge goes on without its log. A broken pipe, which nobody reads any more, is dropped by pino as well.
  stream.on('error', (error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'EPIPE') state = 'lost';
  });
  const flushSync = () => {
    if (state !== 'lost') stream.flushSync();
  };
  return {
    write(text) {
      if (state === 'lost') return;
      state = 'writing';
      stream.write(text);
    },
    async flush() {
      if (state === 'writing' && !(await drained(stream))) state = 'lost';
      flushSync();
    },
    flushSync,
  };
}

/** False when it fails, or takes too long. */
async function drained(stream: LogStream): Promise<boolean> {
  const over = new AbortController();
  const { signal } = over;
  try {
    return await Promise.race([
      once(stream, 'drain', { signal }).then(
        () => true,
        () => false,
      ),
      sleep(patienceMs, false, { signal }).catch(() => false),
    ]);
  } finally {
    over.abort();
  }
}
