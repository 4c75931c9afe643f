import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type RedisServer, startRedis } from '@bridge/testing';
import { ownPort } from '@bridge/testing/port';
import { afterAll, beforeAll, expect, it, onTestFinished, vi } from 'vitest';

const program = fileURLToPath(new URL('./fixtures/run-sandbox.ts', import.meta.url));
const waiting = { timeout: 45_000, interval: 30 };
let redis: RedisServer;

// Each test starts a process; Redis is given some seconds before it counts as gone.
vi.setConfig({ testTimeout: 60_000 });

beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis.stop());

interface Run {
  readonly pid: number;
  readonly exit: Promise<number | null>;
  output(): string;
  kill(signal: NodeJS.Signals): void;
  /** What is left in the temporary folder. */
  leftovers(): Promise<readonly string[]>;
  /** What the stand-in for the bridge noted. */
  bridge(): Promise<readonly string[]>;
  /** URLs of the page, the bridge and its console, once they are told. */
  urls(): Promise<readonly [page: string, bridge: string, console: string]>;
}

async function run(env: Readonly<Record<string, string | undefined>> = {}): Promise<Run> {
  const folder = await mkdtemp(join(tmpdir(), 'sandbox-test-'));
  const temporary = join(folder, 'tmp');
  await mkdir(temporary);
  const log = join(folder, 'log');
  const base = {
    PATH: process.env['PATH'],
    NODE_COMPILE_CACHE: join(tmpdir(), 'bridge-test-compile-cache'),
    TMPDIR: temporary,
    LOG: log,
    REDIS_URL: redis.url,
    PORT: '0',
    SANDBOX_PORT: '0',
    BEHAVIOUR: 'stays',
  };
  const child = spawn(process.execPath, ['--conditions=source', program], { env: { ...base, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  const chunks: string[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (chunk: string) => chunks.push(chunk));
  const exit = once(child, 'close').then(() => child.exitCode);
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await exit;
    await rm(folder, { recursive: true });
  });
  const output = () => chunks.join('');
  return {
    pid: child.pid ?? 0,
    exit,
    output,
    kill: (signal) => void child.kill(signal),
    leftovers: () => readdir(temporary),
    bridge: async () => (await readFile(log, 'utf8').catch(() => '')).split('\n').filter((line) => line !== ''),
    urls: async () => {
      await vi.waitFor(() => expect(output()).toContain('Ctrl-C stops everything'), waiting);
      const [page = '', bridge = '', console = ''] = output().match(/http:\/\/[\d.:]+/g) ?? [];
      return [page, bridge, console];
    },
  };
}

async function takePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

it.each(['SIGINT', 'SIGTERM'] as const)('%s stops everything, once, and leaves nothing behind', async (signal) => {
  const sandbox = await run();
  const [page] = await sandbox.urls();
  expect((await fetch(page)).status).toBe(200);
  const feed = await fetch(`${page}/api/events`);
  await vi.waitFor(async () => expect(await sandbox.bridge()).toHaveLength(1), waiting);
  expect(await sandbox.leftovers()).toEqual([expect.stringMatching(/^bridge-sandbox-/)]);
  sandbox.kill(signal);
  expect(await sandbox.exit).toBe(0);
  const [started = '', ...later] = await sandbox.bridge();
  const pid = started.split(' ').at(-1);
  expect(later).toEqual([`asked ${pid}`]);
  expect(() => process.kill(Number(pid), 0)).toThrow('ESRCH');
  expect(await sandbox.leftovers()).toEqual([]);
  expect(await feed.text()).toContain('"state":"stopped"');
  await expect(fetch(page)).rejects.toThrow();
});

it('stops also while Redis is gone', async () => {
  const own = await startRedis();
  onTestFinished(() => own.stop());
  const sandbox = await run({ REDIS_URL: own.url });
  await vi.waitFor(async () => expect(await sandbox.bridge()).toHaveLength(1), waiting);
  await own.kill9();
  const since = performance.now();
  sandbox.kill('SIGINT');
  expect(await sandbox.exit).toBe(0);
  expect(performance.now() - since).toBeLessThan(15_000);
  expect(await sandbox.leftovers()).toEqual([]);
});

it('leaves no process behind even when it is killed', async () => {
  const sandbox = await run();
  await vi.waitFor(async () => expect(await sandbox.bridge()).toHaveLength(1), waiting);
  sandbox.kill('SIGKILL');
  await sandbox.exit;
  await vi.waitFor(async () => expect((await sandbox.bridge())[1]).toMatch(/^alone /), waiting);
});

it('takes other ports when those it wants are taken', async () => {
  const [ingress, page] = [await takePort(), await takePort()];
  const sandbox = await run({ PORT: String(ingress), SANDBOX_PORT: String(page) });
  const urls = await sandbox.urls();
  expect(new Set([...urls.map((url) => Number(new URL(url).port)), ingress, page]).size).toBe(5);
  expect(await (await fetch(urls[0])).text()).toContain('<title>Sandbox');
});

it('takes three ports also when one is wanted for all', async () => {
  const { port, release } = await ownPort();
  onTestFinished(release);
  const sandbox = await run({ PORT: String(port), SANDBOX_PORT: String(port), CONSOLE_PORT: String(port) });
  const ports = (await sandbox.urls()).map((url) => Number(new URL(url).port));
  expect([ports[1], new Set(ports).size]).toEqual([port, 3]);
});

it('ends as the bridge does when that ends by itself', async () => {
  const sandbox = await run({ BEHAVIOUR: 'fails' });
  expect(await sandbox.exit).toBe(78);
  expect(await sandbox.leftovers()).toEqual([]);
});

it.each<[string, Readonly<Record<string, string | undefined>>, string]>([
  ['no Redis', { REDIS_URL: undefined }, 'The sandbox needs Redis: use `npm start`, which brings one, or set REDIS_URL.'],
  ['a Redis that does not answer', { REDIS_URL: 'redis://127.0.0.1:1' }, 'Redis'],
  ['a port that is none', { SANDBOX_PORT: 'three' }, 'SANDBOX_PORT=three is no port'],
])('with %s it says so and leaves nothing behind', async (_name, env, sentence) => {
  const sandbox = await run(env);
  expect(await sandbox.exit).toBe(1);
  expect(sandbox.output()).toContain(sentence);
  expect(await sandbox.leftovers()).toEqual([]);
  expect(await sandbox.bridge()).toEqual([]);
});

it('two of them on one Redis do not disturb each other', async () => {
  const [one, other] = await Promise.all([run(), run()]);
  await Promise.all([one.urls(), other.urls()]);
  await vi.waitFor(async () => expect([...(await one.bridge()), ...(await other.bridge())]).toHaveLength(2), waiting);
  one.kill('SIGINT');
  expect(await one.exit).toBe(0);
  const [page] = await other.urls();
  expect((await fetch(page)).status).toBe(200);
});
