import { until } from '../tests/support/until.ts';
import { createWorld } from '../tests/support/world.ts';
import { createCpuMeter } from './cpu.ts';
import { pace } from './pace.ts';
import { ms, percentiles } from './percentiles.ts';
import { startBridge } from './start-bridge.ts';
import { telegramWebhook } from './telegram-webhook.ts';

const bridges = 50;

/** From sending a webhook to the API call that carries it, with one process per role. */
export async function bridgeLatency(redisUrl: string): Promise<readonly string[]> {
  const world = await createWorld({ bridges });
  const bridge = await startBridge({ world, redisUrl, processes: ['ingress', 'gateway', 'router', 'sender'] });
  const webhook = telegramWebhook(world, bridge.ingress);
  const cpu = createCpuMeter(bridge, redisUrl);
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
    await until(() => took.length >= count, { timeoutMs: 30_000, why: () => `${took.length} of ${count} arrived` });
    stop();
    return percentiles(took);
  };
  await run(100, 500); // warm-up
  for (const [perSecond, count] of [
    [20, 400],
    [200, 4_000],
  ] as const) {
    await cpu.reset();
    const { p50, p99, max } = await run(perSecond, count);
    lines.push(
      `bridge latency, webhook in to API call out, ${perSecond} msg/s: p50 ${ms(p50)}, p99 ${ms(p99)}, max ${ms(max)}`,
      await cpu.perThousand(count),
    );
  }
  webhook.close();
  cpu.close();
  await bridge.stop();
  await world.close();
  return lines;
}
