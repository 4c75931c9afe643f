import { meant } from '@bridge/config';
import { UsageError, type Command, type Io } from './command.ts';
import { commands } from './commands.ts';

const done = 0;
const failed = 1;
const misused = 2;

/** Runs one command line. Never throws: whatever goes wrong is a sentence on standard error and an exit code. */
export async function runCli(args: readonly string[], io: Io): Promise<number> {
  const [first, ...rest] = args;
  if (first === undefined) return say(io.stderr, overview(), misused);
  if (first === '--help' || first === '-h' || first === 'help') return help(rest[0], io);
  const name = first === '--version' || first === '-v' ? 'version' : first;
  const command = commands.find((one) => one.name === name);
  if (command === undefined) return say(io.stderr, unknown(name), misused);
  if (asksForHelp(rest)) return say(io.stdout, usageOf(command), done);
  return runCommand(command, rest, io);
}

function say(write: (text: string) => void, text: string, code: number): number {
  write(`${text}\n`);
  return code;
}

function help(name: string | undefined, io: Io): number {
  if (name === undefined) return say(io.stdout, overview(), done);
  const command = commands.find((one) => one.name === name);
  return command === undefined ? say(io.stderr, unknown(name), misused) : say(io.stdout, usageOf(command), done);
}

/** `--help` after `--` is text for the command. */
function asksForHelp(args: readonly string[]): boolean {
  const end = args.indexOf('--');
  return (end < 0 ? args : args.slice(0, end)).some((arg) => arg === '--help' || arg === '-h');
}

async function runCommand(command: Command, args: readonly string[], io: Io): Promise<number> {
  try {
    return await command.run(args, io);
  } catch (error) {
    if (isUsage(error)) return say(io.stderr, `${error.message}\n\n${usageOf(command)}`, misused);
    return say(io.stderr, `bridge ${command.name} failed: ${error instanceof Error ? error.message : 'unknown reason'}`, failed);
  }
}

/** Ours, or what `parseArgs` throws for an option that is not there. */
function isUsage(error: unknown): error is Error {
  if (error instanceof UsageError) return true;
  return error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS');
}

const usageOf = (command: Command): string => `Usage: ${command.usage}`;

function overview(): string {
  const width = Math.max(...commands.map((command) => command.name.length));
  return [
    'Usage: bridge <command> [options]',
    '',
    ...commands.map((command) => `  ${command.name.padEnd(width)}  ${command.summary}`),
    '',
    'bridge <command> --help tells more about one. Exit codes: 0 done, 1 a check or action failed, 2 usage.',
  ].join('\n');
}

function unknown(name: string): string {
  const typed = JSON.stringify(name.slice(0, 60));
  const suggestion = meant(
    name,
    commands.map((command) => command.name),
  );
  return `There is no command ${typed}. ${suggestion === undefined ? '' : `Did you mean ${suggestion}? `}\`bridge --help\` lists them.`;
}
