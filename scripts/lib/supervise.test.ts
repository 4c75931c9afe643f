import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { alive } from './shell.mjs';

const fixture = fileURLToPath(new URL('fixtures/supervised.mjs', import.meta.url));

class Supervised {
  readonly process;
  output = '';

  constructor(mode = '') {
    this.process = spawn(process.execPath, [fixture, mode], { stdio: ['ignore', 'pipe', 'inherit'] });
    this.process.stdout.on('data', (chunk: Buffer) => (this.output += chunk.toString()));
  }

  async says(text: string): Promise<void> {
    await expect.poll(() => this.output, { timeout: 10_000, interval: 20 }).toContain(text);
  }

  async exitCode(): Promise<unknown> {
    const [code]: unknown[] = this.process.exitCode === null ? await once(this.process, 'exit') : [this.process.exitCode];
    return code;
  }
}

test('one Ctrl-C that arrives twice reaches the program once, and a clean stop is 0', async () => {
  const supervised = new Supervised();
  await supervised.says('ready');
  supervised.process.kill('SIGINT');
  supervised.process.kill('SIGINT');
  expect(await supervised.exitCode()).toBe(0);
  expect(supervised.output).toContain('signal SIGINT 1');
  expect(supervised.output).not.toContain('SIGINT 2');
  expect(supervised.output).toContain('released');
});

test('a closed terminal stops it as SIGTERM', async () => {
  const supervised = new Supervised();
  await supervised.says('ready');
  supervised.process.kill('SIGHUP');
  expect(await supervised.exitCode()).toBe(0);
  expect(supervised.output).toContain('signal SIGTERM 1');
});

test('a second Ctrl-C ends what does not want to stop', async () => {
  const supervised = new Supervised('stubborn');
  await supervised.says('ready');
  const pid = Number(/ready (\d+)/.exec(supervised.output)?.[1]);
  supervised.process.kill('SIGINT');
  await supervised.says('signal SIGINT 1');
  await new Promise((resolve) => setTimeout(resolve, 1_100));
  supervised.process.kill('SIGINT');
  expect(await supervised.exitCode()).toBe(137);
  expect(alive(pid)).toBe(false);
});

test("the program's exit code is passed on", async () => {
  expect(await new Supervised('fails').exitCode()).toBe(7);
});
