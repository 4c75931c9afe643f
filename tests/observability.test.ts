import { readFileSync } from 'node:fs';
import { parser } from '@prometheus-io/lezer-promql';
import { describe, expect, test } from 'vitest';
import { expressions } from './support/observability.ts';

const metricsDoc = readFileSync(new URL('../docs/metrics.md', import.meta.url), 'utf8');

/** What docs/metrics.md, which is generated from the code, tells of the bridge's metrics. */
const known = new Map(
  [...metricsDoc.matchAll(/^\| `(\w+)` \| (\w+) \| (.*?) \|/gm)].map(([, name = '', type = '', labels = '']) => [
    name,
    { type, labels: [...labels.matchAll(/`(\w+)`/g)].map(([, label = '']) => label) },
  ]),
);
/** Of Prometheus itself, from its own configuration, and of Node.js. */
const always = new Set(['job', 'instance', 'service', 'le']);
const ofOthers = new Set(['up', 'process_resident_memory_bytes']);

interface Read {
  readonly broken: readonly string[];
  readonly metrics: readonly string[];
  readonly labels: readonly string[];
}

/** By the grammar of Prometheus' own editor. */
function read(expression: string): Read {
  const found = { broken: new Array<string>(), metrics: new Array<string>(), labels: new Array<string>() };
  parser.parse(expression).iterate({
    enter: ({ type, from, to }) => {
      const text = expression.slice(from, to);
      if (type.isError) found.broken.push(expression.slice(Math.max(0, from - 20), to + 20));
      if (type.name === 'Identifier') found.metrics.push(text);
      if (type.name === 'LabelName') found.labels.push(text);
    },
  });
  return found;
}

const seriesOf = (metric: string) => known.get(metric) ?? known.get(metric.replace(/_(?:bucket|sum|count)$/, ''));

test('there is something to look at', () => {
  expect(known.size).toBeGreaterThan(10);
  expect(expressions().filter(({ where }) => where.startsWith('alert')).length).toBeGreaterThan(5);
  expect(expressions().filter(({ where }) => where.startsWith('panel')).length).toBeGreaterThan(8);
  expect(read('sum by (queue (rate(x[5m])').broken).not.toEqual([]);
});

describe.each(expressions())('$where: $expression', ({ expression, legend }) => {
  const { broken, metrics, labels } = read(expression);

  test('is PromQL', () => {
    expect(broken).toEqual([]);
    expect(metrics.length).toBeGreaterThan(0);
  });

  test('asks for metrics and labels that the bridge has', () => {
    const ours = metrics.filter((metric) => !ofOthers.has(metric));
    expect(ours.filter((metric) => seriesOf(metric) === undefined)).toEqual([]);
    const told = new Set(ours.flatMap((metric) => seriesOf(metric)?.labels ?? []));
    expect([...labels, ...legend].filter((label) => !told.has(label) && !always.has(label))).toEqual([]);
  });

  test('reads counters as rates, and histograms by their buckets', () => {
    for (const metric of metrics) {
      const type = seriesOf(metric)?.type;
      if (type === 'counter') expect(expression).toMatch(new RegExp(`rate\\(${metric}[^)]*\\[`));
      if (type === 'histogram') expect(expression).toMatch(/histogram_quantile\(.*_bucket\[/);
    }
  });
});
