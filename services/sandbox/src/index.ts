import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ServiceApp, connectJourneys, createLogger, freePort, stopSignal } from '@bridge/runtime';
import { startBridge } from './bridge-process.ts';
import { createFeed } from './feed.ts';
import { startPage } from './page-server.ts';
import { watchHealth, watchJourneys } from './watch.ts';
import { createWorld } from './world.ts';

/** Keys of the sandbox in Redis; its simulators start from nothing, so what an earlier run left is removed. */
const prefix = 'sandbox';

/**
 * `bridge sandbox`: the three platforms simulated, a page with their chats, and `bridge start` between them as a process
 * of its own. Resolves with the exit code once it was asked to stop and everything has stopped.
 */
export const app: ServiceApp = {
  name: 'sandbox',
  async run({ env, entry, stdout }) {
    const redisUrl = env['REDIS_URL'];
    if (redisUrl === undefined || redisUrl === '') throw new Error('The sandbox needs Redis: use `npm start`, which brings one, or set REDIS_URL.');
    const { log } = await createLogger({ level: env['LOG_LEVEL'] ?? 'info', secrets: [], base: { role: 'sandbox' } });
    const folder = await mkdtemp(join(tmpdir(), 'bridge-sandbox-'));
    const world = await createWorld();
    const journeys = await connectJourneys({ target: { kind: 'single', url: redisUrl }, prefix, forget: true });
    const feed = createFeed(world);
    const stopping = new AbortController();
    try {
      const port = await freePort(Number(env['PORT'] ?? 3000));
      const ingress = new URL(`http://127.0.0.1:${port}`);
      world.connect(ingress);
      await writeFile(join(folder, 'bridges.yaml'), world.bridges);
      const page = await startPage({ world, feed, log, port: await freePort(Number(env['SANDBOX_PORT'] ?? 3002)) });
      const bridge = startBridge({ entry, cwd: folder, env: bridgeEnv(env, { ...world.env, PORT: String(port), PUBLIC_URL: ingress.origin, REDIS_URL: redisUrl }) });
      const watching = [watchHealth(ingress, feed, stopping.signal), watchJourneys(journeys.follow(stopping.signal), feed, log)];
      stdout(banner(page.port, port));
      const ended = await Promise.race([bridge.ended.then((code) => ({ code })), stopSignal()]);
      if (typeof ended === 'object') feed.setStatus({ state: 'stopped' });
      stopping.abort();
      await bridge.stop();
      feed.close();
      await Promise.all([page.close(), ...watching]);
      return typeof ended === 'object' ? (ended.code ?? 1) : 0;
    } finally {
      stopping.abort();
      await journeys.close();
      await world.close();
      await rm(folder, { recursive: true, force: true });
    }
  },
};

/** Nothing of a real installation's environment may reach the sandbox's bridge. */
function bridgeEnv(env: Readonly<Record<string, string | undefined>>, own: Readonly<Record<string, string>>): Record<string, string | undefined> {
  const foreign = /^(?:COMETCHAT|DISCORD|TELEGRAM|REDIS|CONSOLE|BRIDGE)_?|^(?:BRIDGES_FILE|PUBLIC_URL|JWT_SECRET|SANDBOX_PORT)$/;
  const kept = Object.fromEntries(Object.entries(env).filter(([name]) => !foreign.test(name)));
  return { ...kept, NODE_ENV: 'development', BIND_ADDRESS: '127.0.0.1', METRICS_PORT: '0', LOG_LEVEL: env['LOG_LEVEL'] ?? 'warn', ...own, REDIS_PREFIX: prefix };
}

function banner(page: number, ingress: number): string {
  return [
    '',
    '  The sandbox is open:',
    '',
    `    http://127.0.0.1:${page}   three chats, side by side: write in one, see it in the others`,
    `    http://127.0.0.1:${ingress}/status   what the bridge says of itself`,
    '',
    '  No account is needed: CometChat, Discord and Telegram are simulated here; the bridge between them is the real one.',
    '  To bridge real rooms: npx bridge init, then fill in .env and bridges.yaml. Ctrl-C stops everything.',
    '',
  ].join('\n');
}
