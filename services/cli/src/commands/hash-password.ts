import { parseArgs } from 'node:util';
import { hashPassword } from '@bridge/runtime';
import type { Run } from '../command.ts';

/** `bridge hash-password`. */
export const run: Run = async (args, io) => {
  parseArgs({ args: [...args] });
  const password = await io.line();
  if (password === '') {
    io.stderr('Nothing came on standard input. Type the password and Enter, or use: bridge hash-password < file\n');
    return 1;
  }
  io.stdout(`${await hashPassword(password)}\n`);
  return 0;
};
