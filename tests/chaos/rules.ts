import { type PlatformName, platformNames } from '../support/world.ts';
import type { ChaosOptions, ChaosReport } from './run.ts';

type Form = Omit<ChaosOptions, 'seed' | 'say'>;

/** Part of `npm test`. */
export const shortForm: Form = {
  doses: { durationMs: 32_000, kills: 4, freezes: 2, restarts: 1, redisKills: 1, gatewayDrops: 1 },
  events: 5_000,
  bridges: 60,
  patienceMs: 300_000,
};

/** `node --conditions=source tests/chaos/long.ts` */
export const longForm: Form = {
  doses: { durationMs: 600_000, kills: 60, freezes: 15, restarts: 15, redisKills: 15, gatewayDrops: 10 },
  events: 30_000,
  bridges: 60,
  patienceMs: 300_000,
};

/**
 * Where a message whose answer was lost may arrive a second time. Telegram leaves no way to know: it has neither keys for
 * repeated requests nor a history that bots may read.
 */
const mayDouble: Readonly<Record<PlatformName, boolean>> = { cometchat: false, discord: false, telegram: true };

/** Each way in which the report breaks a promise, with examples. */
export function verdictOf({ audit, leftovers, dead, exitCodes, failed, events }: ChaosReport): readonly string[] {
  const found: Readonly<Record<string, readonly string[]>> = {
    lost: audit.lost,
    unexpected: audit.unexpected,
    'out of order': audit.reordered,
    'not as the original in the end': audit.stale,
    'twice without an ambiguous attempt': audit.duplicated,
    'not in the journeys': audit.untold,
    'left in Redis': leftovers,
    'dead letters': dead === 0 ? [] : [String(dead)],
    'exit codes': exitCodes.every((code) => code === 0) ? [] : [exitCodes.join()],
    'processes that failed': failed,
    'twice where that can be known': platformNames
      .filter((platform) => !mayDouble[platform] && audit.ambiguous[platform] > 0)
      .map((platform) => `${platform}: ${audit.ambiguous[platform]}`),
    // The rest of the ledger must still speak of the whole.
    'what CometChat dropped or overtook': audit.overtaken > events / 5 ? [String(audit.overtaken)] : [],
  };
  return Object.entries(found).flatMap(([what, examples]) =>
    examples.length === 0 ? [] : [`${what}: ${examples.length}, such as ${examples.slice(0, 5).join(' · ')}`],
  );
}
