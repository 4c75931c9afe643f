import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ownPort } from '@bridge/testing';
import { until } from './until.ts';

/** A real `bridge sandbox` process. */
export interface Sandbox {
  /** Of its page. */
  readonly url: string;
  output(): string;
  /** The process of the bridge in it. */
  bridgePid(): number;
  /** As Ctrl-C does; resolves with the exit code. */
  stop(): Promise<number | null>;
}

const cli = fileURLToPath(new URL('../../services/cli/src/main.ts', import.meta.url));

const own = async () => String((await ownPort()).port);

/** Starts it from the sources on free ports, and waits until the bridge in it answers that all is well. */
export async function startSandbox({ redisUrl }: { readonly redisUrl: string }): Promise<Sandbox> {
  const env = {
    PATH: process.env['PATH'],
    NODE_COMPILE_CACHE: join(tmpdir(), 'bridge-test-compile-cache'),
    REDIS_URL: redisUrl,
    PORT: await own(),
    SANDBOX_PORT: await own(),
    CONSOLE_PORT: await own(),
  };
  const child = spawn(process.execPath, ['--conditions=source', cli, 'sandbox'], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const chunks: string[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (chunk: string) => chunks.push(chunk));
  const exit = once(child, 'exit').then(() => child.exitCode);
  const output = () => chunks.join('');
  const urls = () => output().match(/http:\/\/[\d.]+:\d+/g) ?? [];
  const stop = async () => {
    child.kill('SIGINT');
    return exit;
  };
  const why = () => `the sandbox did not start\n${output().slice(-3_000)}`;
  try {
    await until(async () => urls().length > 1 && (await isHealthy(urls()[1])), { timeoutMs: 60_000, why });
  } catch (error) {
    await stop();
    throw error;
  }
  return { url: urls()[0] ?? '', output, stop, bridgePid: () => childOf(child.pid) };
}

async function isHealthy(ingress: string | undefined): Promise<boolean> {
  try {
    const answer = await (await fetch(`${ingress}/health`)).text();
    return answer.includes('"status":"healthy"');
  } catch {
    return false;
  }
}

function childOf(pid: number | undefined): number {
  const lines = execFileSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' }).split('\n');
  const pairs = lines.map((line) => line.trim().split(/\s+/).map(Number));
  const found = pairs.find(([, parent]) => parent === pid)?.[0];
  if (found === undefined) throw new Error(`process ${pid} has no child`);
  return found;
}
