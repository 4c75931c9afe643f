import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { createWorld } from '../tests/support/world.ts';
import { createCpuMeter, simulatorsAndLoad } from './cpu.ts';
import { type Layout, apart, inTwo } from './layouts.ts';
import { ms, percentiles } from './percentiles.ts';
import { startBridge } from './start-bridge.ts';
import { webhookOf } from './telegram-webhook.ts';
import type { Answers, WebhookLoad } from './webhook-load.ts';

const bridges = 100;
const perSecond = 500;

/** How long a platform waits for our 200 while everything else is running too. */
export async function webhookAnswers(redisUrl: string): Promise<readonly string[]> {
  const lines: string[] = [];
  for (const layout of [inTwo, apart]) lines.push(...(await measure(redisUrl, layout)));
  return lines;
}

async function measure(redisUrl: string, layout: Layout): Promise<readonly string[]> {
  const world = await createWorld({ bridges });
  const bridge = await startBridge({ world, redisUrl, processes: layout.processes(1) });
  const load: WebhookLoad = { webhook: webhookOf(world, bridge.ingress), perSecond };
  const thread = new Worker(new URL('webhook-load.ts', import.meta.url), { workerData: load });
  const cpu = createCpuMeter(redisUrl, simulatorsAndLoad, bridge.processes);
  const run = async (count: number): Promise<Answers> => {
    thread.postMessage(count);
    const [answers] = await once(thread, 'message');
    return answers;
  };
  await run(2 * perSecond); // warm-up
  const count = 10 * perSecond;
  await cpu.reset();
  const { tookMs, refused } = await run(count);
  const used = await cpu.perThousand(count);
  const { p50, p99, max } = percentiles(tookMs);
  await thread.terminate();
  cpu.close();
  await bridge.stop();
  await world.close();
  return [`webhook answers at ${perSecond}/s, ${layout.name}: p50 ${ms(p50)}, p99 ${ms(p99)}, max ${ms(max)}, not 200: ${refused}`, used];
}
