import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { z } from 'zod';

/** One PromQL expression of the alert rules or of the dashboard. */
export interface Expression {
  readonly where: string;
  readonly expression: string;
  /** The labels that its legend or its sentences show. */
  readonly legend: readonly string[];
}

const deploy = (path: string): string => readFileSync(new URL(`../../deploy/${path}`, import.meta.url), 'utf8');
const rulesSchema = z.object({
  groups: z.array(
    z.object({ rules: z.array(z.object({ alert: z.string(), expr: z.string(), annotations: z.record(z.string(), z.string()) })) }),
  ),
});
const dashboardSchema = z.object({
  panels: z.array(z.object({ title: z.string(), targets: z.array(z.object({ expr: z.string(), legendFormat: z.string() })) })),
});

const names = (text: string, pattern: RegExp): readonly string[] => [...text.matchAll(pattern)].map(([, name = '']) => name);

/** Every expression under deploy/prometheus and deploy/grafana. */
export function expressions(): readonly Expression[] {
  const { groups } = rulesSchema.parse(parse(deploy('prometheus/alerts.yml')));
  const { panels } = dashboardSchema.parse(JSON.parse(deploy('grafana/dashboards/bridge.json')));
  return [
    ...groups
      .flatMap(({ rules }) => rules)
      .map(({ alert, expr, annotations }) => ({
        where: `alert ${alert}`,
        expression: expr,
        legend: names(Object.values(annotations).join(' '), /\$labels\.(\w+)/g),
      })),
    ...panels.flatMap(({ title, targets }) =>
      targets.map(({ expr, legendFormat }) => ({
        where: `panel ${title}`,
        expression: expr,
        legend: names(legendFormat, /\{\{\s*(\w+)\s*\}\}/g),
      })),
    ),
  ];
}
