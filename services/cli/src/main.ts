import { createInterface } from 'node:readline';
import { runCli } from './cli.ts';
import type { Io } from './command.ts';

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

process.exitCode = await runCli(process.argv.slice(2), io);
