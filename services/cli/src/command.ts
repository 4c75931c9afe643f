import type { Platform } from '@bridge/core';

/** All that a command has of the world, so that tests need no process. */
export interface Io {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdout: (text: string) => void;
  readonly stderr: (text: string) => void;
  /** The first line of standard input, empty when there is none. */
  readonly line: () => Promise<string>;
  /** Every platform there is; loaded only by commands that need it. */
  readonly platforms: () => Promise<readonly Platform[]>;
}

/** What a file under commands exports: does the work and gives the exit code, 0 done, 1 failed. */
export type Run = (args: readonly string[], io: Io) => Promise<number>;

export interface Command {
  readonly name: string;
  /** One line of `bridge --help`. */
  readonly summary: string;
  /** `bridge <name> --help`, without the first line's `Usage: `. */
  readonly usage: string;
  readonly run: Run;
}

/** The command line was not understood: exit code 2. The message says how to write it. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
