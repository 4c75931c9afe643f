import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { readDotenv } from './dotenv.mjs';
import { packageFailure } from './explain.mjs';
import { Failure } from './failure.mjs';
import { withLock } from './lock.mjs';
import { requireNode } from './node-version.mjs';
import { parseReplies } from './resp.mjs';
import { alive, Shell, which } from './shell.mjs';
import { fingerprint, filesUnder, Stamps } from './stamps.mjs';
import { explainError, step } from './steps.mjs';
import { cleanEnv, nodeVersion, npmCommand } from './toolchain.mjs';
import { workspaceFolders } from './workspace.mjs';

const folder = mkdtempSync(join(tmpdir(), 'bootstrap '));
afterAll(() => rmSync(folder, { recursive: true }));
const at = (name: string) => join(folder, name);
const put = (name: string, text: string) => {
  mkdirSync(join(at(name), '..'), { recursive: true });
  writeFileSync(at(name), text);
  return at(name);
};

describe('versions', () => {
  test('Node.js 20 and newer will do to begin with', () => {
    expect([requireNode('20.0.0'), requireNode('24.21.0'), requireNode('100.0.0')]).toEqual([true, true, true]);
  });
  test('the pinned Node.js is an exact 24', () => {
    expect(nodeVersion).toMatch(/^24\.\d+\.\d+$/);
  });
});

describe('lock', () => {
  const options = { file: at('lock'), say: () => undefined };
  test('one at a time, in turn', async () => {
    const order: string[] = [];
    const work = (name: string) => async () => {
      order.push(`${name} begins`);
      await new Promise((resolve) => setTimeout(resolve, 30));
      order.push(`${name} ends`);
    };
    await Promise.all([withLock(options, work('a')), withLock(options, work('b'))]);
    expect(order.map((line) => line.split(' ')[1])).toEqual(['begins', 'ends', 'begins', 'ends']);
    expect(existsSync(options.file)).toBe(false);
  });
  test('a lock whose process is gone counts for nothing', async () => {
    writeFileSync(options.file, '999999999');
    expect(await withLock(options, async () => readFileSync(options.file, 'utf8'))).toBe(String(process.pid));
  });
  test('one that is held too long is told with its process', async () => {
    writeFileSync(options.file, String(process.ppid));
    await expect(withLock({ ...options, timeoutMs: 0 }, async () => 1)).rejects.toThrow(`Process ${process.ppid} still holds`);
    rmSync(options.file);
  });
  test('it is released when the work fails', async () => {
    await expect(withLock(options, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(existsSync(options.file)).toBe(false);
  });
});

describe('stamps', () => {
  test('a stamp matches until what it stands for changes', () => {
    const file = put('tree/src/a.ts', 'one');
    put('tree/dist/a.js', 'made');
    const files = () => filesUnder(at('tree'));
    const stamps = new Stamps(at('stamps.json'));
    expect(stamps.matches('build', fingerprint(files()))).toBe(false);
    stamps.set('build', fingerprint(files()));
    stamps.set('other', 'x');
    expect(stamps.matches('build', fingerprint(files()))).toBe(true);
    put('tree/dist/a.js', 'made again');
    expect(stamps.matches('build', fingerprint(files()))).toBe(true);
    writeFileSync(file, 'two');
    expect(stamps.matches('build', fingerprint(files()))).toBe(false);
    expect(fingerprint([], ['20'])).not.toBe(fingerprint([], ['24']));
  });
  test('a broken stamp file means nothing was done', () => {
    expect(new Stamps(put('broken.json', '{')).matches('build', 'x')).toBe(false);
  });
});

test('workspaces are found by the patterns of pnpm-workspace.yaml', () => {
  put('w/pnpm-workspace.yaml', 'packages:\n  - packages/*\n  - "tests"\n  - missing/*\n\ncatalog:\n  - no/*\n');
  put('w/packages/a/package.json', '{}');
  put('w/packages/no-package/readme', '');
  put('w/tests/package.json', '{}');
  expect(workspaceFolders(at('w'))).toEqual([at('w/packages/a'), at('w/tests')]);
  expect(workspaceFolders().length).toBeGreaterThan(15);
});

test('.env is read as far as the bootstrap needs it', () => {
  const file = put('env', '# REDIS_URL=no\nREDIS_URL=redis://a:1/0 # mine\nexport A = "b # c"\nEMPTY=\nQ=\'x\'\n');
  expect(readDotenv(file)).toEqual({ REDIS_URL: 'redis://a:1/0', A: 'b # c', EMPTY: '', Q: 'x' });
  expect(readDotenv(at('no-env'))).toEqual({});
});

describe('failures say what to type', () => {
  test.for([
    ['npm error code ECONNREFUSED', 'cannot be reached', 'npm config set proxy'],
    ['getaddrinfo EAI_AGAIN host', 'cannot be reached', 'npm config set https-proxy'],
    ['SELF_SIGNED_CERT_IN_CHAIN', 'certificate', 'cafile'],
    ['npm error code E403', 'refused', 'npm login'],
    ['ERR_PNPM_OUTDATED_LOCKFILE', 'does not fit', '.bridge/bin/pnpm install'],
    ['ENOSPC: no space left on device', 'full', 'df -h'],
    ["EACCES: permission denied, mkdir '/x'", 'cannot be written', 'chown'],
    ['something else', '`cmd` failed', 'run `cmd`'],
  ] as const)('%s', ([output, message, fix]) => {
    const failure = packageFailure({ output, command: 'cmd' });
    expect(failure.message).toContain(message);
    expect(failure.fix).toContain(fix);
    expect(failure.output).toBe(output);
  });
  test('only the end of the output is shown', () => {
    const output = Array.from({ length: 100 }, (_, index) => `line ${index}`).join('\n');
    const shown = explainError(new Failure('It failed.', { fix: 'type this', output }));
    expect(shown).toContain('line 99');
    expect(shown).toContain('line 60');
    expect(shown).not.toContain('line 59');
    expect(shown).toMatch(/It failed\.\nTo mend it: type this$/);
  });
});

test('a step is one line with its duration, or a cross and the error', async () => {
  const lines: string[] = [];
  const context = { shell: new Shell(), env: {}, dir: folder, say: (line: string) => lines.push(line) };
  await step(context, { name: 'good', show: String }, async () => 'so');
  await expect(step(context, { name: 'bad' }, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(lines).toEqual([expect.stringMatching(/^✓ good: so \(\d+\.\d s\)$/), expect.stringMatching(/^✗ bad \(\d+\.\d s\)$/)]);
});

describe('environment of set-up', () => {
  test('what npm tells its scripts is left out, what a person set is kept', () => {
    const env = cleanEnv({
      NODE_ENV: 'production',
      npm_package_name: 'x',
      npm_config_prefix: '/p',
      npm_config_registry: 'r',
      HTTPS_PROXY: 'h',
      PATH: '/bin',
    });
    expect(env).toMatchObject({ npm_config_registry: 'r', HTTPS_PROXY: 'h', TURBO_TELEMETRY_DISABLED: '1' });
    for (const name of ['NODE_ENV', 'npm_package_name', 'npm_config_prefix']) expect(env).not.toHaveProperty(name);
    expect(env['PATH']).toMatch(/\.bridge\/bin:.*node_modules\/\.bin:\/bin$/);
  });
  test('the npm that was typed is the npm that is used', () => {
    expect(npmCommand({ npm_execpath: '/x/npm-cli.js' })).toEqual({ command: process.execPath, args: ['/x/npm-cli.js'] });
    expect(npmCommand({ npm_execpath: '/x/pnpm.cjs' })).toEqual({ command: 'npm', args: [] });
  });
});

describe('shell', () => {
  test('code and output, also of what is missing or killed', async () => {
    const shell = new Shell();
    expect(await shell.run('sh', ['-c', 'echo out; echo err >&2; exit 3'])).toEqual({ code: 3, output: 'out\nerr\n' });
    expect((await shell.run('no-such-program', [])).code).toBe(127);
    expect((await shell.run('sleep', ['30'], { timeoutMs: 50 })).code).toBe(137);
  });
  test('stopping reaches what a program has started', async () => {
    const shell = new Shell();
    const running = shell.run('sh', ['-c', 'sleep 30 & sleep 30; echo never']);
    await shell.stop();
    expect(await running).toEqual({ code: 143, output: '' });
  });
  test('stopping reaches what outlives the program that started it', async () => {
    const shell = new Shell();
    const running = shell.run(
      'sh',
      ['-c', 'trap "exit 0" TERM; (trap "" TERM; sleep 30; sleep 30) >/dev/null 2>&1 & echo $! > "$PID_FILE"; wait'],
      {
        env: { ...process.env, PID_FILE: at('pid') },
      },
    );
    await expect.poll(() => existsSync(at('pid')) && readFileSync(at('pid'), 'utf8')).toMatch(/\d+/);
    await shell.stop();
    await running;
    await expect.poll(() => alive(Number(readFileSync(at('pid'), 'utf8')))).toBe(false);
  });
  test('the first name that is a program is found', () => {
    expect(which(['no-such-program', 'sh'])).toMatch(/\/sh$/);
    expect(which(['no-such-program'])).toBeUndefined();
  });
});

test('answers of Redis are read only when they are whole', () => {
  const text = '+PONG\r\n$5\r\na\r\nbc\r\n*2\r\n:7\r\n$-1\r\n-ERR no\r\n';
  expect(parseReplies(text)).toEqual(['PONG', 'a\r\nbc', [7, null], new Error('ERR no')]);
  for (let cut = 0; cut < text.length; cut += 1) expect(parseReplies(text.slice(0, cut)).length).toBeLessThan(4);
});
