import { readFile } from 'node:fs/promises';
import { type RedisServer, startRedis } from '@bridge/testing';
import type { Browser, BrowserContextOptions, Locator, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { launchChromium, skipBrowserTests } from '../support/chromium.ts';
import { type Sandbox, startSandbox } from '../support/sandbox.ts';
import { until } from '../support/until.ts';
import { type PlatformName, platformNames } from '../support/world.ts';
import { type Chats, chatsOn } from './chats.ts';

const people: Readonly<Record<PlatformName, string>> = { cometchat: 'Bo', discord: 'Mei', telegram: 'Sofía' };
const names: Readonly<Record<PlatformName, string>> = { cometchat: 'CometChat', discord: 'Discord', telegram: 'Telegram' };
const others = (platform: PlatformName) => platformNames.filter((other) => other !== platform);
const wide = { width: 1280, height: 800 };
const narrow = { width: 360, height: 740 };

// A browser beside everything else that is tested may be slow; each step still has its own, shorter time.
vi.setConfig({ testTimeout: 90_000 });

describe.skipIf(skipBrowserTests)('the sandbox page', () => {
  let redis: RedisServer;
  let sandbox: Sandbox;
  let browser: Browser;
  /** The page that most tests look at, one after the other, as a person would. */
  let chats: Chats;
  /** What no page may do, in the order it was done. */
  const troubles: string[] = [];

  beforeAll(async () => {
    redis = await startRedis({ appendfsync: 'always' });
    browser = await launchChromium();
    sandbox = await startSandbox({ redisUrl: redis.url });
    chats = await open();
  }, 90_000);

  afterEach(() => expect(troubles.splice(0)).toEqual([]));

  afterAll(async () => {
    await browser?.close();
    await sandbox?.stop();
    await redis?.stop();
  });

  async function open(options: BrowserContextOptions = {}): Promise<Chats> {
    const context = await browser.newContext({ viewport: wide, reducedMotion: 'reduce', ...options });
    context.setDefaultTimeout(30_000);
    const page = await context.newPage();
    guard(page);
    await page.goto(sandbox.url);
    await page.locator('.pane').first().waitFor();
    return chatsOn(page);
  }

  function guard(page: Page): void {
    page.on('request', (request) => {
      const { protocol, hostname } = new URL(request.url());
      if (protocol !== 'data:' && hostname !== '127.0.0.1') troubles.push(`asked ${request.url()}`);
    });
    page.on('response', (response) => (response.status() >= 400 ? troubles.push(`${response.status()} ${response.url()}`) : undefined));
    page.on('console', (message) =>
      message.type() === 'error' || message.type() === 'warning' ? troubles.push(message.text()) : undefined,
    );
    page.on('pageerror', (error) => troubles.push(error.message));
  }

  /** One more page, for as long as the test. */
  async function openAnother(options: BrowserContextOptions = {}): Promise<Chats> {
    const another = await open(options);
    onTestFinished(() => another.page.context().close());
    return another;
  }

  async function resize(viewport: typeof wide): Promise<void> {
    await chats.page.setViewportSize(viewport);
    onTestFinished(() => chats.page.setViewportSize(wide));
  }

  const check = async (name: 'contrast' | 'labels' | 'layout') =>
    chats.page.evaluate<readonly string[]>(await readFile(new URL(`${name}.js`, import.meta.url), 'utf8'));
  const texts = (of: Chats, platform: PlatformName) => of.pane(platform).locator('.message .text').allTextContents();
  /** The page notes it by an event that comes with the next frame. */
  const scrollTo = (list: Locator, top: number) =>
    list.evaluate(
      (element, to) =>
        new Promise<void>((resolve) => {
          if (element.scrollTop === to) return resolve();
          element.addEventListener('scroll', () => resolve(), { once: true });
          element.scrollTop = to;
        }),
      top,
    );
  const focused = () =>
    chats.page.evaluate<string>('document.activeElement.getAttribute("aria-label") ?? document.activeElement.className');

  test('opens with a sentence for everything that is still empty', async () => {
    for (const platform of platformNames) {
      expect(await chats.pane(platform).locator('.messages').textContent()).toBe('No messages yet. Write the first one below.');
    }
    expect(await chats.journey.textContent()).toContain('Nothing has been sent yet.');
    await chats.page.locator('#status', { hasText: 'The bridge is running' }).waitFor();
  });

  describe.each(platformNames)('what a person writes on %s', (source) => {
    test('is seen in the two others, with their name', async () => {
      await chats.write(source, people[source], `hello from ${source}`);
      expect(await chats.message(source, `hello from ${source}`).textContent()).not.toContain(`(${names[source]})`);
      for (const target of others(source)) {
        expect(await chats.message(target, `hello from ${source}`).innerText()).toContain(`${people[source]} (${names[source]})`);
      }
    });

    test('is changed there when it is changed here', async () => {
      await chats.write(source, people[source], `before ${source}`);
      for (const target of others(source)) await chats.message(target, `before ${source}`).waitFor();
      await (await chats.button(source, `before ${source}`, 'Edit')).click();
      await chats.page.keyboard.press('ControlOrMeta+A');
      await chats.page.keyboard.type(`after ${source}`);
      await chats.page.keyboard.press('Enter');
      for (const platform of platformNames) {
        await chats.message(platform, `after ${source}`).locator('.mark', { hasText: 'edited' }).waitFor();
        expect(await chats.message(platform, `before ${source}`).count()).toBe(0);
      }
    });
  });

  test.each<PlatformName>(['cometchat', 'discord'])('what is deleted on %s is deleted in the others', async (source) => {
    await chats.write(source, people[source], `gone ${source}`);
    const places = await Promise.all(platformNames.map((platform) => chats.message(platform, `gone ${source}`).getAttribute('data-id')));
    await (await chats.button(source, `gone ${source}`, 'Delete')).click();
    for (const [index, platform] of platformNames.entries()) {
      await chats
        .pane(platform)
        .locator(`.message.deleted[data-id="${places[index]}"]`, { hasText: 'This message was deleted.' })
        .waitFor();
    }
  });

  test('what is deleted on Telegram says why its copies stay', async () => {
    await chats.write('telegram', 'Olu', 'stays elsewhere');
    for (const target of others('telegram')) await chats.message(target, 'stays elsewhere').waitFor();
    await (await chats.button('telegram', 'stays elsewhere', 'Delete')).click();
    await chats.pane('telegram').locator('.message.deleted', { hasText: 'so the copies elsewhere stay' }).waitFor();
    // In a conversation nothing overtakes: a delete that was carried would show before this does.
    await chats.write('telegram', 'Olu', 'after the delete');
    for (const target of others('telegram')) {
      await chats.message(target, 'after the delete').waitFor();
      expect(await chats.message(target, 'stays elsewhere').count()).toBe(1);
    }
  });

  test('formatting crosses, and nothing that is written becomes markup', async () => {
    await chats.write('discord', 'Kai', 'so **very** bold <img src=x onerror=alert(1)> ||secret||');
    const copy = chats.message('telegram', 'so very bold');
    await copy.locator('strong', { hasText: 'very' }).waitFor();
    expect(await chats.message('discord', 'so very bold').locator('strong').textContent()).toBe('very');
    for (const platform of platformNames) {
      expect(await chats.message(platform, 'so very bold').textContent()).toContain('<img src=x onerror=alert(1)>');
      expect(await chats.message(platform, 'so very bold').locator('.body img').count()).toBe(0);
    }
    const spoiler = chats.message('discord', 'so very bold').locator('.spoiler');
    expect(await spoiler.getAttribute('aria-label')).toMatch(/^Spoiler/);
    await spoiler.click();
    expect(await spoiler.getAttribute('aria-label')).toBeNull();
  });

  test('the journey tells received, routed and delivered, on a page that opens later too', async () => {
    await chats.write('cometchat', 'Chidi', 'watch me travel');
    await chats.journey.locator('.what', { hasText: 'Chidi wrote in CometChat: “watch me travel”' }).waitFor();
    for (const { journey } of [chats, await openAnother()]) {
      for (const target of others('cometchat')) {
        const branch = journey.locator(`li[data-platform="${target}"][data-tone="good"]`);
        expect(await branch.textContent()).toMatch(
          new RegExp(`^${names[target]}delivered after [\\d.]+ m?s(, attempt \\d+)?#\\S+waited [\\d.]+ m?s, worked [\\d.]+ m?s$`),
        );
      }
      expect(await journey.locator('.stop').allTextContents()).toEqual([
        'Receivedfrom CometChat',
        expect.stringMatching(/^Routedafter [\d.]+ m?s$/),
      ]);
      expect(await journey.locator('.legend').textContent()).toMatch(/waiting.*working/);
    }
  });

  test('two pages, and a page that was loaded again, see the same', async () => {
    const other = await openAnother({ colorScheme: 'dark' });
    await chats.write('telegram', 'Lin', 'on every page');
    for (const page of [chats, other]) for (const platform of platformNames) await page.message(platform, 'on every page').waitFor();
    for (const platform of platformNames) expect(await texts(other, platform)).toEqual(await texts(chats, platform));
    const before = await Promise.all(platformNames.map((platform) => texts(chats, platform)));
    await chats.page.reload();
    await chats.message('telegram', 'on every page').waitFor();
    expect(await Promise.all(platformNames.map((platform) => texts(chats, platform)))).toEqual(before);
  });

  test('works by keyboard alone', async () => {
    const { keyboard } = chats.page;
    await chats.field('discord').focus();
    await keyboard.press('Shift+Tab');
    await keyboard.press('ArrowRight');
    await keyboard.press('Tab');
    await keyboard.type('first line');
    await keyboard.press('Shift+Enter');
    await keyboard.type('second line');
    await keyboard.press('Enter');
    expect(await chats.message('telegram', 'first line\nsecond line').innerText()).toContain('Mei (Discord)');
    expect(await focused()).toBe('Message in Discord');
    await keyboard.press('ArrowUp');
    expect(await focused()).toContain('New text of “first line second line”');
    await keyboard.type(' changed');
    await keyboard.press('Escape');
    expect(await focused()).toBe('Message in Discord');
    expect(await chats.message('discord', 'first line\nsecond line').count()).toBe(1);
    await keyboard.press('Shift+Tab');
    await keyboard.press('Shift+Tab');
    expect(await focused()).toMatch(/^message own/);
    await keyboard.press('Tab');
    await keyboard.press('Tab');
    expect(await focused()).toBe('Delete “first line second line”');
    await keyboard.press('Enter');
    await until(async () => /^message own .*deleted/.test(await focused()));
    await keyboard.press('Home');
    expect(
      await chats
        .pane('discord')
        .locator('.message')
        .first()
        .evaluate((element) => element === element.ownerDocument.activeElement),
    ).toBe(true);
  });

  test('what has the focus shows it', async () => {
    const seen = new Set<string>();
    await chats.field('cometchat').focus();
    for (let stops = 0; stops < 12; stops += 1) {
      const ring = await chats.page.evaluate<readonly [string, string]>(`(() => {
        const active = document.activeElement;
        const shown = active.closest('label') ?? active;
        return [active.outerHTML.slice(0, 60), getComputedStyle(shown).outlineStyle + ' ' + getComputedStyle(shown).outlineWidth];
      })()`);
      seen.add(ring[0]);
      expect(ring).toEqual([ring[0], 'solid 2px']);
      await chats.page.keyboard.press('Tab');
    }
    expect(seen.size).toBeGreaterThan(8);
  });

  test('nothing moves while one reads further up', async () => {
    await chats
      .pane('discord')
      .locator('.messages')
      .evaluate((element) => (element.scrollTop = element.scrollHeight));
    for (let number = 1; number <= 12; number += 1) await chats.write('telegram', 'Lin', `to read ${number}\nand more\nof it`);
    const list = chats.pane('discord').locator('.messages');
    await chats.message('discord', 'to read 12').waitFor();
    await scrollTo(list, 40);
    await chats.page.locator('.journey [data-tone="good"]').nth(1).waitFor();
    const journeyTop = (await chats.journey.boundingBox())?.y;
    await chats.write('cometchat', 'Ana', 'new below');
    await chats.pane('discord').getByRole('button', { name: '1 new message' }).click();
    expect(await list.evaluate((element) => element.scrollHeight - element.scrollTop - element.clientHeight)).toBeLessThan(2);
    expect(await chats.pane('discord').locator('.unseen').isVisible()).toBe(false);
    await scrollTo(list, 40);
    await chats.write('cometchat', 'Ana', 'newer below');
    await chats.pane('discord').getByRole('button', { name: '1 new message' }).waitFor();
    expect(await list.evaluate((element) => element.scrollTop)).toBe(40);
    expect((await chats.journey.boundingBox())?.y).toBe(journeyTop);
  });

  test('what is broken by hand loses nothing', async () => {
    const { page } = chats;
    const count = async (what: string): Promise<number> =>
      Number(((await page.locator('.ledger li', { hasText: what }).locator('b').textContent()) ?? '').replaceAll(/\D/g, ''));
    await page.getByLabel('Telegram’s API').selectOption('fails');
    await chats.write('cometchat', 'Ana', 'while Telegram fails');
    await chats.message('discord', 'while Telegram fails').waitFor();
    await until(async () => (await count('on their way')) > 0);
    await page.getByRole('button', { name: 'kill -9 the bridge' }).click();
    await page.getByLabel('Telegram’s API').selectOption('ok');
    await chats.message('telegram', 'while Telegram fails').waitFor();
    await until(async () => (await count('on their way')) === 0);
    expect([await count('lost'), await count('dead letters')]).toEqual([0, 0]);
    await page.locator('#status[data-state="healthy"]').waitFor();
  });

  test('people answer, react and attach, and it shows elsewhere', async () => {
    await chats.write('discord', 'Kai', 'answer me');
    const copy = chats.message('telegram', 'answer me');
    await copy.waitFor();
    await (await chats.button('telegram', 'answer me', 'React 🎉 to')).click();
    await chats.pane('discord').locator('.reactions li', { hasText: '🎉' }).waitFor();
    await (await chats.button('telegram', 'answer me', 'Reply to')).click();
    await chats.write('telegram', 'Lin', 'answered');
    await chats.message('cometchat', 'answered').waitFor();
    const picture = Buffer.from(
      'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
      'base64',
    );
    await chats.pane('cometchat').locator('input[type=file]').setInputFiles({ name: 'dot.png', mimeType: 'image/png', buffer: picture });
    await chats.write('cometchat', 'Bo', 'with a dot');
    await chats.message('discord', 'with a dot').locator('.files img').waitFor();
  });

  test('what is refused is said in a sentence, and what was written is kept', async () => {
    const long = 'a'.repeat(10_001);
    await chats.write('cometchat', 'Ana', long);
    await chats.page.locator('#notice', { hasText: 'That cannot be sent: write at most 10,000 characters.' }).waitFor();
    await until(async () => (await chats.field('cometchat').inputValue()) === long);
    // The browser notes every refusal by itself.
    expect(troubles.splice(0)).toEqual([expect.stringMatching(/^422 /), expect.stringContaining('422')]);
  });

  test.each<['light' | 'dark', typeof wide]>([
    ['light', wide],
    ['dark', wide],
    ['light', narrow],
    ['dark', narrow],
  ])('is readable, labelled and in its window: %s, %o', async (colorScheme, viewport) => {
    await chats.page.emulateMedia({ colorScheme });
    await resize(viewport);
    expect(await check('contrast')).toEqual([]);
    expect(await check('labels')).toEqual([]);
    expect(await check('layout')).toEqual([]);
  });

  test('a narrow window shows one chat at a time, and counts what is new in the others', async () => {
    await resize(narrow);
    const tab = (platform: PlatformName) =>
      chats.page.getByRole('navigation', { name: 'Chats' }).getByRole('button', { name: new RegExp(`^${names[platform]}`) });
    expect(await tab('cometchat').getAttribute('aria-pressed')).toBe('true');
    await chats.write('cometchat', 'Ana', 'seen on a phone');
    for (const other of others('cometchat')) await tab(other).getByText('1 new').waitFor();
    expect(await chats.pane('discord').isVisible()).toBe(false);
    for (const platform of platformNames) {
      await tab(platform).click();
      expect(await Promise.all(platformNames.map((other) => chats.pane(other).isVisible()))).toEqual(
        platformNames.map((other) => other === platform),
      );
      expect(await chats.message(platform, 'seen on a phone').isVisible()).toBe(true);
      expect(await check('layout')).toEqual([]);
    }
    expect(await tab('discord').textContent()).toBe('Discord');
  });

  test('a bridge that is killed is started again, and carries what was written meanwhile', async () => {
    await chats.page.locator('#status[data-state="healthy"]').waitFor();
    process.kill(sandbox.bridgePid(), 'SIGKILL');
    await chats.page.locator('#status', { hasText: 'The bridge was killed and is starting again…' }).waitFor();
    await chats.write('telegram', 'Lin', 'written while it was down');
    await chats.page.locator('#status[data-state="healthy"]').waitFor({ timeout: 45_000 });
    for (const target of others('telegram')) await chats.message(target, 'written while it was down').waitFor();
  });

  test('when the sandbox stops, the page says so and keeps what is written', async () => {
    await chats.field('discord').fill('a draft');
    expect(await sandbox.stop()).toBe(0);
    await chats.page.locator('#status', { hasText: 'The sandbox has stopped. Start it again' }).waitFor();
    expect(await chats.field('discord').inputValue()).toBe('a draft');
    await chats.field('discord').press('Enter');
    await chats.page.locator('#notice', { hasText: 'The sandbox does not answer.' }).waitFor();
    expect(await chats.field('discord').inputValue()).toBe('a draft');
    // The browser notes every connection that is refused.
    expect(troubles.splice(0).filter((trouble) => !trouble.includes('ERR_'))).toEqual([]);
  });
});
