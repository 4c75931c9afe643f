import { install } from '../tests/support/processes.ts';
import { createWorld } from '../tests/support/world.ts';
import { pace } from './pace.ts';
import { ms, percentiles } from './percentiles.ts';
import { telegramWebhook } from './telegram-webhook.ts';

const bridges = 100;
const perSecond = 500;

/** How long a platform waits for our 200 while everything else is running too. */
export async function webhookAnswers(redisUrl: string): Promise<readonly string[]> {
  const world = await createWorld({ bridges });
  const bridge = await install({ world, redisUrl, processes: ['ingress', 'gateway', 'router', 'sender'], env: { LOG_LEVEL: 'warn' } });
  const webhook = telegramWebhook(world, bridge.ingress);
  const run = async (count: number) => {
    const answers: Promise<{ status: number; tookMs: number }>[] = [];
    await pace({ perSecond, count, act: (n) => answers.push(webhook.post(n % bridges, `answer ${n}`)) });
    return Promise.all(answers);
  };
  await run(2 * perSecond); // warm-up
  const answers = await run(10 * perSecond);
  const { p50, p99, max } = percentiles(answers.map((answer) => answer.tookMs));
  const refused = answers.filter((answer) => answer.status !== 200).length;
  webhook.close();
  await bridge.stop();
  await world.close();
  return [`webhook answers at ${perSecond}/s: p50 ${ms(p50)}, p99 ${ms(p99)}, max ${ms(max)}, not 200: ${refused}`];
}
