import { createWorld } from '../tests/support/world.ts';
import { createCpuMeter, simulatorsAndLoad } from './cpu.ts';
import { pace } from './pace.ts';
import { ms, percentiles } from './percentiles.ts';
import { startBridge } from './start-bridge.ts';
import { telegramWebhook } from './telegram-webhook.ts';

const bridges = 100;
const perSecond = 500;

/** How long a platform waits for our 200 while everything else is running too. */
export async function webhookAnswers(redisUrl: string): Promise<readonly string[]> {
  const world = await createWorld({ bridges });
  const bridge = await startBridge({ world, redisUrl, processes: ['ingress', 'gateway', 'router', 'sender'] });
  const webhook = telegramWebhook(world, bridge.ingress);
  const cpu = createCpuMeter(redisUrl, simulatorsAndLoad, bridge.processes);
  const run = async (count: number) => {
    const answers: Promise<{ status: number; tookMs: number }>[] = [];
    await pace({ perSecond, count, act: (n) => answers.push(webhook.post(n % bridges, `answer ${n}`)) });
    return Promise.all(answers);
  };
  await run(2 * perSecond); // warm-up
  const count = 10 * perSecond;
  await cpu.reset();
  const answers = await run(count);
  const used = await cpu.perThousand(count);
  const { p50, p99, max } = percentiles(answers.map((answer) => answer.tookMs));
  const refused = answers.filter((answer) => answer.status !== 200).length;
  webhook.close();
  cpu.close();
  await bridge.stop();
  await world.close();
  return [`webhook answers at ${perSecond}/s: p50 ${ms(p50)}, p99 ${ms(p99)}, max ${ms(max)}, not 200: ${refused}`, used];
}
