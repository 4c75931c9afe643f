import { createMetrics } from '../packages/observability/src/metrics.ts';

/** docs/metrics.md: every metric of the bridge, from the registry itself. */
export async function metricsDoc(): Promise<string> {
  const metrics = createMetrics();
  metrics.observeQueues(() => Promise.resolve([]));
  const all = await metrics.registry.getMetricsAsJSON();
  const own = all.filter(({ name }) => name.startsWith('bridge_')).toSorted((a, b) => a.name.localeCompare(b.name));
  const labels = labelsOf(metrics);
  const rows = own.map(({ name, type, help }) => `| \`${name}\` | ${type} | ${labels(name)} | ${help} |`);
  return `${head}\n${rows.join('\n')}\n${tail}`;
}

/** prom-client keeps the label names of a metric where its types do not show them. */
function labelsOf(metrics: ReturnType<typeof createMetrics>): (name: string) => string {
  const { registry } = metrics;
  return (name) => {
    const metric: unknown = registry.getSingleMetric(name);
    const names = typeof metric === 'object' && metric !== null && 'labelNames' in metric ? metric.labelNames : [];
    return Array.isArray(names) ? names.map((label) => `\`${String(label)}\``).join(', ') : '';
  };
}

const head = `# Metrics

Every process serves them for Prometheus at \`/metrics\` on METRICS_PORT, with \`/livez\` and \`/readyz\` beside. This page is
generated from the code.

| metric | type | labels | meaning |
|---|---|---|---|`;

const tail = `
The \`bridge_queue_…\` gauges and \`bridge_dead_letters\` are read from Redis when they are asked for, by processes with the role
\`router\`; each of those tells the same, so take the \`max\`. Beside these there are the usual ones of Node.js (\`nodejs_…\`) and of the process (\`process_…\`).

\`deploy/prometheus/alerts.yml\` has alert rules on them, \`deploy/grafana/dashboards/bridge.json\` a dashboard.
`;
