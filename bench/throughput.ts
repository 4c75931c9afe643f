import { until } from '../tests/support/until.ts';
import { createWorld } from '../tests/support/world.ts';
import { createCpuMeter } from './cpu.ts';
import { startBridge } from './start-bridge.ts';
import { telegramWebhook } from './telegram-webhook.ts';

const apiLatencyMs = 50;
const inFlight = 200;

/** Deliveries per second to Discord while each API call takes 50 ms: the most that order allows is conversations ÷ latency. */
export async function throughput(redisUrl: string): Promise<readonly string[]> {
  const lines: string[] = [];
  for (const [conversations, messages] of [
    [20, 4_000],
    [100, 12_000],
  ] as const)
    lines.push(...(await measure({ redisUrl, conversations, messages })));
  return lines;
}

async function measure({
  redisUrl,
  conversations,
  messages,
}: {
  redisUrl: string;
  conversations: number;
  messages: number;
}): Promise<readonly string[]> {
  const world = await createWorld({ bridges: conversations });
  // Two senders: their default concurrency of 50 would otherwise be the limit at 100 conversations.
  const bridge = await startBridge({ world, redisUrl, processes: ['ingress', 'gateway', 'router', 'sender', 'sender'] });
  world.simulators.discord.faults.latencyMs = apiLatencyMs;
  const webhook = telegramWebhook(world, bridge.ingress);
  const cpu = createCpuMeter(bridge, redisUrl);
  await cpu.reset();
  const arrivals: number[] = [];
  world.simulators.discord.onChange(({ kind, message }) => {
    if (kind === 'posted' && message.text.startsWith('load')) arrivals.push(performance.now());
  });
  let next = 0;
  const feeder = async () => {
    while (next < messages) {
      const n = next++;
      await webhook.post(n % conversations, `load ${n}`);
    }
  };
  await Promise.all(Array.from({ length: inFlight }, feeder));
  await until(() => arrivals.length >= messages, { timeoutMs: 120_000, why: () => `${arrivals.length} of ${messages} arrived` });
  // The middle 80 %, so that neither the ramp-up nor the last stragglers count.
  const [from, to] = [Math.floor(messages * 0.1), Math.floor(messages * 0.9)];
  const rate = ((to - from) * 1000) / ((arrivals[to] ?? 0) - (arrivals[from] ?? 0));
  const used = await cpu.perThousand(messages);
  const limit = (conversations * 1000) / apiLatencyMs;
  webhook.close();
  cpu.close();
  await bridge.stop();
  await world.close();
  const told = `throughput at ${apiLatencyMs} ms API latency over ${conversations} conversations: ${rate.toFixed(0)} msg/s, ${((100 * rate) / limit).toFixed(0)} % of the limit of ${limit}/s`;
  return [told, used];
}
