import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ServiceApp, type ServiceAppOptions, connectJourneys, createLogger, freePort, stopSignal } from '@bridge/runtime';
import { openApart, printSettings } from './apart.ts';
import { type BridgeProcess, startBridge } from './bridge-process.ts';
import { createBreaking } from './breaking.ts';
import { banner, bridgeEnv, redisUrlOf, wantedPort } from './environment.ts';
import { createFeed } from './feed.ts';
import { createLedger } from './ledger.ts';
import { startPage } from './page-server.ts';
import { settled, watchHealth, watchJourneys, watchLedger } from './watch.ts';
import { createWorld } from './world.ts';

/**
 * `bridge sandbox`: the three platforms simulated, a page with their chats, and `bridge start` between them as a process
 * of its own. Resolves with the exit code once it was asked to stop and everything has stopped.
 */
export const app: ServiceApp = {
  name: 'sandbox',
  async run(options) {
    if (options.args.includes('--settings')) return printSettings(options);
    // From the first moment on, so that an early Ctrl-C leaves nothing behind either.
    const asked = stopSignal();
    const cleanUp = new AsyncDisposableStack();
    try {
      const running = { ...options, asked, cleanUp };
      return await (options.args.includes('--platforms-only') ? openApart(running) : open(running));
    } finally {
      await cleanUp.disposeAsync();
    }
  },
};

/** A sandbox that is being opened, and what closes it again. */
export interface OpenOptions extends ServiceAppOptions {
  readonly asked: Promise<string>;
  readonly cleanUp: AsyncDisposableStack;
}

async function open({ env, entry, stdout, asked, cleanUp }: OpenOptions): Promise<number> {
  const redisUrl = redisUrlOf(env);
  const wanted = {
    ingress: wantedPort(env, 'PORT', 3000),
    page: wantedPort(env, 'SANDBOX_PORT', 3002),
    console: wantedPort(env, 'CONSOLE_PORT', 3001),
  };
  const { log } = await createLogger({ level: env['LOG_LEVEL'] ?? 'info', secrets: [], base: { role: 'sandbox' } });
  const port = await freePort(wanted.ingress);
  const ingress = new URL(`http://127.0.0.1:${port}`);
  // Keys of its own for every sandbox on this Redis; its simulators start from nothing, so what an earlier one left is removed.
  const prefix = `sandbox-${port}`;
  const journeys = await connectJourneys({ target: { kind: 'single', url: redisUrl }, prefix, forget: true });
  cleanUp.defer(() => journeys.close());
  const folder = await mkdtemp(join(tmpdir(), 'bridge-sandbox-'));
  cleanUp.defer(() => rm(folder, { recursive: true, force: true }));
  const world = await createWorld();
  cleanUp.defer(() => world.close());
  world.connect(ingress);
  await writeFile(join(folder, 'bridges.yaml'), world.bridges);
  const feed = createFeed(world);
  const consolePort = await freePort(wanted.console, [port]);
  const own = { ...world.env, ...ownSettings({ ingress, consolePort }), REDIS_URL: redisUrl, REDIS_PREFIX: prefix };
  const ledger = createLedger(world);
  cleanUp.defer(() => ledger.close());
  const victim: { bridge?: BridgeProcess } = {};
  const breaking = createBreaking({ world, kill: () => victim.bridge?.kill(), silence: (ms) => journeys.silence(ms) });
  feed.setFaults(breaking.faults);
  const pagePort = await freePort(wanted.page, [port, consolePort]);
  const page = await startPage({ world, feed, breaking, log, consolePort, port: pagePort });
  cleanUp.defer(() => page.close());
  cleanUp.defer(() => feed.close());
  const running = startBridge({ entry, cwd: folder, env: bridgeEnv(env, own) });
  victim.bridge = running;
  cleanUp.defer(() => running.stop());
  const watching = new AbortController();
  const { signal } = watching;
  const watched = [
    watchHealth({ ingress, feed, bridge: running, signal }),
    watchLedger({ ingress, feed, ledger, signal }),
    watchJourneys(journeys.follow(signal), feed, log),
  ];
  cleanUp.defer(async () => {
    watching.abort();
    feed.setStatus({ state: 'stopped' });
    await settled(watched);
  });
  stdout(banner({ page: page.port, ingress: port, console: consolePort }));
  return Promise.race([running.ended, asked.then(() => 0)]);
}

function ownSettings({ ingress, consolePort }: { readonly ingress: URL; readonly consolePort: number }): Record<string, string> {
  return {
    PORT: ingress.port,
    // The simulated platforms have none.
    OUTGOING_LIMITS: 'off',
    PUBLIC_URL: ingress.origin,
    // Without a password, so that it opens on loopback only; nothing in a sandbox is a secret.
    CONSOLE_PORT: String(consolePort),
    CONSOLE_SHOW_MESSAGES: 'true',
    CONSOLE_DASHBOARD_WRITES: 'true',
    // Where the simulated platforms serve their files.
    ALLOW_PRIVATE_MEDIA_HOSTS: '127.0.0.1',
  };
}
