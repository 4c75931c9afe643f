import { tmpdir } from 'node:os';
import { describe, expect, it } from 'vitest';
import { commands } from './commands.ts';
import { runIn } from './fixtures/fake-world.ts';
import { bridgeVersion } from './version.ts';

const run = (...args: string[]) => runIn(tmpdir(), args);

describe('help', () => {
  it.each([['--help'], ['-h'], ['help']])('bridge %s lists every command', async (arg) => {
    const { code, stdout, stderr } = await run(arg);
    expect([code, stderr]).toEqual([0, '']);
    for (const command of commands) expect(stdout).toMatch(new RegExp(`^  ${command.name} +${command.summary}$`, 'm'));
  });
  it.each(commands.map((command) => command.name))('bridge %s --help tells its usage and does nothing', async (name) => {
    for (const args of [
      [name, '--help'],
      [name, '-h'],
      ['help', name],
      [name, '--nonsense', '--help'],
    ]) {
      const { code, stdout, stderr } = await run(...args);
      expect([code, stderr]).toEqual([0, '']);
      expect(stdout).toMatch(new RegExp(`^Usage: bridge ${name}`));
    }
  });
  it('is a usage error when nothing is asked for', async () =>
    expect(await run()).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining('Usage: bridge <command>') }));
});

describe('version', () => {
  it.each(['version', '--version', '-v'])('bridge %s', async (arg) => {
    expect(await run(arg)).toEqual({ code: 0, stderr: '', stdout: `bridge ${bridgeVersion()} (Node.js ${process.version})\n` });
    expect(bridgeVersion()).toMatch(/^\d+\.\d+\.\d+/);
  });
});

describe('a command that is not there', () => {
  it('gets the nearest one', async () =>
    expect(await run('chekc')).toEqual({
      code: 2,
      stdout: '',
      stderr: 'There is no command "chekc". Did you mean check? `bridge --help` lists them.\n',
    }));
  it('gets no far-off suggestion', async () =>
    expect((await run('frobnicate')).stderr).toBe('There is no command "frobnicate". `bridge --help` lists them.\n'));
  it('is no property of an object either', async () => expect((await run('constructor')).code).toBe(2));
});

describe('an option that is not there', () => {
  it.each(['check', 'config', 'version', 'init', 'start', 'send', 'sandbox', 'trace', 'dead', 'hash-password'])(
    'bridge %s --nonsense is a usage error with the usage',
    async (name) => {
      const { code, stderr } = await run(name, '--nonsense');
      expect(code).toBe(2);
      expect(stderr).toMatch(/--nonsense/);
      expect(stderr).toContain(`Usage: bridge ${name}`);
    },
  );
  it('and an argument too many', async () => expect((await run('check', 'something')).code).toBe(2));
});
