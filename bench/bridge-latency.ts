import { until } from '../tests/support/until.ts';
import { createWorld } from '../tests/support/world.ts';
import { createCpuMeter, simulatorsAndLoad } from './cpu.ts';
import { type Layout, apart, inTwo, together } from './layouts.ts';
import { pace } from './pace.ts';
import { ms, percentiles } from './percentiles.ts';
import type { Plain } from './plain-bullmq.ts';
import { startBridge } from './start-bridge.ts';
import { telegramWebhook, webhookOf } from './telegram-webhook.ts';

const bridges = 50;
/** From sending a webhook to the API call that carries it. */
export async function bridgeLatency(redisUrl: string, plain: Plain): Promise<readonly string[]> {
  const lines: string[] = [];
  for (const layout of [together, inTwo, apart]) lines.push(...(await measure({ redisUrl, plain, layout })));
  return lines;
}

interface Run {
  readonly redisUrl: string;
  readonly plain: Plain;
  readonly layout: Layout;
}

async function measure({ redisUrl, plain, layout }: Run): Promise<readonly string[]> {
  const world = await createWorld({ bridges });
  const bridge = await startBridge({ world, redisUrl, processes: layout.processes(1) });
  const webhook = telegramWebhook(webhookOf(world, bridge.ingress));
  const cpu = createCpuMeter(redisUrl, simulatorsAndLoad, bridge.processes);
  const lines: string[] = [];
  const run = async (perSecond: number, count: number) => {
    const sent = new Map<string, number>();
    const took: number[] = [];
    const stop = world.simulators.discord.onChange(({ kind, message }) => {
      const at = sent.get(message.text);
      if (kind === 'posted' && at !== undefined) took.push(performance.now() - at);
    });
    await pace({
      perSecond,
      count,
      act: (n) => {
        const text = `latency ${perSecond} ${n}`;
        sent.set(text, performance.now());
        void webhook.post(n % bridges, text).catch((error: unknown) => console.error(error));
      },
    });
    await until(() => took.length >= count, { timeoutMs: 300_000, why: () => `${took.length} of ${count} arrived` });
    stop();
    return percentiles(took);
  };
  // Some thousands of messages: what runs often is still being compiled before that.
  await run(200, 4_000);
  for (const [perSecond, count] of [
    [20, 400],
    [200, 4_000],
  ] as const) {
    await cpu.reset();
    const { p50, p99, max } = await run(perSecond, count);
    const compared = ratio({ p50, p99 }, plain.latency.get(perSecond));
    lines.push(`bridge latency, ${layout.name}, ${perSecond} msg/s: p50 ${ms(p50)}, p99 ${ms(p99)}, max ${ms(max)}${compared}`);
    lines.push(await cpu.perThousand(count));
  }
  webhook.close();
  cpu.close();
  await bridge.stop();
  await world.close();
  return lines;
}

interface Figures {
  readonly p50: number;
  readonly p99: number;
}

const ratio = (ours: Figures, plain: Figures | undefined): string =>
  plain === undefined ? '' : ` (plain BullMQ × ${(ours.p50 / plain.p50).toFixed(1)} and × ${(ours.p99 / plain.p99).toFixed(1)})`;
