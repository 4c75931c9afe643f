import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ownPort } from '@bridge/testing';
import { until } from './until.ts';
import type { World } from './world.ts';

/** One `bridge start` process with some of the roles. */
export interface RoleProcess {
  readonly roles: string;
  readonly pid: number;
  /** All that it wrote to standard output and error so far. */
  output(): string;
  kill(signal: NodeJS.Signals): void;
  readonly exit: Promise<number | null>;
}

export interface Installation {
  readonly ingress: string;
  readonly processes: readonly RoleProcess[];
  readonly folder: string;
  /** Starts one more process with these roles. */
  add(roles: string): RoleProcess;
  /** Stops all of it with SIGTERM. */
  stop(): Promise<readonly (number | null)[]>;
}

const program = {
  sources: ['--conditions=source', fileURLToPath(new URL('../../services/cli/src/main.ts', import.meta.url))],
  built: [fileURLToPath(new URL('../../services/cli/bin/bridge.mjs', import.meta.url))],
} as const;

export interface InstallOptions {
  readonly world: World;
  readonly redisUrl: string;
  /** One entry per process: its roles, comma-separated. All roles in one process where absent. */
  readonly processes?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** What /health says once it is up: `degraded` where some roles are left out. */
  readonly status?: string;
  /** What users run is built; tests run the sources, so that they never test an old build. */
  readonly run?: keyof typeof program;
}

/** Runs the bridge as real processes between the world's simulators, and waits until it is healthy. */
export async function install({
  world,
  redisUrl,
  processes = ['ingress,gateway,router,sender'],
  env = {},
  status = 'healthy',
  run = 'sources',
}: InstallOptions): Promise<Installation> {
  const folder = await folderFor(world);
  const { port, release } = await ownPort();
  const ingress = `http://127.0.0.1:${port}`;
  const environment = { ...environmentOf(world, redisUrl), PORT: String(port), PUBLIC_URL: ingress, ...env };
  const started: RoleProcess[] = [];
  const add = (roles: string) => {
    const one = startBridge({ roles, cwd: folder, env: environment, run });
    started.push(one);
    return one;
  };
  for (const roles of processes) add(roles);
  world.connect(ingress);
  await until(async () => (await statusOf(ingress)) === status, {
    timeoutMs: 60_000,
    why: () => `the bridge did not become healthy\n${started.map((one) => one.output().slice(-2_000)).join('\n')}`,
  });
  return {
    ingress,
    processes: started,
    folder,
    add,
    stop: async () => {
      for (const one of started) one.kill('SIGTERM');
      const codes = await Promise.all(started.map((one) => one.exit));
      release();
      await rm(folder, { recursive: true, force: true });
      return codes;
    },
  };
}

/** A working directory with the world's bridges.yaml. */
export async function folderFor(world: World): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'bridge-test-'));
  await writeFile(join(folder, 'bridges.yaml'), world.bridgesYaml);
  return folder;
}

/** What every process of an installation is told; PORT and PUBLIC_URL are the installation's to choose. */
export function environmentOf(world: World, redisUrl: string): Record<string, string> {
  return {
    PATH: process.env['PATH'] ?? '',
    NODE_COMPILE_CACHE: join(tmpdir(), 'bridge-test-compile-cache'),
    NODE_ENV: 'development',
    BIND_ADDRESS: '127.0.0.1',
    METRICS_PORT: '0',
    // The simulators have none unless they are asked to.
    OUTGOING_LIMITS: 'off',
    // Where the simulators serve their files.
    ALLOW_PRIVATE_MEDIA_HOSTS: '127.0.0.1',
    REDIS_URL: redisUrl,
    REDIS_PREFIX: `t${process.pid}${Math.random().toString(36).slice(2, 8)}`,
    ...world.env,
  };
}

export interface BridgeOptions {
  readonly roles: string;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly run?: keyof typeof program;
  /** Takes what it writes instead of `output()`. */
  readonly onOutput?: (chunk: string) => void;
}

/** Starts one `bridge start`. */
export function startBridge({ roles, cwd, env, run = 'sources', onOutput }: BridgeOptions): RoleProcess {
  const child: ChildProcess = spawn(process.execPath, [...program[run], 'start', '--roles', roles], {
    cwd,
    env,
    // The channel ends them with us, however we end.
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  const chunks: string[] = [];
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding('utf8').on('data', onOutput ?? ((chunk: string) => void chunks.push(chunk)));
  return {
    roles,
    pid: child.pid ?? 0,
    output: () => chunks.join(''),
    kill: (signal) => void child.kill(signal),
    exit: once(child, 'exit').then(() => child.exitCode),
  };
}

async function statusOf(ingress: string): Promise<string | undefined> {
  try {
    const response = await fetch(`${ingress}/health`);
    const body: unknown = await response.json();
    return typeof body === 'object' && body !== null && 'status' in body ? String(body.status) : undefined;
  } catch {
    return undefined;
  }
}
