import { type Fault, seededRandom } from '@bridge/simulators';
import { type PlatformName, platformNames } from '../support/world.ts';

/** Roles that run twice each. */
export const chaosRoles = ['ingress', 'gateway', 'router', 'sender'] as const;
export type ChaosRole = (typeof chaosRoles)[number];

/** One thing that is done to the installation while people write. */
export type Act =
  /** SIGKILL, and started again `backMs` later. */
  | { readonly kind: 'kill'; readonly role: ChaosRole; readonly which: 0 | 1; readonly backMs: number }
  /** SIGSTOP for longer than its locks and leases last, then SIGCONT. */
  | { readonly kind: 'freeze'; readonly role: ChaosRole; readonly which: 0 | 1; readonly forMs: number }
  /** SIGTERM, and started again once it has ended. */
  | { readonly kind: 'restart'; readonly role: ChaosRole; readonly which: 0 | 1 }
  /** SIGKILL of Redis, and started again on the same data. */
  | { readonly kind: 'kill-redis'; readonly backMs: number }
  /** Every connection of Discord's gateway is cut. */
  | { readonly kind: 'drop-gateway' };
export type TimedAct = Act & { readonly atMs: number };

/** A fault that a share of a platform's API calls meets. */
export interface FaultShare {
  readonly platform: PlatformName;
  readonly fault: Fault;
  readonly share: number;
  readonly seed: number;
  /** No call meets it after that, or when people have stopped writing. */
  readonly forMs: number;
}

export interface Schedule {
  readonly acts: readonly TimedAct[];
  readonly faults: readonly FaultShare[];
}

/** Longer than a job's lock (10 s) and a gateway's lease (9 s). */
const freezeMs = { least: 11_500, most: 14_000 };
/** What a process needs to be of use again after it was started; generous. */
const startingMs = 5_000;

/** How often what happens. */
export interface Doses {
  readonly durationMs: number;
  readonly kills: number;
  readonly freezes: number;
  readonly restarts: number;
  readonly redisKills: number;
  readonly gatewayDrops: number;
}

/** Draws a schedule: the same one for the same seed and doses. */
export function drawSchedule(seed: number, doses: Doses): Schedule {
  const random = seededRandom(seed);
  const between = (least: number, most: number) => Math.round(least + random() * (most - least));
  const atMs = (spare = 0) => between(doses.durationMs * 0.05, Math.max(doses.durationMs * 0.1, doses.durationMs * 0.95 - spare));
  const decks: Record<string, ChaosRole[]> = {};
  // As cards are dealt, so that each kind of act meets every role.
  const place = (kind: Act['kind']) => {
    const left = decks[kind] ?? [];
    decks[kind] = left.length > 0 ? left : [...chaosRoles];
    const [role = 'sender'] = decks[kind].splice(between(0, decks[kind].length - 1), 1);
    return { role, which: random() < 0.5 ? 0 : 1 } as const;
  };
  const acts: TimedAct[] = [];
  const add = (count: number, draw: () => Act) => {
    for (let n = 0; n < count; n += 1) {
      const act = draw();
      acts.push(fitting(() => ({ ...act, atMs: atMs(act.kind === 'freeze' ? freezeMs.most : 0) }), acts));
    }
  };
  add(doses.freezes, () => ({ kind: 'freeze', ...place('freeze'), forMs: between(freezeMs.least, freezeMs.most) }));
  add(doses.redisKills, () => ({ kind: 'kill-redis', backMs: between(100, 600) }));
  add(doses.kills, () => ({ kind: 'kill', ...place('kill'), backMs: between(200, 1_500) }));
  add(doses.restarts, () => ({ kind: 'restart', ...place('restart') }));
  add(doses.gatewayDrops, () => ({ kind: 'drop-gateway' }));
  return { acts: acts.toSorted((one, other) => one.atMs - other.atMs), faults: drawFaults(between, doses.durationMs) };
}

/**
 * CometChat asks a webhook twice again at most, 10 s and 30 s later, and goes on with the next one meanwhile. So one ingress is
 * always left: what CometChat itself drops or overtakes tells nothing about the bridge.
 */
function fitting(draw: () => TimedAct, others: readonly TimedAct[]): TimedAct {
  for (let tries = 0; ; tries += 1) {
    const act = draw();
    const clash = 'role' in act && act.role === 'ingress' && others.some((other) => overlap(act, other));
    if (!clash || tries > 100) return act;
  }
}

function overlap(act: TimedAct, other: TimedAct): boolean {
  if (other.kind === 'drop-gateway' || ('role' in other && other.role !== 'ingress')) return false;
  return act.atMs < other.atMs + downMs(other) && other.atMs < act.atMs + downMs(act);
}

function downMs(act: Act): number {
  if (act.kind === 'freeze') return act.forMs + startingMs;
  return startingMs + ('backMs' in act ? act.backMs : 0);
}

/** Of calls, by kind; a few percent together, so that few deliveries meet so many in a row that they wait for minutes. */
const shares: readonly { readonly fault: Fault; readonly share: number }[] = [
  { fault: { kind: 'status', status: 500 }, share: 0.007 },
  { fault: { kind: 'status', status: 502, html: true }, share: 0.003 },
  { fault: { kind: 'reset' }, share: 0.005 },
  { fault: { kind: 'accept-then-reset' }, share: 0.007 },
  { fault: { kind: 'delay', delayMs: 700 }, share: 0.01 },
  { fault: { kind: 'hang' }, share: 0.0015 },
];
/** CometChat limits an app as a whole, so that one 429 holds all of its conversations for a second or more. */
const limited: Readonly<Record<PlatformName, number>> = { cometchat: 0.0005, discord: 0.005, telegram: 0.005 };

function drawFaults(between: (least: number, most: number) => number, durationMs: number): readonly FaultShare[] {
  return platformNames.flatMap((platform) =>
    [...shares, { fault: { kind: 'rate-limit', retryAfterMs: 800 } as const, share: limited[platform] }].map(({ fault, share }) => ({
      platform,
      fault,
      share,
      seed: between(1, 2 ** 31),
      // A call that is never answered is given up after 20 s: the last ones are over when everything else is.
      forMs: fault.kind === 'hang' ? Math.max(durationMs * 0.6, durationMs - 20_000) : 2 ** 31 - 1,
    })),
  );
}
