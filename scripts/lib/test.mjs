import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { checks } from './checks.mjs';
import { findChromium } from './chromium.mjs';
import { findDocker } from './docker.mjs';
import { lastLines } from './failure.mjs';
import { bridgeDir, readJson } from './places.mjs';
import { ensureRedisForTests } from './redis.mjs';
import { setUp } from './setup.mjs';
import { explainError, seconds, step } from './steps.mjs';
import { addTallies, summary, tallyVitest } from './tally.mjs';

/**
 * @typedef {import('./steps.mjs').Context} Context
 * @typedef {import('./tally.mjs').Tally} Tally
 */

/** Enough of a failing check to work with; the whole is one command away. */
const shownLines = 200;

/**
 * @param {Context} context
 * @param {readonly string[]} args handed on to vitest: file names to run, or its options
 * @returns {Promise<number>} 0 only if everything passed
 */
export async function testEverything(context, args) {
  const tally = await testAfterSetUp(context, args).catch((error) => {
    context.say(`\n${explainError(error)}`);
    return { passed: 0, failed: 1, skipped: 0 };
  });
  context.say(`\n${summary(tally)}`);
  return tally.failed === 0 ? 0 : 1;
}

/** @param {Context} context @param {readonly string[]} args @returns {Promise<Tally>} */
async function testAfterSetUp(context, args) {
  const { env } = await setUp(context);
  await step(context, { name: 'Redis for the tests', show: String }, () => ensureRedisForTests(context));
  const chromium = await step(context, { name: 'Chromium', show: (found) => ('path' in found ? found.path : 'none') }, () =>
    findChromium(context),
  );
  if ('reason' in chromium) context.say(`  The tests of the pages are skipped: ${chromium.reason}. To run them:\n  ${chromium.fix}`);
  const docker = await step(context, { name: 'Docker', show: (found) => ('version' in found ? `compose ${found.version}` : 'none') }, () =>
    findDocker(context),
  );
  if ('reason' in docker) context.say(`  The tests of docker-compose.yml are skipped: ${docker.reason}. To run them:\n  ${docker.fix}`);
  // NODE_ENV would change what is tested; each test sets what it needs.
  const browser = 'path' in chromium ? { CHROMIUM_PATH: chromium.path } : { CHROMIUM_PATH: undefined, BROWSER_TESTS: 'skip' };
  const ready = { ...context, env: { ...env, NODE_ENV: undefined, ...browser, ...('reason' in docker ? { COMPOSE_TESTS: 'skip' } : {}) } };
  context.say('');
  const checked = await runChecks(ready);
  context.say('');
  const tested = await runVitest(ready, { args, maySkip: 'reason' in chromium || 'reason' in docker });
  return addTallies(checked, tested);
}

/** @param {Context} context @returns {Promise<Tally>} */
async function runChecks(context) {
  const tally = { passed: 0, failed: 0, skipped: 0 };
  for (const check of checks) {
    const since = performance.now();
    const { code, output } = await context.shell.run(check.command, check.args, { env: context.env });
    context.say(`${code === 0 ? '✓' : '✗'} ${check.name} (${seconds(since)})`);
    tally[code === 0 ? 'passed' : 'failed'] += 1;
    if (code !== 0) context.say(`${lastLines(output, shownLines)}\nTo mend it: ${check.fix}\n`);
  }
  return tally;
}

/**
 * @param {Context} context
 * @param {{ args: readonly string[], maySkip: boolean }} options
 * @returns {Promise<Tally>}
 */
async function runVitest(context, { args, maySkip }) {
  const folder = join(bridgeDir, 'test');
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `results-${process.pid}.json`);
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`];
  const { code } = await context.shell.run('vitest', ['run', ...reporters, ...args], { env: context.env, live: true });
  const report = readJson(file);
  rmSync(file, { force: true });
  const byName = args.some((arg) => arg === '-t' || arg.startsWith('--testNamePattern'));
  const { tally, problems } = tallyVitest({ report, code, maySkip, byName });
  for (const problem of problems) context.say(`✗ ${problem}`);
  return tally;
}
