import { parseArgs } from 'node:util';
import { formatProblem, loadConfig, meant, readBridges, readFileIn } from '@bridge/config';
import type { Platform, SetupStep } from '@bridge/core';
import { setUpPlatform } from '@bridge/runtime';
import { type Io, type Run, UsageError } from '../command.ts';

/** `bridge setup <platform>`. */
export const run: Run = async (args, io) => {
  const options = { show: { type: 'boolean', default: false } } as const;
  const { positionals, values } = parseArgs({ args: [...args], allowPositionals: true, options });
  const platforms = await io.platforms();
  const platform = platformNamed(positionals, platforms);
  const readFile = readFileIn(io.cwd);
  const loaded = loadConfig({ env: io.env, platforms, readFile });
  if (!loaded.ok) {
    for (const problem of loaded.problems) io.stderr(`${formatProblem(problem)}\n`);
    return 1;
  }
  const { config } = loaded;
  if (!config.platforms.has(platform.id)) return refuse(platform, io);
  const bridges = readBridges(readFile, { file: config.bridgesFile, platforms, isOff: (id) => !config.platforms.has(id) });
  const { signal } = new AbortController();
  const steps = setUpPlatform(platform.id, { config, bridges: bridges.ok ? bridges.bridges : [], signal, showSecrets: values.show });
  if (steps === undefined) {
    io.stdout(`There is nothing to set up on ${platform.displayName}.\n`);
    return 0;
  }
  return tell(steps, io);
};

function platformNamed(positionals: readonly string[], platforms: readonly Platform[]): Platform {
  const [name = '', ...rest] = positionals;
  const ids = platforms.map(({ id }) => id);
  const found = platforms.find(({ id }) => id === name);
  if (found !== undefined && rest.length === 0) return found;
  const suggestion = name === '' ? undefined : meant(name, ids);
  throw new UsageError(`Say which platform${suggestion === undefined ? '' : `; did you mean ${suggestion}?`} There are ${ids.join(', ')}.`);
}

function refuse({ id, displayName, settings }: Platform, io: Io): number {
  const required = Object.values(settings).filter((setting) => setting.required === true && setting.default === undefined);
  const names = required.map(({ env }) => env).join(', ');
  io.stderr(`${displayName} is not configured. Fix: set ${names}; then run \`bridge setup ${id}\` again\n`);
  return 1;
}

const marks: Readonly<Record<SetupStep['status'], string>> = { done: '✓', todo: '→', failed: '✗' };

async function tell(steps: AsyncIterable<SetupStep>, io: Io): Promise<number> {
  const seen = new Set<SetupStep['status']>();
  for await (const { status, say } of steps) {
    seen.add(status);
    io.stdout(`${marks[status]} ${say.replaceAll('\n', '\n  ')}\n`);
  }
  if (seen.has('todo')) io.stdout('\n→ is for you to do; `bridge doctor` says whether it worked.\n');
  return seen.has('failed') ? 1 : 0;
}
