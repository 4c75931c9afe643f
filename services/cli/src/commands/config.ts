import { parseArgs } from 'node:util';
import { explainConfig, loadConfig, readFileIn } from '@bridge/config';
import type { Run } from '../command.ts';

/** `bridge config`. */
export const run: Run = async (args, io) => {
  parseArgs({ args: [...args] });
  const platforms = await io.platforms();
  const result = loadConfig({ env: io.env, platforms, readFile: readFileIn(io.cwd) });
  io.stdout(`${explainConfig(result.ok ? result.config : result.partial, platforms).join('\n')}\n`);
  if (!result.ok)
    io.stdout(
      `Not valid: ${result.problems.length === 1 ? '1 problem' : `${result.problems.length} problems`}. \`bridge check\` says what and how to fix it.\n`,
    );
  return 0;
};
