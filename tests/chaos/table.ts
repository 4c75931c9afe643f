import { platformNames } from '../support/world.ts';
import type { ChaosReport } from './run.ts';

const sum = (counts: Readonly<Record<string, number>>): number => Object.values(counts).reduce((total, count) => total + count, 0);
const count = (number: number): string => number.toLocaleString('en');

/** The columns of docs/delivery-guarantees.md. */
export const tableHead: readonly string[] = [
  '| seed | events accepted | copies expected | kill -9, stopped, restarted | Redis killed | gateway cut | API calls hit | lost | unexpected | out of order | wrong in the end | doubled, marked ambiguous (CometChat, Discord, Telegram) | doubled, unmarked |',
  '|---|---|---|---|---|---|---|---|---|---|---|---|---|',
];

export function rowOf({ seed, events, audit, acts, faults }: ChaosReport): string {
  const cells = [
    seed,
    count(events - audit.notAccepted),
    count(audit.expected),
    `${acts.kill}, ${acts.freeze}, ${acts.restart}`,
    acts['kill-redis'],
    acts['drop-gateway'],
    count(sum(Object.fromEntries(platformNames.map((platform) => [platform, sum({ ...faults[platform] })])))),
    audit.lost.length,
    audit.unexpected.length,
    audit.reordered.length,
    audit.stale.length,
    platformNames.map((platform) => audit.ambiguous[platform]).join(', '),
    audit.duplicated.length,
  ];
  return `| ${cells.join(' | ')} |`;
}
