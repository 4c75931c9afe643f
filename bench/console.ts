import { createKeys, openQueues, workerConnection } from '../packages/queue/src/index.ts';
import { createJourneys, fingerprint } from '../packages/store/src/index.ts';
import { conversationId, platformId } from '../packages/core/src/index.ts';
import { launchChromium } from '../tests/support/chromium.ts';
import { type WithConsole, installConsole } from '../tests/support/console.ts';
import { createWorld, platformNames } from '../tests/support/world.ts';
import { ms, percentiles } from './percentiles.ts';

const bridges = 1_000;
const waiting = 100_000;
const journeys = 25_000;
const looks = 10;

type LoggedIn = Awaited<ReturnType<WithConsole['logIn']>>;

/** How soon the console shows something with a hundred thousand messages waiting and a thousand bridges, and what its journeys cost. */
export async function consoleFirstContent(redisUrl: string): Promise<readonly string[]> {
  const world = await createWorld({ bridges });
  const prefix = 'bench';
  const memory = await fillJourneys(redisUrl, prefix);
  await fillMailboxes(redisUrl, prefix, world.rooms);
  const installed = await installConsole(world, redisUrl, {
    env: { REDIS_PREFIX: prefix },
    processes: ['ingress', 'console'],
    status: 'degraded',
    run: 'built',
  });
  const browser = await launchChromium();
  const page = await installed.logIn(browser);
  const overview = await timed(page, () => page.goto(`${installed.url}/?${Math.random()}#working`), '#platforms th');
  const shown = await page.locator('#totals').textContent();
  const list = await timed(page, () => page.goto(`${installed.url}/?${Math.random()}#bridges`), '#bridge-list .bridge');
  await browser.close();
  await installed.bridge.stop();
  await world.close();
  const line = (name: string, times: readonly number[]) =>
    `console, ${name}: p50 ${ms(percentiles(times).p50)}, slowest ${ms(percentiles(times).max)}`;
  return [
    `console totals: ${shown}`,
    line('first content of the overview', overview),
    line('first content of the bridges', list),
    `journeys of ${journeys} messages with two deliveries each: ${memory.toFixed(0)} MB of Redis`,
  ];
}

async function timed(page: LoggedIn, open: () => Promise<unknown>, first: string): Promise<readonly number[]> {
  const times: number[] = [];
  for (let look = 0; look < looks; look += 1) {
    await page.goto('about:blank');
    const start = performance.now();
    await open();
    await page.locator(first).first().waitFor();
    times.push(performance.now() - start);
  }
  return times;
}

async function fillMailboxes(redisUrl: string, prefix: string, rooms: Awaited<ReturnType<typeof createWorld>>['rooms']): Promise<void> {
  const producer = workerConnection({ target: { kind: 'single', url: redisUrl } });
  const queues = await openQueues({ producer, prefix, platforms: [] });
  const envelope = (n: number) => {
    const platform = platformNames[n % platformNames.length] ?? 'discord';
    const conversation = conversationId(rooms[n % rooms.length]?.[platform] ?? '');
    return { v: 1, platform: platformId(platform), conversation, eventKey: String(n), receivedAt: Date.now(), raw: { n } } as const;
  };
  for (let from = 0; from < waiting; from += 100)
    await Promise.all(Array.from({ length: 100 }, (_, n) => queues.accept(envelope(from + n))));
  await queues.close();
  producer.disconnect();
}

/** Answers the megabytes that they take. */
async function fillJourneys(redisUrl: string, prefix: string): Promise<number> {
  const redis = workerConnection({ target: { kind: 'single', url: redisUrl } });
  await new Promise((resolve) => redis.once('ready', resolve));
  const used = async () => Number(/used_memory:(\d+)/.exec(await redis.info('memory'))?.[1]);
  const before = await used();
  const store = createJourneys({ redis, keys: createKeys({ prefix }) });
  for (let from = 0; from < journeys; from += 200) {
    const transaction = redis.multi();
    for (let n = from; n < from + 200; n += 1) {
      const source = { platform: 'discord', conversation: '1424612739296530453' };
      const targets = [
        { platform: 'telegram', conversation: '-1001234567890' },
        { platform: 'cometchat', conversation: 'group:community' },
      ];
      const at = Date.now();
      const base = {
        event: `discord_14246127392965${n}`,
        eventKey: `14246127392965${n}`,
        type: 'message.created',
        source,
        at,
        receivedAt: at,
      };
      store.step(transaction, {
        ...base,
        step: 'routed',
        routedAt: at,
        targets,
        bridges: ['community'],
        textHash: fingerprint(`text ${n}`) ?? '',
      });
      for (const target of targets)
        store.step(transaction, {
          ...base,
          step: 'delivered',
          target,
          bridge: 'community',
          routedAt: at,
          startedAt: at,
          attempt: 1,
          messages: [`142461273929${n}`],
          messageUrls: [`https://discord.com/channels/1/2/142461273929${n}`],
        });
    }
    await transaction.exec();
  }
  const after = await used();
  redis.disconnect();
  return (after - before) / 1_048_576;
}
