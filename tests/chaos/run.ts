import { type RedisServer, startRedis } from '@bridge/testing';
import { type Fault, seededRandom } from '@bridge/simulators';
import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '../support/until.ts';
import { type PlatformName, type World, createWorld } from '../support/world.ts';
import { type Attempts, createAttempts } from './attempts.ts';
import { type Audit, audit } from './audit.ts';
import { type Fleet, startFleet } from './fleet.ts';
import { type JourneyReader, readJourneys } from './journeys.ts';
import { leftovers } from './leftovers.ts';
import { type Ledger, createLedger } from './ledger.ts';
import { writeAway } from './people.ts';
import { type Act, type Doses, type FaultShare, type Schedule, type TimedAct, drawSchedule } from './schedule.ts';

export interface ChaosOptions {
  readonly seed: number;
  readonly doses: Doses;
  /** What people do in all: messages, edits and deletes, evenly over `doses.durationMs`. */
  readonly events: number;
  readonly bridges: number;
  /** How long everything may take to arrive after the last event. */
  readonly patienceMs: number;
  say(line: string): void;
}

/** What came of one run. */
export interface ChaosReport {
  readonly seed: number;
  readonly events: number;
  readonly audit: Audit;
  /** Attempts at deliveries, and how many failed, by kind. */
  readonly attempts: number;
  readonly failures: Readonly<Record<string, number>>;
  readonly acts: Readonly<Record<Act['kind'], number>>;
  /** API calls that were hit. */
  readonly faults: Readonly<Record<PlatformName, Readonly<Partial<Record<Fault['kind'], number>>>>>;
  /** What Redis still holds that a settled bridge does not. */
  readonly leftovers: readonly string[];
  readonly dead: number;
  /** Of processes that were asked to stop. */
  readonly exitCodes: readonly (number | null)[];
  /** Processes that ended by themselves with another code than 0, each with the last lines that it wrote. */
  readonly failed: readonly string[];
  /** From the first event until everything had arrived. */
  readonly tookMs: number;
  /** From the last event until everything had arrived. */
  readonly drainedMs: number;
  /** For a person who looks into a failure. */
  readonly complaints: readonly string[];
}

/** Runs a bridge of eight processes while a seeded schedule breaks it and everything around it, and tells what came of it. */
export async function runChaos(options: ChaosOptions): Promise<ChaosReport> {
  const redis = await startRedis({ appendfsync: 'always' });
  // CometChat gives up after 2 s and tells the next event: what a machine under this load is late for would then go unjudged.
  const world = await createWorld({ bridges: options.bridges, webhookTimeoutMs: 20_000 });
  const ledger = createLedger(world);
  const attempts = createAttempts();
  const fleet = await startFleet({
    world,
    redisUrl: redis.url,
    reader: attempts.reader,
    asked: (body) => ledger.asked(body),
    accepted: (body) => ledger.accepted(body),
  });
  const journeys = readJourneys(redis.url, attempts.journeyed);
  try {
    return await new Chaos({ options, redis, world, ledger, attempts, journeys, fleet }).run();
  } finally {
    await journeys.stop();
    await fleet.stop();
    await world.close();
    await redis.stop();
  }
}

interface Parts {
  readonly options: ChaosOptions;
  readonly redis: RedisServer;
  readonly world: World;
  readonly ledger: Ledger;
  readonly attempts: Attempts;
  readonly journeys: JourneyReader;
  readonly fleet: Fleet;
}

class Chaos {
  readonly #parts: Parts;
  readonly #schedule: Schedule;
  readonly #exitCodes: (number | null)[] = [];

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#schedule = drawSchedule(parts.options.seed, parts.options.doses);
  }

  async run(): Promise<ChaosReport> {
    const { options, ledger, attempts, journeys, fleet, redis, world } = this.#parts;
    const started = performance.now();
    const writing = new AbortController();
    const acting = Promise.all([
      ...this.#schedule.acts.map((act) => this.#actAt(act, started)),
      ...this.#schedule.faults.map((share) => this.#inject(share, writing.signal)),
    ]);
    await writeAway({ ledger, random: seededRandom(options.seed + 1), ...options, durationMs: options.doses.durationMs });
    const written = performance.now();
    writing.abort();
    await acting;
    options.say(`${ledger.events} events written in ${Math.round((written - started) / 1000)} s; waiting for what is under way`);
    await this.#settled(written);
    const ended = performance.now();
    await journeys.stop();
    const dead = await this.#deadLetters();
    this.#exitCodes.push(...(await fleet.stop()));
    return {
      seed: options.seed,
      events: ledger.events,
      audit: audit(ledger, attempts),
      attempts: attempts.count,
      failures: attempts.failures,
      acts: this.#countActs(),
      faults: {
        cometchat: world.simulators.cometchat.faults.hits,
        discord: world.simulators.discord.faults.hits,
        telegram: world.simulators.telegram.faults.hits,
      },
      leftovers: await leftovers(redis.url),
      dead,
      exitCodes: this.#exitCodes,
      failed: fleet.failed,
      tookMs: Math.round(ended - started),
      drainedMs: Math.round(ended - written),
      complaints: attempts.complaints,
    };
  }

  async #actAt(act: TimedAct, started: number): Promise<void> {
    await sleep(Math.max(0, act.atMs - (performance.now() - started)));
    this.#parts.options.say(`${((performance.now() - started) / 1000).toFixed(1)} s: ${JSON.stringify(act)}`);
    await this.#do(act);
  }

  /** For as long as people write, or less: `hang` has a time of its own. */
  async #inject({ platform, forMs, ...rule }: FaultShare, writing: AbortSignal): Promise<void> {
    const remove = this.#parts.world.simulators[platform].faults.add(rule);
    await sleep(forMs, undefined, { signal: writing }).catch(() => undefined);
    remove();
  }

  async #do(act: Act): Promise<void> {
    const { fleet, redis, world } = this.#parts;
    switch (act.kind) {
      case 'kill':
        return fleet.kill(act.role, act.which, act.backMs);
      case 'freeze':
        return fleet.freeze(act.role, act.which, act.forMs);
      case 'restart':
        return void this.#exitCodes.push(await fleet.restart(act.role, act.which));
      case 'kill-redis':
        await redis.kill9();
        await sleep(act.backMs);
        return redis.restart();
      case 'drop-gateway':
        return world.simulators.discord.gateway.dropAll();
      default: {
        const never: never = act;
        return never;
      }
    }
  }

  /** Everything has arrived when nothing waits anywhere and nothing has changed for a while. */
  async #settled(since: number): Promise<void> {
    const { ledger, fleet, world, options } = this.#parts;
    let last = '';
    const quiet = async (): Promise<boolean> => {
      await sleep(200);
      const status = await fleet.status();
      const waiting = status?.queues.reduce((sum, queue) => sum + queue.waiting, 0) ?? Number.NaN;
      const { pendingUpdates } = world.simulators.telegram;
      // CometChat's last try comes 40 s after the first.
      const hoping = performance.now() - since < 45_000 ? ledger.unaccepted.size : 0;
      last = `${waiting} in queues, ${pendingUpdates} at Telegram, ${hoping} at CometChat, ${fleet.underWay} webhook calls under way`;
      const idle = waiting + pendingUpdates + hoping + fleet.underWay === 0;
      return idle && performance.now() - ledger.changedAt > 1_000 && performance.now() - since > 1_500;
    };
    // What is still missing then is told by the audit, and better.
    await until(quiet, { timeoutMs: options.patienceMs }).catch(() => options.say(`gave up waiting: ${last}`));
  }

  async #deadLetters(): Promise<number> {
    let dead: number | undefined;
    const told = async (): Promise<boolean> => {
      dead = (await this.#parts.fleet.status())?.queues.reduce((sum, queue) => sum + queue.dead, 0);
      return dead !== undefined;
    };
    await until(told, { why: () => 'no ingress says how many dead letters there are' });
    return dead ?? -1;
  }

  #countActs(): Record<Act['kind'], number> {
    const counts = { kill: 0, freeze: 0, restart: 0, 'kill-redis': 0, 'drop-gateway': 0 };
    for (const { kind } of this.#schedule.acts) counts[kind] += 1;
    return counts;
  }
}
