import { describe, expect, test } from 'vitest';
import { createMetrics } from './metrics.ts';

const state = { queue: 'outbound-pigeon', waiting: 3, oldestWaitingMs: 1_500, dead: 2 };

describe('what waits', () => {
  test('is asked for once a scrape', async () => {
    const metrics = createMetrics();
    let looks = 0;
    metrics.observeQueues(() => {
      looks += 1;
      return Promise.resolve([state, { ...state, queue: 'inbound', pausedReason: 'refused' }]);
    });
    const text = await metrics.registry.metrics();
    expect(looks).toBe(1);
    expect(text).toContain('bridge_queue_waiting_messages{queue="outbound-pigeon"} 3\n');
    expect(text).toContain('bridge_queue_oldest_waiting_seconds{queue="outbound-pigeon"} 1.5\n');
    expect(text).toContain('bridge_dead_letters{queue="outbound-pigeon"} 2\n');
    expect(text).toContain('bridge_queue_paused{queue="outbound-pigeon"} 0\nbridge_queue_paused{queue="inbound"} 1\n');
  });

  test('is not told where Redis does not answer, and the rest is', async () => {
    const metrics = createMetrics();
    let answers = true;
    metrics.observeQueues(() => (answers ? Promise.resolve([state]) : Promise.reject(new Error('Redis does not answer'))));
    await metrics.registry.metrics();
    answers = false;
    const text = await metrics.registry.metrics();
    expect(text).not.toContain('outbound-pigeon');
    expect(text).toContain('process_cpu_seconds_total');
  });
});

test('names and units are as Prometheus wants them', async () => {
  const metrics = createMetrics();
  metrics.observeQueues(() => Promise.resolve([]));
  const own = (await metrics.registry.getMetricsAsJSON()).filter(({ name }) => name.startsWith('bridge_'));
  expect(own.length).toBeGreaterThan(10);
  for (const { name, type, help } of own) {
    expect(name).toMatch(/^[a-z_]+$/);
    // prom-client gives the type as a word, though its types say a number.
    expect([name, name.endsWith('_total')]).toEqual([name, String(type) === 'counter']);
    expect(help).toMatch(/^(?:[A-Z]|1 ).*\.$/);
  }
});
