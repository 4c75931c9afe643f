import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import pinoRoll from 'pino-roll';
import { inOrder } from './in-order.ts';

export interface Rotation {
  /** When a file is full, such as `50m`. */
  readonly size: string;
  /** How many full files stay beside the one being written. */
  readonly keep: number;
}

const defaultRotation: Rotation = { size: '50m', keep: 10 };

export interface LogFile {
  write(line: string): void;
  flush(): Promise<void>;
}

/**
 * `bridge.<n>.log` in a folder, a new one each day and whenever one is full.
 * @throws an Error with the fix when the folder cannot be written to.
 */
export async function openLogFile(directory: string, rotation: Rotation = defaultRotation): Promise<LogFile> {
  const file = await open(directory, rotation).catch((cause: unknown) => {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown error';
    const fix = 'let the user that runs the bridge write there, set LOG_DIR to another folder, or ENABLE_FILE_LOGGING=false';
    throw new Error(`No log file can be written in ${directory} (${code}); ${fix}.`, { cause });
  });
  // A full disk costs the lines in the file; standard output still has them, and messages do not stop for it.
  const lines = inOrder(file);
  return {
    write: (line) => lines.write(line),
    // Between two files there is nothing open to flush to.
    flush: () => lines.flush().catch(() => undefined),
  };
}

async function open(directory: string, { size, keep }: Rotation) {
  mkdirSync(directory, { recursive: true });
  const file = await pinoRoll({ file: join(directory, 'bridge'), extension: '.log', frequency: 'daily', size, limit: { count: keep } });
  // A flush before that would throw, and hide why the process ends so early.
  await once(file, 'ready');
  return file;
}
