import { parseArgs } from 'node:util';
import { formatProblem, loadConfig, type Problem, readBridges, readFileIn } from '@bridge/config';
import type { Platform, PlatformId } from '@bridge/core';
import { isRoleName, roleNames, type RoleName, runProcess } from '@bridge/runtime';
import { type Io, type Run, UsageError } from '../command.ts';
import { bridgeVersion } from '../version.ts';

const options = { roles: { type: 'string' }, platforms: { type: 'string' }, 'if-configured': { type: 'boolean' } } as const;

/** `bridge start`. */
export const run: Run = async (args, io) => {
  const { values } = parseArgs({ args: [...args], options });
  const roles = rolesOf(values.roles);
  const known = await io.platforms();
  const asked = platformsOf(values.platforms, known);
  const readFile = readFileIn(io.cwd);
  const loaded = loadConfig({ env: io.env, platforms: known, readFile, requirePlatform: true, requireRedis: true });
  if (!loaded.ok) return refuse(loaded.problems, io);
  const { config } = loaded;
  const only = values['if-configured'] === true ? asked?.filter((id) => config.platforms.has(id)) : asked;
  const off = (only ?? []).filter((id) => !config.platforms.has(id));
  if (off.length > 0)
    return refuse(
      off.map((id) => notConfigured(id)),
      io,
    );
  for (const warning of config.warnings) io.stderr(`Note: ${formatProblem(warning)}\n`);
  const bridges = readBridges(readFile, { file: config.bridgesFile, platforms: known, isOff: (id) => !config.platforms.has(id) });
  if (!bridges.ok) return refuse(bridges.problems, io);
  return runProcess({ config, bridges: bridges.bridges, known, roles, version: bridgeVersion(), ...(only ? { only } : {}) });
};

function refuse(problems: readonly Problem[], io: Io): number {
  for (const problem of problems) io.stderr(`${formatProblem(problem)}\n`);
  io.stderr('The bridge was not started. `bridge check` says the same without starting it.\n');
  return 1;
}

const notConfigured = (platform: PlatformId): Problem => ({
  message: `--platforms names ${platform}, which is not configured`,
  fix: `set its variables (docs/configuration.md lists them), or leave ${platform} out of --platforms`,
});

function rolesOf(option: string | undefined): readonly RoleName[] {
  if (option === undefined) return roleNames;
  return named('--roles', option, roleNames).map((name) => {
    if (isRoleName(name)) return name;
    throw new UsageError(`There is no role ${JSON.stringify(name.slice(0, 40))}; choose from ${roleNames.join(', ')}.`);
  });
}

function platformsOf(option: string | undefined, known: readonly Platform[]): readonly PlatformId[] | undefined {
  if (option === undefined) return undefined;
  const ids = known.map((platform) => platform.id);
  return named('--platforms', option, ids).map((name) => {
    const found = known.find((platform) => platform.id === name);
    if (found) return found.id;
    throw new UsageError(`There is no platform ${JSON.stringify(name.slice(0, 40))}; choose from ${ids.join(', ')}.`);
  });
}

/** The names in a comma-separated option; one that names nothing is a slip, not a wish for nothing. */
function named(option: string, value: string, choices: readonly string[]): string[] {
  const names = value
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
  if (names.length === 0) throw new UsageError(`${option} is empty; choose from ${choices.join(', ')}, or leave it out for all.`);
  return names;
}
