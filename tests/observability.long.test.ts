import { beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { minutes, setStack } from './support/compose.ts';
import { type Expression, expressions } from './support/observability.ts';
import { underLoad } from './support/sandbox-ledger.ts';
import { until } from './support/until.ts';

const answerSchema = z.object({ status: z.literal('success'), data: z.object({ result: z.array(z.unknown()) }) });
const targetsSchema = z.object({
  data: z.object({ activeTargets: z.array(z.object({ health: z.string(), labels: z.record(z.string(), z.string()) })) }),
});
const rulesSchema = z.object({
  data: z.object({ groups: z.array(z.object({ rules: z.array(z.object({ name: z.string(), state: z.string(), health: z.string() })) })) }),
});

/** What is scraped where all platforms are configured. */
const scraped = ['console', 'gateway', 'ingress', 'router', 'sender-cometchat', 'sender-discord', 'sender-telegram'];
const panels = expressions().filter(({ where }) => where.startsWith('panel'));
const metrics = new Set(expressions().flatMap(({ expression }) => expression.match(/\bbridge_\w+/g) ?? []));

/** A real Prometheus with the files under deploy/prometheus, and the bridge of docker-compose.yml at work. */
describe('the profile observability', () => {
  const { stack, ledger } = setStack();
  const ask = async (path: string): Promise<unknown> => (await fetch(`${stack().prometheus}/api/v1/${path}`)).json();
  const series = async (expression: string): Promise<number> => {
    const answer = await ask(`query?query=${encodeURIComponent(expression)}`);
    return answerSchema.parse(answer).data.result.length;
  };

  beforeAll(async () => {
    await stack().compose('--profile', 'observability', 'up', '--detach', '--no-build', 'prometheus');
    await until(async () => (await fetch(`${stack().prometheus}/-/ready`).catch(() => undefined))?.ok === true, {
      timeoutMs: 60_000,
      why: () => 'Prometheus did not become ready',
    });
    // So that there is something to be seen of everything, refusals too.
    const headers = { 'content-type': 'application/json', 'x-telegram-bot-api-secret-token': 'wrong' };
    const refused = await fetch(`${stack().ingress}/telegram`, { method: 'POST', headers, body: '{}' });
    expect(refused.status).toBe(401);
    await underLoad(ledger(), () => until(async () => (await up()).join() === scraped.join(), { timeoutMs: 120_000 }));
  }, minutes(6));

  async function up(): Promise<readonly string[]> {
    const { activeTargets } = targetsSchema.parse(await ask('targets?state=active')).data;
    return activeTargets.flatMap(({ health, labels }) => (health === 'up' ? [labels['service'] ?? '?'] : [])).toSorted();
  }

  test('Prometheus’ own tool finds nothing wrong with configuration and rules, and each alert comes when it should', async () => {
    for (const args of [
      ['check', 'config', '/etc/prometheus/prometheus.yml'],
      ['test', 'rules', '/etc/prometheus/alerts.test.yml'],
    ])
      expect(await stack().compose('exec', '-T', '-e', 'TMPDIR=/prometheus', 'prometheus', 'promtool', ...args)).toContain('SUCCESS');
  });

  test.each([...metrics])('%s has series', async (metric) => {
    await until(async () => (await series(metric)) > 0, { timeoutMs: 60_000, why: () => `${metric} has none` });
  });

  test.each<Expression>(panels)('$where shows something', { timeout: minutes(2) }, async ({ expression }) => {
    await until(async () => (await series(expression)) > 0, { timeoutMs: 90_000, why: () => `${expression} has no series` });
  });

  test('every alert is evaluated, and none is told of a bridge that is well', async () => {
    let rules: z.infer<typeof rulesSchema>['data']['groups'][number]['rules'] = [];
    await until(async () => {
      rules = rulesSchema.parse(await ask('rules?type=alert')).data.groups.flatMap((group) => group.rules);
      return rules.length > 0 && rules.every(({ health }) => health !== 'unknown');
    });
    expect(rules.filter(({ health, state }) => health !== 'ok' || state === 'firing')).toEqual([]);
  });
});
