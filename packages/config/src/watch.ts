import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Bridge } from '@bridge/core';
import type { BridgesResult } from './bridges.ts';
import type { Problem } from './problem.ts';
import { codeOf } from './sources.ts';

export interface WatchOptions {
  /** Path that can be opened as it is. */
  readonly path: string;
  readonly parse: (text: string) => BridgesResult;
  /** Called with every new content that is valid; a throw is reported and the watch goes on. */
  readonly onChange: (bridges: readonly Bridge[]) => void | Promise<void>;
  /** Called once for each content that is refused, and once when the file is gone; what was in force stays so. */
  readonly onProblem: (problems: readonly Problem[]) => void;
  /** The content in force; without it the first one read is reported as a change. */
  readonly current?: string;
  readonly intervalMs?: number;
  /** An editor may write a file in several steps; a content counts only when it still stands after this. 150 ms by default. */
  readonly settle?: (signal: AbortSignal) => Promise<void>;
  readonly signal: AbortSignal;
}

/**
 * Follows bridges.yaml until `signal` aborts, then resolves; never rejects. Polls and compares contents, as neither
 * file events nor times of change are reliable on bind mounts, network drives and atomic renames; the file is small.
 */
export async function watchBridges(options: WatchOptions): Promise<void> {
  const { signal, intervalMs = 2_000 } = options;
  let inForce = options.current === undefined ? undefined : digest(options.current);
  while (!signal.aborted) {
    const seen = await look(options.path);
    if (seen.digest !== inForce && (await isSettled(options, seen))) {
      inForce = seen.digest;
      await report(seen, options);
    }
    await pause(intervalMs, signal);
  }
}

/** One look at the file: its content, or why there is none. */
interface Look {
  readonly digest: string;
  readonly text?: string;
}

async function look(path: string): Promise<Look> {
  try {
    const text = await readFile(path, 'utf8');
    return { text, digest: digest(text) };
  } catch (error) {
    return { digest: codeOf(error) };
  }
}

const digest = (text: string): string => createHash('sha256').update(text).digest('base64');

async function isSettled(options: WatchOptions, seen: Look): Promise<boolean> {
  await (options.settle ?? aMoment)(options.signal);
  return !options.signal.aborted && (await look(options.path)).digest === seen.digest;
}

async function report(seen: Look, options: WatchOptions): Promise<void> {
  const { path: file } = options;
  const refuse = (message: string, fix: string): void => options.onProblem([{ file, message, fix }]);
  if (seen.text === undefined)
    return refuse(`${file} cannot be read any more (${seen.digest}); the last good one stays in force`, 'put the file back');
  const result = options.parse(seen.text);
  if (!result.ok) return options.onProblem(result.problems);
  try {
    await options.onChange(result.bridges);
  } catch {
    refuse(
      `${file} is valid but could not be put in force; the last good one stays`,
      'save the file again; restart the bridge if that does not help',
    );
  }
}

const aMoment = (signal: AbortSignal): Promise<void> => pause(150, signal);

/** Waits without keeping the process alive; ends early, without a rejection, on abort. */
async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal, ref: false }).catch(() => undefined);
}
