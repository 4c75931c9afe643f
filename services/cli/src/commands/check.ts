import { parseArgs } from 'node:util';
import {
  loadConfig,
  placeOf,
  readBridges,
  readFileIn,
  type BridgesResult,
  type Config,
  type ConfigOutline,
  type Problem,
} from '@bridge/config';
import type { Log, Platform } from '@bridge/core';
import { refuseUrls } from '@bridge/core';
import type { Io, Run } from '../command.ts';

/** `bridge check`. */
export const run: Run = async (args, io) => {
  parseArgs({ args: [...args] });
  const platforms = await io.platforms();
  const readFile = readFileIn(io.cwd);
  const loaded = loadConfig({ env: io.env, platforms, readFile, requirePlatform: true });
  const outline = loaded.ok ? loaded.config : loaded.partial;
  const bridges = readBridges(readFile, { file: outline.bridgesFile, platforms, isOff: (id) => outline.states.get(id) === 'off' });
  const problems = [...(loaded.ok ? [] : loaded.problems), ...(bridges.ok ? [] : bridges.problems)];
  const warnings = [...outline.warnings, ...(loaded.ok ? await unreachable(loaded.config) : [])];
  for (const problem of problems) print('✗', problem, io);
  for (const warning of warnings) print('!', warning, io);
  const told = [counted(problems.length, 'problem'), ...(warnings.length > 0 ? [counted(warnings.length, 'warning')] : [])].join(', ');
  io.stdout(problems.length > 0 ? `${told}\n` : `${summary({ outline, bridges, file: outline.bridgesFile }, platforms)}\n${told}\n`);
  return problems.length > 0 ? 1 : 0;
};

const counted = (count: number, noun: string): string => `${count === 0 ? 'no' : count} ${noun}${count === 1 ? '' : 's'}`;

function print(mark: string, problem: Problem, io: Io): void {
  const place = placeOf(problem);
  io.stdout(`${mark} ${place === '' ? '' : `${place}: `}${problem.message}\n  Fix: ${problem.fix}\n`);
}

interface Checked {
  readonly outline: ConfigOutline;
  readonly bridges: BridgesResult;
  readonly file: string;
}

function summary({ outline, bridges, file }: Checked, platforms: readonly Platform[]): string {
  const states = platforms.map((platform) => `${platform.displayName} ${outline.states.get(platform.id) ?? 'off'}`);
  const count = bridges.ok ? bridges.bridges.length : 0;
  return `✓ environment: ${states.join(', ')}\n✓ ${file}: ${counted(count, 'bridge')}`;
}

const silent: Log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

/** Platforms that only a webhook brings messages from, while nothing says how to reach it. Making an instance connects to nothing. */
async function unreachable(config: Config): Promise<Problem[]> {
  if (config.common.publicUrl !== undefined) return [];
  const warnings: Problem[] = [];
  for (const { platform, settings } of config.platforms.values()) {
    const instance = platform.create(settings, { log: silent, requireAuth: config.common.enableAuth, openUrl: refuseUrls });
    if (instance.webhook !== undefined && instance.stream === undefined) {
      const message = `PUBLIC_URL is not set, and ${platform.displayName} sends its messages to a public URL`;
      warnings.push({
        variable: 'PUBLIC_URL',
        message,
        fix: `set it to the https URL that reaches PORT; the webhook is then PUBLIC_URL${instance.webhook.path}`,
      });
    }
    await instance.sender.close();
  }
  return warnings;
}
