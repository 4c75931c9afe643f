// Takes the pictures of the console that docs/console.md shows. Needs redis-server and Chromium, see tests/support/chromium.ts.
// Run: node --conditions=source scripts/console-screenshots.ts
import { stat } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { createKeys, waitUntilReady, workerConnection } from '../packages/queue/src/index.ts';
import { createJourneys } from '../packages/store/src/index.ts';
import { startRedis } from '../packages/testing/src/redis.ts';
import { launchChromium } from '../tests/support/chromium.ts';
import { installConsole } from '../tests/support/console.ts';
import { until } from '../tests/support/until.ts';
import { type World, createWorld, platformNames } from '../tests/support/world.ts';

const maxBytes = 200_000;
const prefix = 'picture';
const minutes = 60;

/** An hour of ordinary traffic, as the bridge itself would have counted it. */
async function fillHour(redisUrl: string, world: World): Promise<void> {
  const redis = workerConnection({ target: { kind: 'single', url: redisUrl } });
  await waitUntilReady(redis);
  const journeys = createJourneys({ redis, keys: createKeys({ prefix }) });
  const now = Date.now();
  for (let ago = minutes; ago > 0; ago -= 1) {
    const transaction = redis.multi();
    const at = now - ago * 60_000;
    for (const [index, platform] of platformNames.entries()) {
      const messages = Math.round((5 - index) * (1.2 + Math.sin(ago / (5 + index * 2))));
      for (let n = 0; n < messages; n += 1) {
        const room = world.rooms[(ago + n) % world.rooms.length];
        const event = `${platform}_p${ago}.${n}`;
        const about = {
          event,
          eventKey: event,
          type: 'message.created',
          source: { platform, conversation: conversationOf(room, platform) },
          at,
          receivedAt: at,
        };
        journeys.step(transaction, { ...about, step: 'routed', bridges: [`bridge-${(ago + n) % world.rooms.length}`], targets: [] });
        for (const target of platformNames.filter((other) => other !== platform))
          journeys.step(transaction, {
            ...about,
            step: 'delivered',
            target: { platform: target, conversation: conversationOf(room, target) },
          });
      }
    }
    await transaction.exec();
  }
  redis.disconnect();
}

const conversationOf = (room: World['rooms'][number] | undefined, platform: (typeof platformNames)[number]) =>
  platform === 'cometchat' ? `group:${room?.cometchat}` : (room?.[platform] ?? '');

/** Some messages that one platform refuses, for a reason that an operator meets. */
async function refuse(world: World): Promise<void> {
  const write = (platform: 'cometchat' | 'telegram', text: string) =>
    world.simulators[platform].post({ room: world.rooms[0]?.[platform] ?? '', author: world.people[platform], text });
  write('telegram', 'Who brings the projector?');
  await until(() => world.simulators.discord.messages(world.rooms[0]?.discord ?? '').length > 0);
  world.simulators.discord.faults.add({ fault: { kind: 'status', status: 403 }, match: /^POST / });
  for (const text of ['I can bring mine', 'And a cable', 'See you at six']) write('cometchat', text);
}

const redis = await startRedis();
const world = await createWorld({ bridges: 4 });
await fillHour(redis.url, world);
const installed = await installConsole(world, redis.url, { env: { REDIS_PREFIX: prefix } });
const browser = await launchChromium();
try {
  const page = await installed.logIn(browser, { colorScheme: 'light', locale: 'en-GB' });
  await refuse(world);
  await page.locator('#problems').getByText('3 messages could not be delivered.').waitFor();
  await picture('console');
  await page.getByRole('link', { name: 'See what failed' }).click();
  await page.getByRole('button', { name: 'Show each' }).click();
  await page.getByRole('button', { name: 'Details' }).first().click();
  await page.locator('.letters dd').first().waitFor();
  await page.mouse.move(0, 0);
  await picture('console-failed');

  async function picture(name: string): Promise<void> {
    const file = fileURLToPath(new URL(`../docs/images/${name}.png`, import.meta.url));
    await page.screenshot({ path: file });
    const { size } = await stat(file);
    if (size > maxBytes) throw new Error(`${file} has ${size} bytes, more than ${maxBytes}: show less on it.`);
    console.log(`wrote ${file}, ${Math.round(size / 1_000)} kB`);
  }
} finally {
  await browser.close();
  await installed.bridge.stop();
  await world.close();
  await redis.stop();
}
