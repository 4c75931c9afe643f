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
  /** Each hits every API call to a platform for a time, counted from the first message, milliseconds. */
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
  readonly forMs: number;
}

/** What came of a cell. */
export interface PeerResult {
  readonly audit: Audit;
  /** API calls that were hit. */
  readonly hits: number;
  /** From writing a message to its first copy at a target, the longest of all, milliseconds. */
  readonly longestMs: number;
  /** Of CometChat's webhook calls, those that were not answered 2xx: it tells these late or not at all, and the later ones first. */
  readonly untaken: number;
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
    await Promise.all([write(cell, ledger), breakThings(cell, { world, bridge, ledger })]);
    await settled(cell, { world, bridge, ledger });
    await journeys.stop();
    for (const one of bridge.processes) attempts.reader()(`${one.output()}\n`);
    const untaken = world.simulators.cometchat.webhookLog.filter(({ status = 0 }) => status < 200 || status > 299).length;
    // CometChat goes on with the next one while it waits to tell one again: that order is its own.
    if (untaken > 0) for (const one of ledger.originals.values()) one.overtaken = one.platform === 'cometchat';
    return { audit: audit(ledger, attempts), hits: hitsOf(world), longestMs: times.longest(), untaken };
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

async function breakThings({ faults = [], kill }: PeerCell, stage: Stage): Promise<void> {
  const broken = faults.map(async ({ platforms, fault, fromMs, forMs }) => {
    await sleep(fromMs);
    const remove = platforms.map((platform) => stage.world.simulators[platform].faults.add({ fault }));
    await sleep(forMs);
    for (const end of remove) end();
  });
  await Promise.all([...broken, kill === undefined ? undefined : killIt(kill, stage)]);
}

async function killIt({ fromMs, arrived = 0, forMs }: NonNullable<PeerCell['kill']>, { bridge, ledger }: Stage): Promise<void> {
  await sleep(fromMs);
  await until(() => ledger.copies.length >= arrived, { why: () => `${ledger.copies.length} of ${arrived} copies arrived` });
  const [process] = bridge.processes;
  process?.kill('SIGKILL');
  await process?.exit;
  await sleep(forMs);
  bridge.add(process?.roles ?? '');
}

/** Everything has arrived, nothing waits anywhere, and nothing has changed for a while, in which a second copy would come. */
async function settled({ patienceMs = 180_000 }: PeerCell, { world, bridge, ledger }: Stage): Promise<void> {
  const quiet = async (): Promise<boolean> => {
    await sleep(100);
    if (performance.now() - ledger.changedAt < 1_000 || world.simulators.telegram.pendingUpdates > 0 || missing(ledger) > 0) return false;
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

const hitsOf = ({ simulators }: World): number =>
  platformNames.flatMap((platform) => Object.values(simulators[platform].faults.hits)).reduce((sum, hits) => sum + hits, 0);
