import { parseArgs } from 'node:util';
import { type Problem, formatProblem, loadConfig, readBridges, readFileIn } from '@bridge/config';
import { type JourneyStep, type SendTestResult, sendTest } from '@bridge/runtime';
import { type Io, type Run, UsageError } from '../command.ts';

const timeoutMs = 30_000;

/** `bridge send`. */
export const run: Run = async (args, io) => {
  const { positionals } = parseArgs({ args: [...args], allowPositionals: true });
  const [name, ...words] = positionals;
  const text = words.join(' ').trim();
  if (name === undefined || text === '') throw new UsageError('Say which bridge and what to send, such as: bridge send community "Hello".');
  const platforms = await io.platforms();
  const readFile = readFileIn(io.cwd);
  const loaded = loadConfig({ env: io.env, platforms, readFile, requirePlatform: true, requireRedis: true });
  if (!loaded.ok) return refuse(loaded.problems, io);
  const { config } = loaded;
  // Required, so it is there; the type does not say so.
  if (config.redis === undefined) return 1;
  const bridges = readBridges(readFile, { file: config.bridgesFile, platforms, isOff: (id) => !config.platforms.has(id) });
  if (!bridges.ok) return refuse(bridges.problems, io);
  const bridge = bridges.bridges.find((one) => one.name === name);
  if (bridge === undefined) {
    const names = bridges.bridges.map((one) => one.name).join(', ');
    throw new UsageError(`There is no bridge ${JSON.stringify(name.slice(0, 60))} in ${config.bridgesFile}; it has ${names}.`);
  }
  const target = { target: config.redis, prefix: config.common.redisPrefix };
  return report(await sendTest({ ...target, bridge: name, text, timeoutMs, onStep: (step) => tell(step, io) }), io);
};

function refuse(problems: readonly Problem[], io: Io): number {
  for (const problem of problems) io.stderr(`${formatProblem(problem)}\n`);
  return 1;
}

function report(result: SendTestResult, io: Io): number {
  if (result.done) return result.failed ? 1 : 0;
  const missing = result.missing === 'router' ? 'no router took it' : 'not every room has it yet';
  const then = 'It stays queued and will arrive; check that `bridge start` runs, and GET /status.';
  io.stderr(`After ${timeoutMs / 1000} s ${missing}. ${then}\n`);
  return 1;
}

function tell(step: JourneyStep, io: Io): void {
  const where = step.target === undefined ? '' : `${step.target.platform} ${step.target.conversation}: `;
  io.stdout(`${where}${inWords(step)} (${step.at - step.receivedAt} ms)\n`);
}

function inWords(step: JourneyStep): string {
  const { step: kind, messages, targets, reason } = step;
  if (kind === 'delivered') return `delivered as ${messages?.join(', ') ?? 'a message'}`;
  if (kind === 'routed') return `routed to ${targets?.length ?? 0} ${targets?.length === 1 ? 'room' : 'rooms'}`;
  return `${kind}: ${reason ?? 'no reason is known'}`;
}
