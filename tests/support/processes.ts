import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
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

const cli = fileURLToPath(new URL('../../services/cli/src/main.ts', import.meta.url));

export interface InstallOptions {
  readonly world: World;
  readonly redisUrl: string;
  /** One entry per process: its roles, comma-separated. All roles in one process where absent. */
  readonly processes?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** What /health says once it is up: `degraded` where some roles are left out. */
  readonly status?: string;
}

/** Runs the bridge as real processes between the world's simulators, and waits until it is healthy. */
export async function install({
  world,
  redisUrl,
  processes = ['ingress,gateway,router,sender'],
  env = {},
  status = 'healthy',
}: InstallOptions): Promise<Installation> {
  const folder = await mkdtemp(join(tmpdir(), 'bridge-test-'));
  await writeFile(join(folder, 'bridges.yaml'), world.bridgesYaml);
  const port = await freePort();
  const ingress = `http://127.0.0.1:${port}`;
  const environment = {
    PATH: process.env['PATH'] ?? '',
    NODE_COMPILE_CACHE: join(tmpdir(), 'bridge-test-compile-cache'),
    NODE_ENV: 'development',
    BIND_ADDRESS: '127.0.0.1',
    PORT: String(port),
    PUBLIC_URL: ingress,
    METRICS_PORT: '0',
    REDIS_URL: redisUrl,
    REDIS_PREFIX: `t${process.pid}${Math.random().toString(36).slice(2, 8)}`,
    ...world.env,
    ...env,
  };
  const started: RoleProcess[] = [];
  const add = (roles: string) => {
    const one = start(roles, folder, environment);
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
      await rm(folder, { recursive: true, force: true });
      return codes;
    },
  };
}

function start(roles: string, cwd: string, env: Record<string, string>): RoleProcess {
  const child: ChildProcess = spawn(process.execPath, ['--conditions=source', cli, 'start', '--roles', roles], {
    cwd,
    env,
    // The channel ends them with us, however we end.
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  const chunks: string[] = [];
  child.stdout?.setEncoding('utf8').on('data', (chunk: string) => chunks.push(chunk));
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => chunks.push(chunk));
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

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
