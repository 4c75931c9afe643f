import { installPackages } from './apt.mjs';
import { which } from './shell.mjs';

/** @typedef {import('./steps.mjs').Context} Context */

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

/**
 * A browser for the tests that look at the pages: found, or installed where that is allowed.
 *
 * @param {Context} context
 * @returns {Promise<{ path: string } | { reason: string, fix: string }>}
 */
export async function findChromium(context) {
  const chosen = context.env['CHROMIUM_PATH'] ?? '';
  const found = chosen === '' ? which(names, context.env['PATH']) : chosen;
  if (found !== undefined && (await runs(context, found))) return { path: found };
  const installed = await installPackages(context, { packages: ['chromium'] });
  const path = which(names, context.env['PATH']);
  if (installed.ok && path !== undefined && (await runs(context, path))) return { path };
  return {
    reason: installed.ok ? 'the package chromium brought no browser that runs' : `no Chromium on the PATH, and ${installed.reason}`,
    fix: 'sudo apt-get update && sudo apt-get install -y chromium   # or: export CHROMIUM_PATH=/path/to/chrome',
  };
}

/** Ubuntu's package is a stand-in that only says where to get the real one, so being there is not enough. */
async function runs(/** @type {Context} */ context, /** @type {string} */ path) {
  return (await context.shell.run(path, ['--version'], { env: context.env, timeoutMs: 20_000 })).code === 0;
}
