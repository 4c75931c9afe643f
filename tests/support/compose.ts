import { execFile } from 'node:child_process';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { ownPort } from '@bridge/testing';
import { afterAll, beforeAll } from 'vitest';
import { type SandboxLedger, watchSandbox } from './sandbox-ledger.ts';
import { until } from './until.ts';

const run = promisify(execFile);
const repository = fileURLToPath(new URL('../..', import.meta.url));

/** Set where there is no engine, or not the base images, and that was explained; `npm test` does both. */
export const skipComposeTests = process.env['COMPOSE_TESTS'] === 'skip';

/** The stack of docker-compose.yml in a project, folder and on ports of its own. */
export interface Stack {
  /** Of the sandbox's page. */
  readonly page: string;
  readonly ingress: string;
  readonly console: string;
  /** Of the profile `observability`. */
  readonly prometheus: string;
  /** `docker compose …`; resolves with what it printed. */
  compose(...args: readonly string[]): Promise<string>;
  /** Builds the image, with another version in its label each time. */
  build(version: string): Promise<void>;
  /** Bytes of the image's layers above its base's. */
  ownBytes(): Promise<number>;
  /** Names of the running containers of a service. */
  containers(service: string): Promise<readonly string[]>;
  /** Versions that the labels of a service's running containers tell. */
  versions(service: string): Promise<readonly string[]>;
  /** SIGKILL to everything in a container, as the kernel does it when memory runs out: the engine starts it again. */
  kill9(container: string): Promise<void>;
  /** Waits until the bridge says that all is well. */
  healthy(): Promise<void>;
  /** Ends and removes all of it. */
  down(): Promise<void>;
}

/** What can be killed or replaced without the platforms forgetting what was said. */
export const lastingServices: readonly string[] = [
  'redis',
  'ingress',
  'gateway',
  'router',
  'console',
  'sender-cometchat',
  'sender-discord',
  'sender-telegram',
];

export const minutes = (count: number): number => count * 60_000;

/** Builds the image and brings the sandbox up before the tests of a `describe`, watched; takes all of it down after them. */
export function setStack(): { readonly stack: () => Stack; readonly ledger: () => SandboxLedger } {
  let set: { readonly stack: Stack; ledger?: SandboxLedger } | undefined;
  beforeAll(async () => {
    const stack = await createStack();
    set = { stack };
    await stack.build('0.0.1');
    await stack.compose('up', '--detach', '--no-build');
    await stack.healthy();
    set.ledger = watchSandbox(stack.page);
  }, minutes(10));
  afterAll(async () => {
    set?.ledger?.close();
    await set?.stack.down();
  }, minutes(3));
  const there = <T>(thing: T | undefined): T => {
    if (thing === undefined) throw new Error('The stack is not up; beforeAll brings it.');
    return thing;
  };
  return { stack: () => there(set?.stack), ledger: () => there(set?.ledger) };
}

async function createStack(): Promise<Stack> {
  const folder = await mkdtemp(join(tmpdir(), 'bridge-compose-'));
  // What the services of the profiles mount.
  await cp(join(repository, 'deploy'), join(folder, 'deploy'), { recursive: true });
  const own = async () => (await ownPort()).port;
  const [port, pagePort, consolePort, prometheusPort] = [await own(), await own(), await own(), await own()];
  const project = `bridge-test-${process.pid}`;
  const env = {
    ...process.env,
    COMPOSE_PROJECT_NAME: project,
    BRIDGE_IMAGE: `cometchat-integrations:${project}`,
    PORT: String(port),
    SANDBOX_PORT: String(pagePort),
    CONSOLE_PORT: String(consolePort),
    PROMETHEUS_PORT: String(prometheusPort),
    COMPOSE_ANSI: 'never',
    COMPOSE_PROGRESS: 'plain',
  };
  const docker = async (args: readonly string[]) => (await run('docker', args, { env, maxBuffer: 64_000_000 })).stdout;
  const file = ['--file', join(repository, 'docker-compose.yml')];
  const compose = (...args: readonly string[]) => docker(['compose', '--project-directory', folder, ...file, ...args]);
  const ingress = `http://127.0.0.1:${port}`;
  return {
    page: `http://127.0.0.1:${pagePort}`,
    ingress,
    console: `http://127.0.0.1:${consolePort}`,
    prometheus: `http://127.0.0.1:${prometheusPort}`,
    compose,
    build: async (version) => {
      const own = { ...env, BRIDGE_VERSION: version };
      await run('docker', ['compose', '--project-directory', repository, ...file, 'build', '--quiet', 'setup'], { env: own });
    },
    ownBytes: async () => {
      const history = lines(
        await docker(['history', '--human=false', '--no-trunc', '--format', '{{.Size}} {{.CreatedBy}}', env.BRIDGE_IMAGE]),
      );
      // Newest first; the last step of the base is its command.
      const base = history.findIndex((step) => /CMD \["node"\]/.test(step));
      if (base < 1) throw new Error(`the base is not seen in ${history.join('\n')}`);
      return history.slice(0, base).reduce((sum, step) => sum + Number.parseInt(step, 10), 0);
    },
    containers: async (service) => lines(await compose('ps', '--format', '{{.Name}}', service)),
    versions: async (service) => {
      const format = ['--format', '{{index .Config.Labels "org.opencontainers.image.version"}}'];
      return lines(await docker(['inspect', ...format, ...lines(await compose('ps', '--format', '{{.Name}}', service))]));
    },
    kill9: async (container) => {
      const restarts = async () => (await docker(['inspect', '--format', '{{.RestartCount}}', container])).trim();
      const before = await restarts();
      // From inside, as `docker kill` would count as a wish of the operator, and nothing would start it again.
      await docker(['exec', container, 'sh', '-c', 'kill -9 -1']).catch(() => undefined);
      await until(async () => (await restarts()) !== before, { timeoutMs: 60_000, why: () => `${container} was not started again` });
    },
    healthy: () =>
      until(async () => (await healthOf(ingress)).includes('"status":"healthy"'), {
        timeoutMs: 180_000,
        why: () => 'the stack is not healthy',
      }),
    down: async () => {
      await compose('--profile', 'observability', 'down', '--volumes', '--timeout', '1');
      await docker(['image', 'rm', '--force', env.BRIDGE_IMAGE]);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

const lines = (text: string): readonly string[] => text.split('\n').filter((line) => line.trim() !== '');

async function healthOf(ingress: string): Promise<string> {
  try {
    return await (await fetch(`${ingress}/health`, { signal: AbortSignal.timeout(3_000) })).text();
  } catch {
    return '';
  }
}
