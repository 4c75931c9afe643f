import { until } from '../tests/support/until.ts';
import { type World, createWorld } from '../tests/support/world.ts';
import { createCpuMeter, simulatorsAndLoad } from './cpu.ts';
import { type Layout, apart, inTwo, together } from './layouts.ts';
import { startBridge } from './start-bridge.ts';
import { telegramWebhook, webhookOf } from './telegram-webhook.ts';

const apiLatencyMs = 50;
/** Messages of each conversation that are under way at any time: enough for none to run dry, few enough to measure no pile. */
const backlog = 8;

/** Deliveries per second to Discord while each API call takes 50 ms: the most that order allows is conversations ÷ latency. */
export async function throughput(redisUrl: string): Promise<readonly string[]> {
  const lines: string[] = [];
  for (const [conversations, messages] of [
    [20, 3_000],
    [100, 12_000],
  ] as const)
    for (const layout of [together, inTwo, apart]) lines.push(...(await measure({ redisUrl, layout, conversations, messages })));
  return lines;
}

interface Load {
  readonly redisUrl: string;
  readonly layout: Layout;
  readonly conversations: number;
  readonly messages: number;
}

async function measure({ redisUrl, layout, conversations, messages }: Load): Promise<readonly string[]> {
  const world = await createWorld({ bridges: conversations });
  // As many as their default concurrency of 50 calls asks for.
  const processes = layout.processes(Math.ceil(conversations / 50));
  const bridge = await startBridge({ world, redisUrl, processes });
  const webhook = telegramWebhook(webhookOf(world, bridge.ingress));
  const cpu = createCpuMeter(redisUrl, simulatorsAndLoad, bridge.processes);
  world.simulators.discord.faults.latencyMs = apiLatencyMs;
  const carry = flow(world, webhook);
  // What runs for the first time is compiled meanwhile, and a bridge starts seldom.
  await carry(messages / 3);
  await cpu.reset();
  const arrivals = await carry(messages);
  const used = await cpu.perThousand(messages);
  webhook.close();
  cpu.close();
  await bridge.stop();
  await world.close();
  return [told({ layout, conversations }, rateOf(arrivals)), used];
}

/** Sends so many messages through and answers when each arrived. */
function flow({ rooms, simulators }: World, webhook: ReturnType<typeof telegramWebhook>): (messages: number) => Promise<readonly number[]> {
  const numbers = new Map(rooms.map((room, n) => [room.discord, n]));
  let run = 0;
  return async (messages) => {
    const name = `load ${(run += 1)}:`;
    const arrivals: number[] = [];
    let written = 0;
    const write = (room: number) => {
      written += 1;
      webhook.post(room, `${name} ${written}`).catch((error: unknown) => console.error(error));
    };
    const stop = simulators.discord.onChange(({ kind, message }) => {
      if (kind !== 'posted' || !message.text.startsWith(name)) return;
      arrivals.push(performance.now());
      // What arrives makes room for the next one, so that the load follows the bridge and never floods it.
      if (written < messages) write(numbers.get(message.room) ?? 0);
    });
    for (let n = 0; n < backlog * rooms.length; n += 1) write(n % rooms.length);
    await until(() => arrivals.length >= messages, { timeoutMs: 600_000, why: () => `${arrivals.length} of ${messages} arrived` });
    stop();
    return arrivals;
  };
}

/** Of the middle 80 %, so that neither the first calls of each room nor the last stragglers count. */
function rateOf(arrivals: readonly number[]): number {
  const [from, to] = [Math.floor(arrivals.length * 0.1), Math.floor(arrivals.length * 0.9)];
  return ((to - from) * 1000) / ((arrivals[to] ?? 0) - (arrivals[from] ?? 0));
}

function told({ layout, conversations }: Pick<Load, 'layout' | 'conversations'>, rate: number): string {
  const limit = (conversations * 1000) / apiLatencyMs;
  const share = ((100 * rate) / limit).toFixed(0);
  return `throughput at ${apiLatencyMs} ms API latency over ${conversations} conversations, ${layout.name}: ${rate.toFixed(0)} msg/s, ${share} % of the limit of ${limit}/s`;
}
