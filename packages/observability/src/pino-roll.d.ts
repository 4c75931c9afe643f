/** pino-roll ships no types; this is the part that we use. */
declare module 'pino-roll' {
  import type { EventEmitter } from 'node:events';
  /** Emits `ready` once the file is open, and `error`. */
  export interface RollingFile extends EventEmitter {
    write(line: string): boolean;
    flushSync(): void;
  }
  export default function roll(options: {
    file: string;
    extension?: string;
    frequency?: 'daily' | 'hourly' | number;
    size?: string;
    limit?: { count: number };
    mkdir?: boolean;
  }): Promise<RollingFile>;
}
