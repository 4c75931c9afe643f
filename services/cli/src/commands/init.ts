import { randomInt } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { bridgesExample, envFile, meant, secretsToMakeUp } from '@bridge/config';
import type { Platform } from '@bridge/core';
import { UsageError, type Io, type Run } from '../command.ts';

/** `bridge init`. */
export const run: Run = async (args, io) => {
  const { values } = parseArgs({ args: [...args], options: { platforms: { type: 'string' } } });
  const platforms = chosen(await io.platforms(), values.platforms);
  const secrets = new Map(secretsToMakeUp(platforms).map((name) => [name, randomText(48)]));
  const bridgesPath = io.env['BRIDGES_FILE'] || 'bridges.yaml';
  const results = [
    await create({ path: '.env', text: envFile(platforms, secrets), mode: 0o600 }, io),
    await create({ path: bridgesPath, text: bridgesExample(platforms), mode: 0o644 }, io),
  ];
  if (results.includes('failed')) return 1;
  if (results[0] === 'written') io.stdout(`made up ${[...secrets.keys()].join(', ')}\n`);
  io.stdout(next(platforms, bridgesPath));
  return 0;
};

function chosen(all: readonly Platform[], list: string | undefined): readonly Platform[] {
  if (list === undefined) return all;
  const ids = all.map((platform) => platform.id);
  return list.split(',').map((typed) => {
    const found = all.find((platform) => platform.id === typed.trim());
    if (found !== undefined) return found;
    const suggestion = meant(typed, ids);
    throw new UsageError(
      `There is no platform ${JSON.stringify(typed.slice(0, 60))}. ${suggestion === undefined ? '' : `Did you mean ${suggestion}? `}There are ${ids.join(', ')}.`,
    );
  });
}

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/** Letters and digits only: CometChat's webhook takes nothing else in its password, and at most 100 of them. */
const randomText = (length: number): string => Array.from({ length }, () => alphabet[randomInt(alphabet.length)]).join('');

interface NewFile {
  readonly path: string;
  readonly text: string;
  readonly mode: number;
}

/** Creates a file only if there is none: the flag lets the system decide, so nothing can be overwritten in between. */
async function create(file: NewFile, io: Io): Promise<'written' | 'kept' | 'failed'> {
  try {
    await writeFile(resolve(io.cwd, file.path), file.text, { flag: 'wx', mode: file.mode });
    io.stdout(`wrote ${file.path}${file.mode === 0o600 ? ', readable by you alone' : ''}\n`);
    return 'written';
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
    if (code === 'EEXIST') {
      io.stdout(`kept ${file.path} as it is, since it is there already\n`);
      return 'kept';
    }
    io.stderr(`${file.path} cannot be written (${code}). Fix: run this in a folder that you may write to\n`);
    return 'failed';
  }
}

function next(platforms: readonly Platform[], bridgesPath: string): string {
  return [
    '',
    'Next:',
    `  1. In .env, fill in what ${platforms.map((platform) => platform.displayName).join(', ')} need; each variable says where to get it.`,
    '     Remove the lines of a platform that you do not want.',
    `  2. In ${bridgesPath}, put the ids of your rooms.`,
    '  3. npx bridge check   says what is still missing',
    '  4. npm start          runs the bridge',
    '',
  ].join('\n');
}
