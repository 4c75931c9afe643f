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
  /** Resolves when everything is written. */
  flush(): Promise<void>;
  /** At once, for a process that ends now; what is being written at that moment may come after it. */
  flushSync(): void;
}

/** What nobody takes within this time must not keep a process that is to end. */
const patienceMs = 500;

/** `flushSync` alone would overtake what the stream is writing at that moment. */
export function inOrder(stream: LogStream): LineWriter {
  let writing = false;
  stream.on('drain', () => {
    writing = false;
  });
  const flushSync = () => stream.flushSync();
  return {
    write(text) {
      writing = true;
      stream.write(text);
    },
    async flush() {
      if (writing) await Promise.race([once(stream, 'drain').catch(() => undefined), sleep(patienceMs, undefined, { ref: false })]);
      flushSync();
    },
    flushSync,
  };
}
