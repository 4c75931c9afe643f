export { runCli } from './cli.ts';
export { UsageError, type Command, type Io, type Run } from './command.ts';
export { bridgeVersion } from './version.ts';
