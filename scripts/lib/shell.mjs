import { spawn } from 'node:child_process';
import { accessSync, constants, readFileSync, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { errorCode } from './failure.mjs';
import { root } from './places.mjs';

/**
 * @typedef {{ code: number, output: string }} Result `code` is 128 + n after signal n, 127 where the program is missing
 * @typedef {{ cwd?: string, env?: NodeJS.ProcessEnv, timeoutMs?: number, live?: boolean }} RunOptions
 *   `live` shows the output as it comes instead of collecting it
 */

/** Runs programs and knows which are running, so that Ctrl-C leaves none behind. */
export class Shell {
  /** @type {Set<import('node:child_process').ChildProcess>} */
  #running = new Set();
  #stopped = false;

  /**
   * @param {string} command
   * @param {readonly string[]} args
   * @param {RunOptions} [options]
   * @returns {Promise<Result>}
   */
  run(command, args, options = {}) {
    // Nothing is begun any more, and nobody is told: the process is about to exit.
    if (this.#stopped) return new Promise(() => undefined);
    const { cwd = root, env = process.env, timeoutMs = 0, live = false } = options;
    return new Promise((resolve) => {
      const output = live ? 'inherit' : 'pipe';
      // A group of its own: a program that starts others is stopped together with them.
      const child = spawn(command, args, { cwd, env, stdio: ['ignore', output, output], detached: true });
      this.#running.add(child);
      const timer = timeoutMs > 0 ? setTimeout(() => signalGroup(child, 'SIGKILL'), timeoutMs) : undefined;
      /** @type {Buffer[]} */
      const chunks = [];
      for (const stream of [child.stdout, child.stderr]) stream?.on('data', (/** @type {Buffer} */ chunk) => chunks.push(chunk));
      /** @param {number} code @param {string} [extra] */
      const settle = (code, extra = '') => {
        clearTimeout(timer);
        this.#running.delete(child);
        resolve({ code, output: Buffer.concat(chunks).toString('utf8') + extra });
      };
      child.once('error', (error) => settle(127, `${error.message}\n`));
      child.once('close', (code, signal) => settle(code ?? 128 + signalNumber(signal)));
    });
  }

  /** Asks everything that runs to stop, and waits for it at most five seconds. */
  async stop() {
    this.#stopped = true;
    const children = [...this.#running].filter((child) => !ended(child));
    for (const child of children) signalGroup(child, 'SIGTERM');
    const deadline = setTimeout(() => children.forEach((child) => signalGroup(child, 'SIGKILL')), 5_000);
    await Promise.all(children.map((child) => new Promise((resolve) => child.once('close', resolve))));
    clearTimeout(deadline);
    // Whoever started others and went first, as a test runner does, leaves them in its group.
    for (const child of children) signalGroup(child, 'SIGKILL');
  }
}

/** @param {import('node:child_process').ChildProcess} child */
export function ended(child) {
  return child.exitCode !== null || child.signalCode !== null || child.pid === undefined;
}

/**
 * @param {import('node:child_process').ChildProcess} child one that was started detached
 * @param {NodeJS.Signals} signal
 */
export function signalGroup(child, signal) {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch {
    // The group is gone already, which is what was wanted.
  }
}

/** @param {NodeJS.Signals | null} signal */
export function signalNumber(signal) {
  return { SIGHUP: 1, SIGINT: 2, SIGQUIT: 3, SIGKILL: 9, SIGTERM: 15 }[String(signal)] ?? 1;
}

/** @param {number} pid */
export function alive(pid) {
  try {
    process.kill(pid, 0);
    return !isZombie(pid);
  } catch (error) {
    return errorCode(error) === 'EPERM';
  }
}

/** @param {number} pid a process that has ended and waits for its parent; in a container without an init it waits for ever */
function isZombie(pid) {
  try {
    return /\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

/**
 * @param {readonly string[]} names the first that is found wins
 * @param {string} [path]
 * @returns {string | undefined} the full path of a program on the PATH
 */
export function which(names, path = process.env['PATH'] ?? '') {
  const folders = path.split(delimiter).filter(Boolean);
  return names.flatMap((name) => folders.map((folder) => join(folder, name))).find(isProgram);
}

/** @param {string} file */
function isProgram(file) {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}
