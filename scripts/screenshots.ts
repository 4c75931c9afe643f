// Takes the picture of the sandbox that README.md shows. Needs redis-server and Chromium, see tests/support/chromium.ts.
// Run: node --conditions=source scripts/screenshots.ts
import { mkdir, stat } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { startRedis } from '../packages/testing/src/redis.ts';
import { type Chats, chatsOn } from '../tests/browser/chats.ts';
import { launchChromium } from '../tests/support/chromium.ts';
import { startSandbox } from '../tests/support/sandbox.ts';
import type { PlatformName } from '../tests/support/world.ts';

const file = fileURLToPath(new URL('../docs/images/sandbox.png', import.meta.url));
const maxBytes = 200_000;
const platforms: readonly PlatformName[] = ['cometchat', 'discord', 'telegram'];

/** Who writes what where, and what of it everybody sees. */
const conversation: readonly (readonly [platform: PlatformName, person: string, text: string, shown: string])[] = [
  ['cometchat', 'Ana', 'Is anybody coming to the meetup on Thursday?', 'meetup on Thursday'],
  ['discord', 'Kai', 'I am! It starts at **18:30** now, not at six.', 'starts at'],
  ['telegram', 'Lin', 'Good to know. I bring two friends.', 'two friends'],
  ['telegram', 'Olu', 'See you all there, then', 'See you all there'],
];

async function converse(chats: Chats): Promise<void> {
  for (const [platform, person, text, shown] of conversation) {
    await chats.write(platform, person, text);
    for (const place of platforms) await chats.message(place, shown).waitFor();
  }
  await (await chats.button('telegram', 'two friends', 'Edit')).click();
  await chats.page.keyboard.press('ControlOrMeta+A');
  await chats.page.keyboard.type('Good to know. I bring **three** friends.');
  await chats.page.keyboard.press('Enter');
  for (const place of platforms) await chats.message(place, 'three friends').waitFor();
}

/** The last word, after which both targets must be told as delivered; then nothing that only a mouse or a cursor would show. */
async function rest(chats: Chats): Promise<void> {
  await chats.write('discord', 'Mei', 'Save me a seat! ||and some cake||');
  for (const place of platforms) await chats.message(place, 'Save me a seat').waitFor();
  await chats.journey.locator('.what', { hasText: 'Save me a seat' }).waitFor();
  await chats.journey.locator('[data-tone="good"]').nth(1).waitFor();
  await chats.page.mouse.move(0, 0);
  await chats.page.evaluate('document.activeElement.blur()');
}

const redis = await startRedis({ appendfsync: 'always' });
const sandbox = await startSandbox({ redisUrl: redis.url });
const browser = await launchChromium();
try {
  const page = await browser.newPage({
    viewport: { width: 1280, height: 800 },
    colorScheme: 'light',
    reducedMotion: 'reduce',
    locale: 'en-GB',
  });
  await page.goto(sandbox.url);
  const chats = chatsOn(page);
  await chats.page.locator('#status[data-state="healthy"]').waitFor();
  await converse(chats);
  await rest(chats);
  await mkdir(new URL('.', `file://${file}`), { recursive: true });
  await page.screenshot({ path: file });
} finally {
  await browser.close();
  await sandbox.stop();
  await redis.stop();
}
const { size } = await stat(file);
if (size > maxBytes) throw new Error(`${file} has ${size} bytes, more than ${maxBytes}: show less on it.`);
console.log(`wrote ${file}, ${Math.round(size / 1_000)} kB`);
