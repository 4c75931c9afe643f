import { type Config, type Problem, formatProblem, loadConfig, readBridges, readFileIn } from '@bridge/config';
import type { Bridge, Platform } from '@bridge/core';
import { type OperatorClient, connectOperator } from '@bridge/runtime';
import type { Io } from './command.ts';

/** An installation with what its configuration says. */
export interface Operated extends OperatorClient {
  readonly platforms: readonly Platform[];
  /** Empty where bridges.yaml is missing or not valid: what is looked for can be found without it, but for copies. */
  readonly bridges: readonly Bridge[];
}

/** Connects to the installation that the environment names, does something there, and lets go. Answers the exit code. */
export async function operate(io: Io, act: (operated: Operated) => Promise<number>): Promise<number> {
  const platforms = await io.platforms();
  const readFile = readFileIn(io.cwd);
  const loaded = loadConfig({ env: io.env, platforms, readFile, requireRedis: true });
  if (!loaded.ok) return refuse(loaded.problems, io);
  const { config } = loaded;
  // Required, so it is there; the type does not say so.
  if (config.redis === undefined) return 1;
  const client = await connectOperator({
    target: config.redis,
    prefix: config.common.redisPrefix,
    platforms: platforms.map(({ id }) => id),
  });
  try {
    return await act({ ...client, platforms, bridges: bridgesOf(config, readFile, platforms) });
  } finally {
    await client.close();
  }
}

function refuse(problems: readonly Problem[], io: Io): number {
  for (const problem of problems) io.stderr(`${formatProblem(problem)}\n`);
  return 1;
}

function bridgesOf(config: Config, readFile: ReturnType<typeof readFileIn>, platforms: readonly Platform[]): readonly Bridge[] {
  const read = readBridges(readFile, { file: config.bridgesFile, platforms, isOff: () => false });
  return read.ok ? read.bridges : [];
}
