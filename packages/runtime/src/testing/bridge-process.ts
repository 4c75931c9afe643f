import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { vi } from 'vitest';
import { ring } from './pigeon.ts';

export interface BridgeProcessOptions {
  readonly redisUrl: string;
  readonly prefix: string;
  /** Comma-separated. */
  readonly roles: string;
  /** Where commands go; see `startLoft`. */
  readonly loft?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** bridges.yaml; the lofts `a` alone by default. */
  readonly bridges?: string;
}

/** A bridge between the lofts `a` of the platforms pigeon and raven, as a process of its own. */
export interface BridgeProcess {
  /** Where its webhooks are, once they are. */
  url(): Promise<string>;
  readonly folder: string;
  readonly pid: number;
  /** Standard output as lines, parsed. */
  lines(): readonly Readonly<Record<string, unknown>>[];
  stderr(): string;
  /** Resolves when a line with this message is there. */
  said(message: string): Promise<Readonly<Record<string, unknown>>>;
  writeBridges(yaml: string): Promise<void>;
  /** What the webhook of a platform answers to this event. */
  post(event: object, platform?: string): Promise<number>;
  kill(signal: NodeJS.Signals): void;
  /** The exit code, or the signal that ended it. */
  readonly exit: Promise<number | string>;
  remove(): Promise<void>;
}

const program = fileURLToPath(new URL('./pigeon-program.ts', import.meta.url));
/** Starting takes seconds where several test files do so at once. */
const patient = { timeout: 40_000, interval: 20 };

export const bridgesYaml = (name: string, ...lofts: readonly string[]): string =>
  `bridges:\n  - name: ${name}\n    members:\n${lofts
    .map((loft) => {
      const [platform = '', id = ''] = loft.split(':');
      return `      - { platform: ${platform}, loft: "${id}" }\n`;
    })
    .join('')}`;

export async function startBridgeProcess(options: BridgeProcessOptions): Promise<BridgeProcess> {
  const folder = await mkdtemp(join(tmpdir(), 'bridge-process-'));
  const writeBridges = (yaml: string) => writeFile(join(folder, 'bridges.yaml'), yaml);
  await writeBridges(options.bridges ?? bridgesYaml('a', 'pigeon:a', 'raven:a'));
  const env = {
    PATH: process.env['PATH'] ?? '',
    NODE_COMPILE_CACHE: join(tmpdir(), 'bridge-test-compile-cache'),
    NODE_ENV: 'test',
    ROLES: options.roles,
    LOFT: options.loft ?? '',
    PORT: '0',
    BIND_ADDRESS: '127.0.0.1',
    METRICS_PORT: '0',
    REDIS_URL: options.redisUrl,
    REDIS_PREFIX: options.prefix,
    PIGEON_TOKEN: 'token-of-pigeons',
    RAVEN_TOKEN: 'token-of-ravens',
    ...options.env,
  };
  // The channel tells it when the test run is gone, so that none is left behind.
  const child = spawn(process.execPath, ['--conditions=source', program], { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
  const output = { stdout: '', stderr: '' };
  child.stdout?.setEncoding('utf8').on('data', (chunk: string) => void (output.stdout += chunk));
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => void (output.stderr += chunk));
  const exit = once(child, 'close').then(() => child.exitCode ?? child.signalCode ?? 'unknown');
  const lines = () =>
    output.stdout
      .split('\n')
      .slice(0, -1)
      .map((line): Record<string, unknown> => JSON.parse(line));
  const said = (message: string) =>
    vi.waitFor(() => {
      const found = lines().find((line) => line['msg'] === message);
      if (found === undefined) throw new Error(`nobody said ${message}: ${output.stdout.slice(-2_000)}${output.stderr}`);
      return found;
    }, patient);
  const url = async () => String((await said('webhooks can come'))['url']);
  return {
    url,
    folder,
    pid: child.pid ?? 0,
    lines,
    stderr: () => output.stderr,
    writeBridges,
    kill: (signal) => void child.kill(signal),
    exit,
    said,
    async post(event, platform = 'pigeon') {
      const headers = { 'content-type': 'application/json', 'x-ring': ring };
      return (await fetch(`${await url()}/${platform}`, { method: 'POST', headers, body: JSON.stringify(event) })).status;
    },
    async remove() {
      child.kill('SIGKILL');
      await exit;
      await rm(folder, { recursive: true, force: true });
    },
  };
}
