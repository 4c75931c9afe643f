import { spawn } from 'node:child_process';
import { root } from './places.mjs';
import { signalGroup, signalNumber } from './shell.mjs';

/** One Ctrl-C arrives several times: from the terminal, and again from the npm that started us. */
const sameSignalMs = 1_000;

/**
 * Runs a program as its own group and passes every signal on once, until it has ended.
 *
 * @param {{ command: string, args: readonly string[], env: NodeJS.ProcessEnv, say: (line: string) => void }} options
 * @returns {Promise<number>} its exit code, or 128 + n after signal n
 */
export function supervise({ command, args, env, say }) {
  return new Promise((resolve, reject) => {
    // A group of its own, so that every signal reaches it once, from here, however it was sent.
    const child = spawn(command, args, { cwd: root, env, stdio: ['ignore', 'inherit', 'inherit'], detached: true });
    const release = passSignals(child, say);
    child.once('error', (error) => {
      release();
      reject(error);
    });
    child.once('close', (code, signal) => {
      release();
      resolve(code ?? 128 + signalNumber(signal));
    });
  });
}

/**
 * @param {import('node:child_process').ChildProcess} child
 * @param {(line: string) => void} say
 * @returns {() => void} stops passing them on
 */
function passSignals(child, say) {
  let firstAt = 0;
  const pass = (/** @type {NodeJS.Signals} */ signal) => {
    if (firstAt === 0) {
      firstAt = Date.now();
      say('\nStopping; what is under way is finished first. Ctrl-C again ends it at once, and loses nothing either.');
      child.kill(signal === 'SIGHUP' ? 'SIGTERM' : signal);
    } else if (Date.now() - firstAt > sameSignalMs) {
      signalGroup(child, 'SIGKILL');
    }
  };
  /** @type {NodeJS.Signals[]} */
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
  for (const signal of signals) process.removeAllListeners(signal).on(signal, pass);
  return () => {
    for (const signal of signals) process.off(signal, pass).on(signal, () => undefined);
  };
}
