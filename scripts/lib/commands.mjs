import { explainError, seconds } from './steps.mjs';
import { bridgeDir } from './places.mjs';
import { setUp } from './setup.mjs';
import { Shell, signalNumber } from './shell.mjs';
import { startBridge } from './start.mjs';
import { testEverything } from './test.mjs';

/** @typedef {import('./steps.mjs').Context} Context */

/** `npm run setup` */
export function setupCommand() {
  return command(async (context) => {
    const since = performance.now();
    await setUp(context);
    context.say(`Set up in ${seconds(since)}. Next: \`npm start\`, \`npm test\` or \`npx bridge --help\`.`);
    return 0;
  });
}

/** `npm start` @param {readonly string[]} args */
export function startCommand(args) {
  return command((context) => startBridge(context, args));
}

/** `npm test` @param {readonly string[]} args */
export function testCommand(args) {
  return command((context) => testEverything(context, args));
}

/**
 * Runs one of the three and turns what happens into an exit code. A signal stops whatever runs first, so nothing is
 * left behind.
 *
 * @param {(context: Context) => Promise<number>} work
 */
async function command(work) {
  const shell = new Shell();
  // On a terminal the step that is under way stands on the last line; whatever is said takes its place.
  const erase = process.stdout.isTTY ? '\r\x1b[2K' : '';
  const stopping = new AbortController();
  // What fails because it was stopped is not worth a word.
  const say = (/** @type {string} */ line) => void (stopping.signal.aborted || process.stdout.write(`${erase}${line}\n`));
  // A terminal that was closed can no longer be written to; stopping cleanly matters more than saying so.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
  /** @type {NodeJS.Signals[]} */
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
  // Not `once`: npm sends the same Ctrl-C a second time, which would then kill instead of stop.
  for (const signal of signals) {
    process.on(signal, () => {
      stopping.abort();
      void shell.stop().finally(() => process.exit(128 + signalNumber(signal)));
    });
  }
  try {
    process.exitCode = await work({ shell, say, env: process.env, dir: bridgeDir });
  } catch (error) {
    if (!stopping.signal.aborted) process.stderr.write(`\n${explainError(error)}\n`);
    process.exitCode = 1;
  }
}
