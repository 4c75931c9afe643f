import { expect, test } from 'vitest';
import { runChaos } from './run.ts';
import { shortForm, verdictOf } from './rules.ts';

const chosen = Number(process.env['CHAOS_SEED']);
const seed = Number.isSafeInteger(chosen) && chosen > 0 ? chosen : Math.floor(Math.random() * 1_000_000) + 1;

test(`nothing lost, nothing twice, nothing out of order while everything breaks (CHAOS_SEED=${seed})`, { timeout: 900_000 }, async () => {
  const report = await runChaos({ ...shortForm, seed, say: (line) => process.stdout.write(`[chaos ${seed}] ${line}\n`) });
  const { complaints, ...shown } = report;
  process.stdout.write(`${JSON.stringify({ ...shown, exitCodes: shown.exitCodes.join() })}\n`);
  expect(verdictOf(report), complaints.slice(-30).join('\n')).toEqual([]);
});
