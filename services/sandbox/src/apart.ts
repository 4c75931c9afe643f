import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { type Server, connect, createServer } from 'node:net';
import { type ServiceAppOptions, connectJourneys, createLogger } from '@bridge/runtime';
import { createBreaking } from './breaking.ts';
import { banner, redisUrlOf, wantedPort } from './environment.ts';
import { createFeed } from './feed.ts';
import { createLedger } from './ledger.ts';
import type { OpenOptions } from './index.ts';
import { keysIn, newKeys } from './keys.ts';
import { startPage } from './page-server.ts';
import { settled, watchHealth, watchJourneys, watchLedger } from './watch.ts';
import { type Reach, bridges, createWorld, settingsFor } from './world.ts';

type Environment = ServiceAppOptions['env'];

/** Keys of the sandbox's own, so that a real bridge on the same Redis finds nothing of it. */
const prefix = 'sandbox';

const reachOf = (env: Environment): Reach => ({ host: env['SANDBOX_HOST'] || 'sandbox' });

/**
 * `bridge sandbox --settings`: prints, as JSON, the environment and the bridges.yaml with which a bridge elsewhere works
 * on the platforms of `bridge sandbox --platforms-only`. Keys that the environment has already stay as they are.
 */
export function printSettings({ env, stdout }: ServiceAppOptions): number {
  const ports = { PORT: String(wantedPort(env, 'PORT', 3000)) };
  const password = env['CONSOLE_PASSWORD'] || randomBytes(6).toString('hex');
  const sessions = { CONSOLE_PASSWORD: password, JWT_SECRET: env['JWT_SECRET'] || randomBytes(24).toString('hex') };
  const own = { ...ports, ...sessions, PUBLIC_URL: `http://127.0.0.1:${ports.PORT}`, NODE_ENV: 'development', REDIS_PREFIX: prefix };
  stdout(JSON.stringify({ env: { ...own, ...settingsFor(keysIn(env) ?? newKeys(), reachOf(env)) }, bridges }));
  return 0;
}

/** `bridge sandbox --platforms-only`: the simulated platforms and their page, for a bridge in processes of its own. */
export async function openApart({ env, stdout, asked, cleanUp }: OpenOptions): Promise<number> {
  const keys = keysIn(env);
  if (keys === undefined) throw new Error('The keys of the platforms are missing; put what `bridge sandbox --settings` prints into .env.');
  const { log } = await createLogger({ level: env['LOG_LEVEL'] ?? 'info', secrets: Object.values(keys), base: { role: 'sandbox' } });
  const port = wantedPort(env, 'PORT', 3000);
  const ingress = new URL(`http://${env['SANDBOX_INGRESS'] || 'ingress'}:${port}`);
  const world = await createWorld({ keys, reach: reachOf(env) });
  cleanUp.defer(() => world.close());
  // The bridge's public URL is one of loopback, which a browser of this machine can open; here it has to lead there too.
  const passage = await openPassage(port, ingress);
  cleanUp.defer(() => void passage.close());
  world.connect(new URL(`http://127.0.0.1:${port}`));
  const journeys = await connectJourneys({ target: { kind: 'single', url: redisUrlOf(env) }, prefix });
  cleanUp.defer(() => journeys.close());
  const feed = createFeed(world);
  const ledger = createLedger(world);
  cleanUp.defer(() => ledger.close());
  const breaking = createBreaking({ world, kill: killElsewhere, silence: (ms) => journeys.silence(ms) });
  feed.setFaults(breaking.faults);
  const page = await startPage({ world, feed, breaking, log, port: wantedPort(env, 'SANDBOX_PORT', 3002), host: '0.0.0.0' });
  cleanUp.defer(() => page.close());
  cleanUp.defer(() => feed.close());
  const watching = new AbortController();
  const { signal } = watching;
  const watched = [
    watchHealth({ ingress, feed, signal }),
    watchLedger({ ingress, feed, ledger, signal }),
    watchJourneys(journeys.follow(signal), feed, log),
  ];
  cleanUp.defer(async () => {
    watching.abort();
    await settled(watched);
  });
  const password = env['CONSOLE_PASSWORD'];
  stdout(
    banner({
      page: page.port,
      ingress: port,
      console: wantedPort(env, 'CONSOLE_PORT', 3001),
      begin: 'docker compose run --rm init',
      ...(password === undefined ? {} : { password }),
    }),
  );
  await asked;
  return 0;
}

function killElsewhere(): never {
  throw new Error("The bridge runs in containers of its own here. Kill one with: docker compose exec router sh -c 'kill -9 -1'");
}

/** Passes connections to a loopback port on to where ingress is. */
async function openPassage(port: number, { hostname }: URL): Promise<Server> {
  const server = createServer((from) => {
    const to = connect(port, hostname);
    from.pipe(to).pipe(from);
    for (const [one, other] of [
      [from, to],
      [to, from],
    ] as const) {
      one.on('error', () => other.destroy());
      one.on('close', () => other.destroy());
    }
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return server.unref();
}
