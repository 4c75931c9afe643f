import { join } from 'node:path';
import { withLock } from './lock.mjs';
import { bridgeDir, makeBridgeDir } from './places.mjs';
import { prepareToolchain, toolPath } from './toolchain.mjs';
import { buildWorkspace, prepareDependencies } from './workspace.mjs';

/**
 * The part that `npm start`, `npm test` and `npm run setup` share. What is up to date is left alone, so a second run
 * takes well under a second.
 *
 * @param {import('./steps.mjs').Context} context
 * @returns {Promise<{ node: string, env: NodeJS.ProcessEnv }>} the Node.js to use, and an environment that finds it first
 */
export async function setUp(context) {
  makeBridgeDir();
  const node = await withLock({ file: join(bridgeDir, 'setup.lock'), say: context.say }, async () => {
    const found = await prepareToolchain(context);
    await prepareDependencies(context, found);
    await buildWorkspace(context);
    return found;
  });
  return { node, env: { ...context.env, PATH: toolPath(context.env) } };
}
