import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { parseDotenv, readFileIn } from '@bridge/config';
import { loadApp } from '@bridge/runtime';
import type { Io, Run } from '../command.ts';

/** The CLI's own entry file beside this one's folder: `.ts` from the sources, `.js` built. */
const entry = fileURLToPath(new URL(`../main${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url));

/** `bridge sandbox`. */
export const run: Run = async (args, io) => {
  const { values } = parseArgs({
    args: [...args],
    options: { 'platforms-only': { type: 'boolean' }, settings: { type: 'boolean' } },
  });
  const app = await loadApp('sandbox');
  // A whole sandbox has settings of its own; in parts, they are where the other parts read theirs.
  const env = values['platforms-only'] === true || values.settings === true ? withDotenv(io) : io.env;
  return app.run({ args, env, entry, stdout: io.stdout });
};

function withDotenv({ cwd, env }: Io): Io['env'] {
  const text = readFileIn(cwd)('.env') ?? '';
  const inFile = parseDotenv(text, '.env').entries.map(({ name, value }) => [name, value] as const);
  return { ...Object.fromEntries(inFile), ...Object.fromEntries(Object.entries(env).filter(([, value]) => value !== '')) };
}
