import { parentPort, workerData } from 'node:worker_threads';
import { pace } from './pace.ts';
import { telegramWebhook, type Webhook } from './telegram-webhook.ts';

/** How long each answer took, milliseconds, and how many were not 200. */
export interface Answers {
  readonly tookMs: readonly number[];
  readonly refused: number;
}

/** What this thread is started with; it runs whenever it is told how many webhooks to post, and answers with `Answers`. */
export interface WebhookLoad {
  readonly webhook: Webhook;
  readonly perSecond: number;
}

// In a thread of its own: the simulators' work would otherwise stand between an answer and the clock that it is measured by.
const { webhook, perSecond }: WebhookLoad = workerData;
const { post } = telegramWebhook(webhook);
parentPort?.on('message', (count: number) => {
  run(count).then(
    (answers) => parentPort?.postMessage(answers),
    (error: unknown) => {
      throw error;
    },
  );
});

async function run(count: number): Promise<Answers> {
  const answers: ReturnType<typeof post>[] = [];
  await pace({ perSecond, count, act: (n) => answers.push(post(n % webhook.chats.length, `answer ${n}`)) });
  const all = await Promise.all(answers);
  return { tookMs: all.map(({ tookMs }) => tookMs), refused: all.filter(({ status }) => status !== 200).length };
}
