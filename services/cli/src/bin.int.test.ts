import { spawn } from 'node:child_process';
import { chmod, cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const realBin = fileURLToPath(new URL('../bin/bridge.mjs', import.meta.url));
const main = fileURLToPath(new URL('main.ts', import.meta.url));

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs Node.js to its end; `onOutput` may act on the process as soon as it has said something. */
function node(args: readonly string[], onOutput?: (kill: (signal: NodeJS.Signals) => void, soFar: string) => void): Promise<Ended> {
  const { promise, resolve, reject } = Promise.withResolvers<Ended>();
  const child = spawn(process.execPath, args, { cwd: repository, env: { PATH: process.env['PATH'] } });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk.toString();
    onOutput?.((signal) => child.kill(signal), stdout);
  });
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  child.on('error', reject);
  child.on('close', (code) => resolve({ code, stdout, stderr }));
  return promise;
}

/** A folder that looks like the repository, with the real bin in it. */
let repository: string;
let bin: string;
beforeEach(async () => {
  repository = await mkdtemp(join(tmpdir(), 'bridge-bin-'));
  bin = join(repository, 'services', 'cli', 'bin', 'bridge.mjs');
  await put('services/cli/bin/bridge.mjs');
  await cp(realBin, bin);
});
afterEach(() => rm(repository, { recursive: true }));

async function put(path: string, text = ''): Promise<string> {
  const file = join(repository, path);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text);
  return file;
}

/** Makes the Node.js that runs it look like an old one. */
const asOldNode = `data:text/javascript,${encodeURIComponent("if (!process.env.OWN_NODE) Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.11.0' } });")}`;
const ownNode = `.bridge/tools/node_modules/node-${process.platform}-${process.arch}/bin/node`;

/** A stand-in for the Node.js that set-up fetches: the one that runs the tests. */
async function putOwnNode(): Promise<void> {
  await chmod(await put(ownNode, `#!/bin/sh\nOWN_NODE=1 exec '${process.execPath}' "$@"\n`), 0o755);
}

describe('bin/bridge.mjs', () => {
  it('runs what is built', async () => {
    await put('services/cli/dist/main.js', 'console.log(process.argv.slice(2).join()); process.exitCode = 3;');
    expect(await node([bin, 'a', 'b c'])).toEqual({ code: 3, stdout: 'a,b c\n', stderr: '' });
  });
  it('says npm run setup when nothing is built', async () => {
    expect(await node([bin])).toEqual({ code: 1, stdout: '', stderr: 'The bridge is not built yet. Fix: npm run setup\n' });
  });
  it('says npm run setup under an old Node.js when there is no other', async () => {
    await put('services/cli/dist/main.js');
    const { code, stderr } = await node(['--import', asOldNode, bin]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/needs Node\.js 24 or newer .*Fix: npm run setup/);
  });
  it('hands over to its own Node.js under an old one, with arguments and exit code', async () => {
    await put('services/cli/dist/main.js', 'console.log(process.env.OWN_NODE, process.argv.slice(2).join()); process.exitCode = 4;');
    await putOwnNode();
    expect(await node(['--import', asOldNode, bin, 'check', "it's"])).toEqual({ code: 4, stdout: "1 check,it's\n", stderr: '' });
  });
  it.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)('passes %s on and waits for a clean end', async (signal) => {
    await put(
      'services/cli/dist/main.js',
      `setInterval(() => {}, 1000); process.on('${signal}', () => { console.log('stopped'); process.exit(0); }); console.log('ready');`,
    );
    await putOwnNode();
    const ended = await node(['--import', asOldNode, bin], (kill, soFar) => soFar === 'ready\n' && kill(signal));
    expect(ended).toEqual({ code: 0, stdout: 'ready\nstopped\n', stderr: '' });
  });
  it('ends as its own Node.js ended, also by a signal', async () => {
    await put('services/cli/dist/main.js', "process.kill(process.pid, 'SIGKILL');");
    await putOwnNode();
    expect((await node(['--import', asOldNode, bin])).code).toBe(137);
  });
});

describe('the command line as a process', { timeout: 60_000 }, () => {
  it('prints its version and ends', async () => {
    expect(await node(['--conditions=source', main, 'version'])).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^bridge \d/),
      stderr: '',
    });
  });
  it('gives the exit codes of usage errors', async () => {
    expect(await node(['--conditions=source', main, 'verzion'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('Did you mean version?'),
    });
  });
  it('checks an empty folder with the real platforms', async () => {
    const { code, stdout, stderr } = await node(['--conditions=source', main, 'check']);
    expect([code, stderr]).toEqual([1, '']);
    expect(stdout).toMatch(/no platform is configured\n {2}Fix: .*DISCORD_BOT_TOKEN/);
  });
  it('writes, for the real platforms, an .env whose secrets their own rules accept', async () => {
    expect((await node(['--conditions=source', main, 'init'])).code).toBe(0);
    const { stdout } = await node(['--conditions=source', main, 'check']);
    expect(stdout).toContain('TELEGRAM_BOT_TOKEN is missing');
    expect(stdout).not.toMatch(/is not valid|is not a variable/);
  });
  it('ends well when it is told to stop while it is being loaded', async () => {
    await put('.env', 'TELEGRAM_BOT_TOKEN=1:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\nTELEGRAM_MODE=polling\nREDIS_URL=redis://127.0.0.1:1\n');
    await put('bridges.yaml', 'bridges: [{ name: a, members: [{ platform: telegram, chat: "1" }, { platform: telegram, chat: "2" }] }]\n');
    const stopIt = `import { registerHooks } from 'node:module';
      registerHooks({ load(url, context, next) {
        if (url.endsWith('/runtime/src/index.ts')) process.kill(process.pid, 'SIGTERM');
        return next(url, context);
      } });`;
    const stopping = `data:text/javascript,${encodeURIComponent(stopIt)}`;
    expect(await node(['--conditions=source', '--import', stopping, main, 'start'])).toMatchObject({ code: 0, stderr: '' });
  });
});
