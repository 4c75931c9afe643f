import { parseArgs } from 'node:util';
import type { Run } from '../command.ts';
import { bridgeVersion } from '../version.ts';

/** `bridge version`. */
export const run: Run = async (args, io) => {
  parseArgs({ args: [...args] });
  io.stdout(`bridge ${bridgeVersion()} (Node.js ${process.version})\n`);
  return 0;
};
