import { createInterface } from 'node:readline';
import type { Io } from './command.ts';

// Loading everything takes a second. Asked to stop before that, when `start` does not listen yet, there is nothing to stop.
if (process.argv[2] === 'start')
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const)
    process.on(signal, () => {
      if (process.listenerCount(signal) === 1) process.exit(0);
    });

/** Standard output that ends early, as in `bridge config | head`, is no error. */
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});

const io: Io = {
  cwd: process.cwd(),
  env: process.env,
  stdout: (text) => void process.stdout.write(text),
  stderr: (text) => void process.stderr.write(text),
  line: async () => {
    for await (const line of createInterface({ input: process.stdin })) return line;
    return '';
  },
  platforms: async () => (await import('@bridge/runtime')).discoverPlatforms(),
};

const { runCli } = await import('./cli.ts');
process.exitCode = await runCli(process.argv.slice(2), io);
