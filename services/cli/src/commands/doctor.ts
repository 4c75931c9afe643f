import { parseArgs } from 'node:util';
import { type Config, type Problem, loadConfig, placeOf, readBridges, readFileIn } from '@bridge/config';
import type { Bridge, Finding, Platform } from '@bridge/core';
import { type Examined, examine } from '@bridge/runtime';
import type { Io, Run } from '../command.ts';

/** `bridge doctor`. */
export const run: Run = async (args, io) => {
  const { values } = parseArgs({ args: [...args], options: { json: { type: 'boolean', default: false } } });
  const all: Examined[] = [];
  for await (const examined of looks(await io.platforms(), io)) {
    all.push(examined);
    if (!values.json) io.stdout(inWords(examined));
  }
  const findings = all.flatMap((examined) => examined.findings);
  const failed = findings.some(({ status }) => status === 'fail');
  if (values.json) io.stdout(`${JSON.stringify(asJson(all, !failed), undefined, 2)}\n`);
  else io.stdout(`\n${summary(findings)}\n`);
  return failed ? 1 : 0;
};

async function* looks(platforms: readonly Platform[], io: Io): AsyncGenerator<Examined> {
  const readFile = readFileIn(io.cwd);
  const loaded = loadConfig({ env: io.env, platforms, readFile, requirePlatform: true });
  if (!loaded.ok) {
    yield configuration(loaded.problems);
    return;
  }
  const { config } = loaded;
  const bridges = readBridges(readFile, { file: config.bridgesFile, platforms, isOff: (id) => !config.platforms.has(id) });
  yield configuration([...config.warnings, ...(bridges.ok ? [] : bridges.problems)], config.warnings.length);
  yield* world(config, bridges.ok ? bridges.bridges : []);
}

const world = (config: Config, bridges: readonly Bridge[]): AsyncIterable<Examined> =>
  examine({ config, bridges, signal: new AbortController().signal });

/** The first `warnings` of the problems are only that. */
function configuration(problems: readonly Problem[], warnings = 0): Examined {
  const fine: Finding = { check: 'settings', status: 'pass', detail: 'Environment and bridges.yaml are valid.' };
  const findings = problems.map((problem, index): Finding => {
    const place = placeOf(problem);
    const detail = `${place === '' ? '' : `${place}: `}${problem.message}.`;
    return { check: 'settings', status: index < warnings ? 'warn' : 'fail', detail, fix: problem.fix };
  });
  return { id: 'configuration', title: 'Configuration', findings: findings.length > 0 ? findings : [fine] };
}

const marks: Readonly<Record<Finding['status'], string>> = { pass: '✓', warn: '!', fail: '✗' };

function inWords({ title, findings }: Examined): string {
  if (findings.length === 0) return '';
  const lines = findings.flatMap(({ check, status, detail, fix }) => [
    `  ${marks[status]} ${check}: ${detail}`,
    ...(fix === undefined || status === 'pass' ? [] : [`    Fix: ${fix}`]),
  ]);
  return `${title}\n${lines.join('\n')}\n`;
}

function summary(findings: readonly Finding[]): string {
  const count = (wanted: Finding['status']) => findings.filter(({ status }) => status === wanted).length;
  const [failures, warnings] = [count('fail'), count('warn')];
  if (failures + warnings === 0) return 'All is well.';
  return [`${failures} to mend`, `${warnings} to look at`, `${count('pass')} fine`].join(', ');
}

/** The shape of `--json`: a promise to scripts. */
function asJson(all: readonly Examined[], ok: boolean) {
  return { ok, findings: all.flatMap(({ id, findings }) => findings.map((finding) => ({ about: id, ...finding }))) };
}
