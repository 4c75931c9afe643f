import { parseArgs } from 'node:util';
import { formatProblem, loadConfig, readBridges, readFileIn } from '@bridge/config';
import { type JourneyStep, sendTest } from '@bridge/runtime';
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
  if (!loaded.ok || !loaded.config.redis) {
    for (const problem of loaded.ok ? [] : loaded.problems) io.stderr(`${formatProblem(problem)}\n`);
    return 1;
  }
  const { config } = loaded;
  const known = readBridges(readFile, { file: config.bridgesFile, platforms, isOff: (id) => !config.platforms.has(id) });
  const names = known.ok ? known.bridges.map((bridge) => bridge.name) : [];
  if (known.ok && !names.includes(name)) throw new UsageError(`There is no bridge ${JSON.stringify(name.slice(0, 60))} in ${config.bridgesFile}; it has ${names.join(', ')}.`);
  const result = await sendTest({ target: loaded.config.redis, prefix: config.common.redisPrefix, bridge: name, text, timeoutMs, onStep: (step) => tell(step, io) });
  if (result.done) return result.failed ? 1 : 0;
  const missing = result.missing === 'router' ? 'no router took it' : 'not every room has it yet';
  io.stderr(`After ${timeoutMs / 1000} s ${missing}. It stays queued and will arrive; check that \`bridge start\` runs, and GET /status.\n`);
  return 1;
};

function tell(step: JourneyStep, io: Io): void {
  const where = step.target === undefined ? '' : `${step.target.platform} ${step.target.conversation}: `;
  const ms = step.at - step.receivedAt;
  const what = step.step === 'delivered' ? `delivered as ${step.messages?.join(', ') ?? 'a message'}` : step.step === 'routed' ? `routed to ${step.targets?.length ?? 0} rooms` : `${step.step}: ${step.reason ?? ''}`;
  io.stdout(`${where}${what} (${ms} ms)\n`);
}
