import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { loadApp } from '@bridge/runtime';
import type { Run } from '../command.ts';

/** The CLI's own entry file beside this one's folder: `.ts` from the sources, `.js` built. */
const entry = fileURLToPath(new URL(`../main${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url));

/** `bridge sandbox`. */
export const run: Run = async (args, io) => {
  parseArgs({ args: [...args] });
  const app = await loadApp('sandbox');
  return app.run({ env: io.env, entry, stdout: io.stdout });
};
