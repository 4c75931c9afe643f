import { writeFile } from 'node:fs/promises';
import { runChaos, type ChaosReport } from './run.ts';
import { longForm, verdictOf } from './rules.ts';
import { rowOf, tableHead } from './table.ts';

// The long form: `node --conditions=source tests/chaos/long.ts [seed…]`, ten minutes and some per seed; five seeds of chance
// where none is given. CHAOS_SECONDS shortens it, CHAOS_EVENTS says
// how many events there are in that time. Writes what it found to .bridge/chaos-<seed>.json.
const given = process.argv.slice(2).map(Number);
const seeds = given.length > 0 ? given : Array.from({ length: 5 }, () => Math.floor(Math.random() * 1_000_000) + 1);
const say = (line: string) => void process.stdout.write(`${line}\n`);

const seconds = Number(process.env['CHAOS_SECONDS'] ?? longForm.doses.durationMs / 1000);
const scale = (seconds * 1000) / longForm.doses.durationMs;
const scaled = (count: number) => Math.round(count * scale);
const { kills, freezes, restarts, redisKills, gatewayDrops } = longForm.doses;
const doses = {
  durationMs: seconds * 1000,
  kills: scaled(kills),
  freezes: scaled(freezes),
  restarts: scaled(restarts),
  redisKills: scaled(redisKills),
  gatewayDrops: scaled(gatewayDrops),
};

const reports: ChaosReport[] = [];
for (const seed of seeds) {
  const report = await runChaos({
    ...longForm,
    doses,
    events: Number(process.env['CHAOS_EVENTS'] ?? scaled(longForm.events)),
    seed,
    say: (line) => say(`[chaos ${seed}] ${line}`),
  });
  reports.push(report);
  await writeFile(`.bridge/chaos-${seed}.json`, JSON.stringify(report, null, 1));
  const verdict = verdictOf(report);
  say(verdict.length === 0 ? `seed ${seed}: every promise kept` : `seed ${seed}:\n${verdict.join('\n')}`);
  if (verdict.length > 0) process.exitCode = 1;
}
say([...tableHead, ...reports.map(rowOf)].join('\n'));
