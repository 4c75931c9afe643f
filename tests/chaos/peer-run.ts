import type { Fault } from '@bridge/simulators';
import { startRedis } from '@bridge/testing';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Installation, install } from '../support/processes.ts';
import { until } from '../support/until.ts';
import { type PlatformName, type World, createWorld, platformNames } from '../support/world.ts';
import { createAttempts } from './attempts.ts';
import { type Audit, audit } from './audit.ts';
import { statusOf } from './fleet.ts';
import { readJourneys } from './journeys.ts';
import { type Ledger, createLedger } from './ledger.ts';

/** One thing that goes wrong while people write. */
export interface PeerCell {
  /** Rooms with people of these platforms: one for each, bridged to the other two platforms. */
  readonly sources: readonly PlatformName[];
  /** That the people of each room write, in all. */
  readonly messages: number;
  /** In each room; all at once where absent. */
  readonly perSecond?: number;
  /** From a time after the first message on, milliseconds. */
  readonly faults?: readonly TimedFault[];
  /** kill -9 of the one process that runs all roles, once `fromMs` have passed and so many copies have arrived, and down for `forMs`. */
  readonly kill?: { readonly fromMs: number; readonly arrived?: number; readonly forMs: number };
  /** Of every API answer, milliseconds. */
  readonly latencyMs?: number;
  /** The platforms enforce their limits, and the bridge keeps to them. */
  readonly limits?: boolean;
  /** How long everything may take to arrive after the last message. */
  readonly patienceMs?: number;
}

export interface TimedFault {
  readonly platforms: readonly PlatformName[];
  readonly fault: Fault;
  readonly fromMs: number;
  /** Until `times` calls were hit where absent. */
  readonly forMs?: number;
  /** Of each platform's calls the next so many; all of them where absent. */
  readonly times?: number;
}

/** What came of a cell. */
export interface PeerResult {
  readonly audit: Audit;
  /** API calls that each kind of fault has hit. */
  readonly hits: Readonly<Partial<Record<Fault['kind'], number>>>;
  /** API calls that a platform refused by its limits. */
  readonly limited: number;
  /** From writing a message to its first copy at a target, the longest of all, milliseconds. */
  readonly longestMs: number;
  /** Of CometChat's webhook calls, those that were not answered 2xx: it tells these late or not at all, and the later ones first. */
  readonly untaken: number;
  /** Copies that were still to come when the bridge was killed; 0 where it was not. */
  readonly interrupted: number;
}

/** Promises that were broken, with examples. */
export function brokenPromises({ audit: found }: PeerResult): Readonly<Record<string, readonly string[]>> {
  const { lost, reordered, unexpected, duplicated, ambiguous } = found;
  // Of these two the bridge can know, see rules.ts.
  const known = [ambiguous.cometchat, ambiguous.discord].some((count) => count > 0) ? [JSON.stringify(ambiguous)] : [];
  const promises = {
    lost,
    'out of order': reordered,
    unexpected,
    'twice without a mark': duplicated,
    'twice where that can be known': known,
  };
  return Object.fromEntries(
    Object.entries(promises)
      .filter(([, examples]) => examples.length > 0)
      .map(([promise, examples]) => [`${promise}: ${examples.length}`, examples.slice(0, 10)]),
  );
}

/** Runs the bridge as one process, as the peer is one, breaks what the cell says, and compares what was written with what arrived. */
export async function runCell(cell: PeerCell): Promise<PeerResult> {
  const redis = await startRedis({ appendfsync: 'always' });
  // CometChat gives up after 2 s, which a busy machine may take at any time; what the bridge does not take when it is down stays untaken.
  const world = await createWorld({ bridges: cell.sources.length, webhookTimeoutMs: 20_000, limits: cell.limits === true });
  const env: Record<string, string> = cell.limits === true ? { OUTGOING_LIMITS: 'keep' } : {};
  const bridge = await install({ world, redisUrl: redis.url, env });
  world.connect(bridge.ingress, { retryOnFailure: true });
  const attempts = createAttempts();
  const journeys = readJourneys(redis.url, attempts.journeyed);
  try {
    const ledger = createLedger(world, { catchesUp: true });
    const times = createStopwatch(world);
    for (const platform of platformNames) world.simulators[platform].faults.latencyMs = cell.latencyMs ?? 0;
    const [interrupted] = await Promise.all([breakThings(cell, { world, bridge, ledger }), write(cell, ledger)]);
    await settled(cell, { world, bridge, ledger });
    await journeys.stop();
    for (const one of bridge.processes) attempts.reader()(`${one.output()}\n`);
    const untaken = untakenBy(world);
    // CometChat goes on with the next one while it waits to tell one again: that order is its own.
    if (untaken > 0) for (const one of ledger.originals.values()) one.overtaken = one.platform === 'cometchat';
    return {
      audit: audit(ledger, attempts),
      hits: hitsOf(world),
      limited: limitedCalls(world),
      longestMs: times.longest(),
      untaken,
      interrupted,
    };
  } finally {
    await journeys.stop();
    await bridge.stop();
    await world.close();
    await redis.stop();
  }
}

/** Tells how long the slowest message took from being written to its first copy at a target, milliseconds. */
function createStopwatch(world: World): { longest(): number } {
  const written = new Map<string, number>();
  const took = new Map<string, number>();
  for (const target of platformNames)
    world.simulators[target].onChange(({ kind, message }) => {
      const [key] = kind === 'posted' ? (/m:\w+:\d+:\d+/.exec(message.text) ?? []) : [];
      if (key === undefined || took.has(`${target} ${key}`)) return;
      if (message.viaApi) took.set(`${target} ${key}`, performance.now() - (written.get(key) ?? Number.NaN));
      else written.set(key, performance.now());
    });
  return { longest: () => Math.max(0, ...took.values()) };
}

interface Stage {
  readonly world: World;
  readonly bridge: Installation;
  readonly ledger: Ledger;
}

async function write({ sources, messages, perSecond = Number.POSITIVE_INFINITY }: PeerCell, ledger: Ledger): Promise<void> {
  const started = performance.now();
  for (let written = 0; written < messages; ) {
    const due = Math.min(messages, Math.floor(((performance.now() - started) * perSecond) / 1000) + 1);
    for (; written < due; written += 1) for (const [room, source] of sources.entries()) ledger.write(source, room);
    await sleep(5);
  }
}

async function breakThings({ faults = [], kill }: PeerCell, stage: Stage): Promise<number> {
  const broken = faults.map(async ({ platforms, fault, fromMs, forMs, times = Number.POSITIVE_INFINITY }) => {
    await sleep(fromMs);
    const remove = platforms.map((platform) => stage.world.simulators[platform].faults.add({ fault, times }));
    if (forMs === undefined) return;
    await sleep(forMs);
    for (const end of remove) end();
  });
  const [interrupted] = await Promise.all([kill === undefined ? 0 : killIt(kill, stage), ...broken]);
  return interrupted;
}

/** Answers how many copies were still to come of what had been written by then. */
async function killIt({ fromMs, arrived = 0, forMs }: NonNullable<PeerCell['kill']>, { bridge, ledger }: Stage): Promise<number> {
  await sleep(fromMs);
  await until(() => ledger.copies.length >= arrived, { why: () => `${ledger.copies.length} of ${arrived} copies arrived` });
  const interrupted = missing(ledger);
  const [process] = bridge.processes;
  process?.kill('SIGKILL');
  await process?.exit;
  await sleep(forMs);
  bridge.add(process?.roles ?? '');
  return interrupted;
}

/** CometChat's webhook calls that were not answered 2xx, and with them what it tells late. */
const untakenBy = ({ simulators }: World): number =>
  simulators.cometchat.webhookLog.filter(({ status = 0 }) => status < 200 || status > 299).length;

/** Bridged groups are looked through each minute, for what is older than two. */
const catchUpMs = 200_000;
/** What waits nowhere and does not arrive within that is lost. */
const surelyMs = 15_000;

/** Everything has arrived, nothing waits anywhere, and nothing has changed for a while, in which a second copy would come. */
async function settled({ patienceMs = 300_000 }: PeerCell, { world, bridge, ledger }: Stage): Promise<void> {
  const quiet = async (): Promise<boolean> => {
    await sleep(100);
    const since = performance.now() - ledger.changedAt;
    const hoped = untakenBy(world) > 0 ? catchUpMs : surelyMs;
    if (since < 1_000 || (since < hoped && missing(ledger) > 0) || world.simulators.telegram.pendingUpdates > 0) return false;
    const status = await statusOf(bridge.ingress);
    return status?.queues.every(({ waiting }) => waiting === 0) ?? false;
  };
  // What is missing then is told by the audit, and better.
  await until(quiet, { timeoutMs: patienceMs }).catch(() => undefined);
}

function missing({ originals, copies }: Ledger): number {
  const there = new Set(copies.map(({ target, key }) => `${target} ${key}`));
  let count = 0;
  for (const [key, { platform }] of originals)
    for (const target of platformNames) if (target !== platform && !there.has(`${target} ${key}`)) count += 1;
  return count;
}

function hitsOf({ simulators }: World): PeerResult['hits'] {
  const sum: Partial<Record<Fault['kind'], number>> = {};
  for (const platform of platformNames)
    for (const kind of faultKinds) {
      const hits = simulators[platform].faults.hits[kind];
      if (hits !== undefined) sum[kind] = (sum[kind] ?? 0) + hits;
    }
  return sum;
}

const faultKinds = ['status', 'rate-limit', 'reset', 'accept-then-reset', 'hang', 'delay'] as const satisfies readonly Fault['kind'][];

function limitedCalls(world: World): number {
  const refused = platformNames.flatMap((platform) => world.simulators[platform].calls.filter(({ status }) => status === 429));
  return refused.length - (hitsOf(world)['rate-limit'] ?? 0);
}
