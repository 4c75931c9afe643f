import { rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { ownPort } from '@bridge/testing';
import { environmentOf, folderFor, type RoleProcess, startBridge } from '../support/processes.ts';
import { until } from '../support/until.ts';
import type { World } from '../support/world.ts';
import { startFront } from './front.ts';
import { type ChaosRole, chaosRoles } from './schedule.ts';

/** A bridge of two processes per role behind a load balancer. */
export interface Fleet {
  /** Kills one, and starts it again after `backMs`; resolves when that is done. */
  kill(role: ChaosRole, which: 0 | 1, backMs: number): Promise<void>;
  freeze(role: ChaosRole, which: 0 | 1, forMs: number): Promise<void>;
  /** Asks one to stop and starts it again; answers its exit code. */
  restart(role: ChaosRole, which: 0 | 1): Promise<number | null>;
  /** What an ingress says of all of it; undefined while none does. */
  status(): Promise<FleetStatus | undefined>;
  /** Webhook calls that no ingress has answered yet. */
  readonly underWay: number;
  /** Processes that ended by themselves with another code than 0, each with the last lines that it wrote. */
  readonly failed: readonly string[];
  /** Exit codes of all of them after SIGTERM; safe to repeat. */
  stop(): Promise<readonly (number | null)[]>;
}

export interface FleetStatus {
  readonly status: string;
  readonly queues: readonly { readonly name: string; readonly waiting: number; readonly conversations: number; readonly dead: number }[];
}

export interface FleetOptions {
  readonly world: World;
  readonly redisUrl: string;
  /** Takes what one process writes. */
  reader(): (chunk: string) => void;
  /** A webhook call of CometChat arrives. */
  asked(body: string): void;
  /** One was answered 2xx. */
  accepted(body: string): void;
}

/** A process, and when it can be asked to stop: before that a signal just ends it. */
interface Started extends RoleProcess {
  readonly ready: Promise<unknown>;
}

interface Place {
  readonly role: ChaosRole;
  /** What runs there: that role, and in the second process of each one also the next one, whose jobs it takes where it adds them. */
  readonly roles: string;
  readonly port: number;
  current: Started;
  /** One thing is done to it at a time. */
  busy: Promise<unknown>;
}

const rolesOf: Readonly<Record<ChaosRole, readonly [string, string]>> = {
  ingress: ['ingress', 'ingress,router'],
  gateway: ['gateway', 'gateway,router'],
  router: ['router', 'router,sender'],
  sender: ['sender', 'router,sender'],
};

/** Of what a process wrote, for a person who looks into its end. */
const keptLines = 20;
const keptChars = 20_000;

export async function startFleet({ world, redisUrl, reader, asked, accepted }: FleetOptions): Promise<Fleet> {
  const cwd = await folderFor(world);
  const ports = await Promise.all(
    chaosRoles.flatMap((role) => rolesOf[role].map(async (roles) => ({ role, roles, port: (await ownPort()).port }))),
  );
  const ingresses = ports.filter(({ role }) => role === 'ingress').map(({ port }) => `http://127.0.0.1:${port}`);
  const front = await startFront({
    upstreams: ingresses,
    asked: ({ path, body }) => {
      if (path === '/cometchat') asked(body);
    },
    answered: ({ path, body, status }) => {
      if (path === '/cometchat' && status >= 200 && status < 300) accepted(body);
    },
  });
  const common = { ...environmentOf(world, redisUrl), LOG_LEVEL: 'info', PUBLIC_URL: front.url };
  const failed: string[] = [];
  const start = ({ roles, port }: Pick<Place, 'roles' | 'port'>): Started => {
    const take = reader();
    const { promise: ready, resolve } = Promise.withResolvers<void>();
    let last = '';
    const onOutput = (chunk: string) => {
      if (chunk.includes('"msg":"started"')) resolve();
      last = `${last}${chunk}`.slice(-keptChars);
      take(chunk);
    };
    const started = startBridge({ roles, cwd, env: { ...common, PORT: String(port) }, onOutput });
    void started.exit.then((code) => {
      // One that a signal ended has no code.
      if (code !== null && code !== 0)
        failed.push(`${roles} ${started.pid} ended with ${code}:\n${last.split('\n').slice(-keptLines).join('\n')}`);
    });
    return { ...started, ready: Promise.race([ready, started.exit]) };
  };
  const places: readonly Place[] = ports.map((at) => ({ ...at, current: start(at), busy: Promise.resolve() }));
  world.connect(front.url, { retryOnFailure: true });
  const status = async () => (await Promise.all(ingresses.map(statusOf))).find((one) => one !== undefined);
  await until(async () => (await status())?.status === 'healthy', { timeoutMs: 90_000, why: () => 'the bridge did not become healthy' });

  const inTurn = <T>(role: ChaosRole, which: 0 | 1, act: (place: Place) => Promise<T>): Promise<T> => {
    const place = places.filter((one) => one.role === role)[which];
    if (place === undefined) throw new Error(`there is no ${role} ${which}`);
    const done = place.busy.then(() => act(place));
    place.busy = done.catch(() => undefined);
    return done;
  };
  const stop = async () => {
    await Promise.all(places.map((place) => place.busy));
    const codes = await Promise.all(places.map(({ current }) => ask(current)));
    await front.close();
    await rm(cwd, { recursive: true, force: true });
    return codes;
  };
  let stopping: Promise<readonly (number | null)[]> | undefined;
  return {
    kill: (role, which, backMs) =>
      inTurn(role, which, async (place) => {
        place.current.kill('SIGKILL');
        await place.current.exit;
        await sleep(backMs);
        place.current = start(place);
      }),
    freeze: (role, which, forMs) =>
      inTurn(role, which, async ({ current }) => {
        current.kill('SIGSTOP');
        await sleep(forMs);
        current.kill('SIGCONT');
      }),
    restart: (role, which) =>
      inTurn(role, which, async (place) => {
        const code = await ask(place.current);
        place.current = start(place);
        return code;
      }),
    status,
    get underWay() {
      return front.underWay;
    },
    failed,
    stop: () => (stopping ??= stop()),
  };
}

async function ask(process: Started): Promise<number | null> {
  await process.ready;
  process.kill('SIGTERM');
  return process.exit;
}

/** Undefined when it does not say. */
export async function statusOf(ingress: string): Promise<FleetStatus | undefined> {
  try {
    const response = await fetch(`${ingress}/status`, { signal: AbortSignal.timeout(2_000) });
    const body: unknown = await response.json();
    return isStatus(body) ? body : undefined;
  } catch {
    return undefined;
  }
}

const isStatus = (body: unknown): body is FleetStatus =>
  typeof body === 'object' && body !== null && 'status' in body && 'queues' in body && Array.isArray(body.queues);
