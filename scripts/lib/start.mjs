import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { envFile } from './dotenv.mjs';
import { root } from './places.mjs';
import { findRedis } from './redis.mjs';
import { setUp } from './setup.mjs';
import { step } from './steps.mjs';
import { supervise } from './supervise.mjs';

/** @typedef {import('./steps.mjs').Context} Context */

/**
 * Sets up, finds a Redis and runs the bridge until it ends or is told to.
 *
 * @param {Context} context
 * @param {readonly string[]} args handed on to `bridge`
 * @returns {Promise<number>} the bridge's exit code; 0 after a clean stop on Ctrl-C
 */
export async function startBridge(context, args) {
  const { node, env } = await setUp(context);
  const redis = await step(context, { name: 'Redis', show: ({ how }) => how }, () => findRedis(context));
  const mode = existsSync(envFile) ? 'start' : 'sandbox';
  context.say(
    mode === 'start' ? 'Starting the bridge with .env.' : 'Starting the sandbox: there is no .env, so the three platforms are simulated.',
  );
  try {
    const url = redis.url === undefined ? {} : { REDIS_URL: redis.url };
    return await supervise({ command: node, args: [bridgeProgram(), mode, ...args], env: { ...env, ...url }, say: context.say });
  } finally {
    await redis.stop();
  }
}

function bridgeProgram() {
  return join(root, 'services', 'cli', 'bin', 'bridge.mjs');
}
