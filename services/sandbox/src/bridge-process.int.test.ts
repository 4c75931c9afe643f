import { once } from 'node:events';
import { mkdtemp, readFile, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished, vi } from 'vitest';
import { type BridgeProcess, startBridge } from './bridge-process.ts';

const entry = fileURLToPath(new URL('./fixtures/bridge-stand-in.mjs', import.meta.url));
const waiting = { timeout: 45_000, interval: 20 };

interface Run {
  readonly bridge: BridgeProcess;
  readonly folder: string;
  lines(): Promise<readonly string[]>;
  /** Process ids, one for each start so far. */
  started(): Promise<readonly number[]>;
}

async function run(behaviour = 'stays'): Promise<Run> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'bridge-process-test-')));
  const log = join(folder, 'log');
  const bridge = startBridge({ entry, cwd: folder, env: { PATH: process.env['PATH'], LOG: log, BEHAVIOUR: behaviour } });
  onTestFinished(async () => {
    await bridge.stop();
    await rm(folder, { recursive: true });
  });
  const lines = async () => (await readFile(log, 'utf8').catch(() => '')).split('\n').filter((line) => line !== '');
  const started = async () => (await lines()).filter((line) => line.startsWith('started')).map((line) => Number(line.split(' ').at(-1)));
  return { bridge, folder, lines, started };
}

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

it('runs `bridge start` in its folder', async () => {
  const { lines, folder } = await run();
  await vi.waitFor(async () => expect((await lines())[0]).toMatch(/^started start in /), waiting);
  expect((await lines())[0]).toContain(`in ${folder} `);
});

it('is asked once to stop, and is gone then', async () => {
  const { bridge, lines, started } = await run();
  await vi.waitFor(async () => expect(await started()).toHaveLength(1), waiting);
  const [pid = 0] = await started();
  expect(isAlive(pid)).toBe(true);
  await bridge.stop();
  expect(isAlive(pid)).toBe(false);
  expect((await lines()).slice(1)).toEqual([`asked ${pid}`]);
  await bridge.stop();
  expect(bridge.restarts).toBe(0);
});

it('starts again after a kill, each time', async () => {
  const { bridge, started } = await run();
  for (const kills of [0, 1, 2]) {
    await vi.waitFor(async () => expect(await started()).toHaveLength(kills + 1), waiting);
    expect(bridge.restarts).toBe(kills);
    const { killed } = bridge;
    expect(killed.aborted).toBe(false);
    if (kills === 2) return;
    process.kill((await started())[kills] ?? 0, 'SIGKILL');
    await vi.waitFor(() => expect(killed.aborted).toBe(true), waiting);
    expect(bridge.restarts).toBe(kills + 1);
  }
});

it('does not start again what was killed while it is being stopped', async () => {
  const { bridge, started } = await run('deaf');
  await vi.waitFor(async () => expect(await started()).toHaveLength(1), waiting);
  const stopped = bridge.stop();
  process.kill((await started())[0] ?? 0, 'SIGKILL');
  await stopped;
  expect(bridge.restarts).toBe(0);
  expect(await started()).toHaveLength(1);
});

it('can be stopped while it waits to start again', async () => {
  const { bridge, started } = await run();
  await vi.waitFor(async () => expect(await started()).toHaveLength(1), waiting);
  const found = once(bridge.killed, 'abort');
  process.kill((await started())[0] ?? 0, 'SIGKILL');
  await found;
  // In the same turn as the wait begins, so that it cannot be over.
  await bridge.stop();
  expect(bridge.restarts).toBe(1);
  expect(await started()).toHaveLength(1);
});

it('tells the exit code of a bridge that ends by itself, and leaves it at that', async () => {
  const { bridge, started } = await run('fails');
  expect(await bridge.ended).toBe(78);
  expect(bridge.restarts).toBe(0);
  expect(await started()).toHaveLength(1);
});
