import { Failure, lastLines } from './failure.mjs';

/**
 * @typedef {{ shell: import('./shell.mjs').Shell, env: NodeJS.ProcessEnv, say: (line: string) => void, dir: string }} Context
 *   what every step is handed: how to run programs, with which environment, where to print, and the folder for what is kept
 */

const shownLines = 40;

/** @param {number} since */
export function seconds(since) {
  return `${((performance.now() - since) / 1000).toFixed(1)} s`;
}

/**
 * One step of the set-up: one line with its duration when it is done, or the end of its output and what mends it.
 *
 * @template T
 * @param {Context} context
 * @param {{ name: string, show?: (result: T) => string }} about `show` says in a few words what came out, if anything
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function step(context, { name, show = () => '' }, work) {
  const since = performance.now();
  if (process.stdout.isTTY) process.stdout.write(`… ${name}`);
  try {
    const result = await work();
    const shown = show(result);
    context.say(`✓ ${name}${shown === '' ? '' : `: ${shown}`} (${seconds(since)})`);
    return result;
  } catch (error) {
    context.say(`✗ ${name} (${seconds(since)})`);
    throw error;
  }
}

/**
 * @param {unknown} error
 * @returns {string} everything worth showing: the output's end, the reason, the fix
 */
export function explainError(error) {
  if (!(error instanceof Failure)) return error instanceof Error ? (error.stack ?? error.message) : String(error);
  const output = error.output === '' ? '' : `${lastLines(error.output, shownLines).replace(/^/gm, '  ')}\n\n`;
  return `${output}${error.message}\nTo mend it: ${error.fix}`;
}
