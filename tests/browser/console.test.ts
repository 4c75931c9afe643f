import { readFile } from 'node:fs/promises';
import { type RedisServer, startRedis } from '@bridge/testing';
import type { Browser, BrowserContextOptions, Page, Route } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { launchChromium, skipBrowserTests } from '../support/chromium.ts';
import { type WithConsole, installConsole } from '../support/console.ts';
import { until } from '../support/until.ts';
import { type PlatformName, type World, createWorld } from '../support/world.ts';

vi.setConfig({ testTimeout: 90_000 });

const views = ['working', 'messages', 'failed', 'bridges', 'setup', 'configuration'] as const;

const groupsPath = /\/api\/dead\/groups/;

/** A page on which `deaf = true` keeps it from hearing anything more of its server. */
const deafOnDemand = `
  globalThis.deaf = false;
  globalThis.EventSource = class extends EventSource {
    addEventListener(kind, listener) {
      super.addEventListener(kind, (event) => (deaf ? undefined : listener(event)));
    }
  };`;

/** Answers the groups of dead letters as they are for the moment in which no reason is known yet. */
async function untold(route: Route): Promise<void> {
  const response = await route.fetch();
  const page: { readonly groups: readonly object[] } = await response.json();
  await route.fulfill({ response, json: { ...page, groups: page.groups.map((group) => ({ ...group, why: 'on its way', told: false })) } });
}

describe.skipIf(skipBrowserTests)('the console', () => {
  let redis: RedisServer;
  let world: World;
  let installed: WithConsole;
  let browser: Browser;
  let page: Page;
  /** What no page may do, in the order it was done. */
  const troubles: string[] = [];

  beforeAll(async () => {
    redis = await startRedis();
    world = await createWorld({ bridges: 2 });
    browser = await launchChromium();
    installed = await installConsole(world, redis.url);
    page = await open();
  }, 120_000);

  afterEach(() => expect(troubles.splice(0)).toEqual([]));

  afterAll(async () => {
    await browser?.close();
    await installed?.bridge.stop();
    await world?.close();
    await redis?.stop();
  });

  async function open(options: BrowserContextOptions = {}): Promise<Page> {
    const opened = await installed.logIn(browser, options);
    guard(opened);
    return opened;
  }

  function guard(of: Page): void {
    of.on('request', (request) => {
      const { protocol, hostname } = new URL(request.url());
      if (protocol !== 'data:' && hostname !== '127.0.0.1') troubles.push(`asked ${request.url()}`);
    });
    of.on('response', (response) => (response.status() >= 500 ? troubles.push(`${response.status()} ${response.url()}`) : undefined));
    of.on('console', (message) => (message.type() === 'error' ? troubles.push(message.text()) : undefined));
    of.on('pageerror', (error) => troubles.push(error.message));
  }

  async function openAnother(options: BrowserContextOptions = {}): Promise<Page> {
    const another = await open(options);
    onTestFinished(() => another.context().close());
    return another;
  }

  const check = async (of: Page, name: 'contrast' | 'labels' | 'layout') =>
    of.evaluate<readonly string[]>(await readFile(new URL(`${name}.js`, import.meta.url), 'utf8'));
  const view = (name: (typeof views)[number], of = page) => of.locator(`.views a[href="#${name}"]`).click();
  const write = (platform: PlatformName, text: string, room = 0) =>
    world.simulators[platform].post({ room: world.rooms[room]?.[platform] ?? '', author: world.people[platform], text });
  const arrived = (platform: PlatformName, text: string) =>
    until(() => world.simulators[platform].messages(world.rooms[0]?.[platform] ?? '').some((message) => message.text.includes(text)));
  const cell = (platform: string, label: string) => page.locator(`#platforms tr[data-key="${platform}"] td[data-label="${label}"]`);

  async function find(text: string): Promise<void> {
    await view('messages');
    await page.getByLabel(/^Id, link or whole text/).fill(text);
    await page.keyboard.press('Enter');
  }

  test('tells whoever has no password, or another one, what to do, and lets in who has it', async () => {
    const context = await browser.newContext();
    onTestFinished(() => context.close());
    const stranger = await context.newPage();
    await stranger.goto(`${installed.url}/#failed`);
    expect(new URL(stranger.url()).pathname).toBe('/login');
    // The cursor comes there by itself.
    const cursor = stranger.getByLabel('Password').and(stranger.locator(':focus'));
    await cursor.waitFor();
    await stranger.keyboard.type('guess');
    await stranger.keyboard.press('Enter');
    await stranger.getByRole('alert').filter({ hasText: 'That is not the password.' }).waitFor();
    await cursor.waitFor();
    await stranger.keyboard.type(installed.password);
    await stranger.keyboard.press('Enter');
    await stranger.locator('#platforms th').first().waitFor();
    await stranger.getByRole('button', { name: 'Log out' }).click();
    await stranger.getByLabel('Password').waitFor();
    await stranger.goto(`${installed.url}/`);
    expect(new URL(stranger.url()).pathname).toBe('/login');
  });

  test('shows a message cross, live, and its whole journey', async () => {
    await view('working');
    await page.locator('#problems').getByText('Everything works: 3 platforms, 2 bridges.').waitFor();
    expect(await cell('discord', 'Last out').textContent()).toBe('never');
    write('telegram', 'Is this on? Yes!');
    await cell('discord', 'Last out').locator('time').waitFor();
    await cell('cometchat', 'Last out').locator('time').waitFor();
    await cell('telegram', 'Last in').locator('time').waitFor();
    expect(await cell('telegram', 'Last in').locator('time').getAttribute('title')).toMatch(/\d{2}:\d{2}:\d{2}/);
    await find('is this on? YES!');
    const journey = page.locator('#found .journey');
    await journey.getByText('delivered to').nth(1).waitFor();
    expect(await journey.locator('.steps li').allTextContents()).toEqual([
      '0 msreceived',
      expect.stringMatching(/^\+\d+.*routed to (CometChat, Discord|Discord, CometChat) by the bridge bridge-0$/),
      expect.stringMatching(/delivered to (CometChat|Discord).* as #/),
      expect.stringMatching(/delivered to (CometChat|Discord).* as #/),
    ]);
    const id = world.simulators.telegram.messages(world.rooms[0]?.telegram ?? '').find(({ text }) => text.startsWith('Is this on'))?.id;
    await find(`telegram_${id}`);
    await page.locator('#found-note').getByText('Found 1 message.').waitFor();
    await find('nobody ever wrote this');
    await page.locator('#found-note').getByText('Nothing is known under this.').waitFor();
  });

  test('tells of a platform that refuses, keeps its messages, and brings them when they are retried', async () => {
    const mend = world.simulators.discord.faults.add({ fault: { kind: 'status', status: 403 }, match: /^POST / });
    onTestFinished(mend);
    await view('working');
    for (const n of [1, 2, 3]) write('cometchat', `Refused ${n}`);
    await page.locator('#problems').getByText('3 messages could not be delivered.').waitFor();
    expect(await cell('discord', 'Dead').textContent()).toBe('3');
    await page.getByRole('link', { name: 'See what failed' }).click();
    const group = page.locator('#groups .group');
    await group.getByRole('heading', { name: '3 messages to Discord: forbidden' }).waitFor();
    expect(await group.locator('.where').textContent()).toContain('in the bridge bridge-0');
    mend();
    await group.getByRole('button', { name: 'Show each' }).click();
    const details = group.getByRole('button', { name: 'Details' }).first();
    await details.click();
    await group.getByText('CONSOLE_SHOW_MESSAGES=true shows what people wrote').waitFor();
    await details.click();
    await group.locator('dl').first().waitFor({ state: 'hidden' });
    await group.getByRole('checkbox').nth(2).check();
    await group.getByRole('button', { name: 'Retry the chosen' }).click();
    await page.locator('#notice').getByText('1 message is back at the end of the conversation.').waitFor();
    await arrived('discord', 'Refused 1');
    await page.getByRole('button', { name: 'Retry all 2' }).click();
    for (const n of [2, 3]) await arrived('discord', `Refused ${n}`);
    await page.locator('#failed-note').getByText('Nothing failed.').waitFor();
    await find('refused 2');
    await page.locator('#found .journey').getByText('put back for Discord by a person').waitFor();
    await page.locator('#found .journey summary').getByText('delivered to').waitFor();
  });

  test('discards only after asking, and Escape means no', async () => {
    const mend = world.simulators.telegram.faults.add({ fault: { kind: 'status', status: 400 }, match: /sendMessage/ });
    onTestFinished(mend);
    write('cometchat', 'Not for Telegram');
    await view('failed');
    await page.getByRole('heading', { name: /1 message to Telegram: invalid/ }).waitFor();
    await page.locator('#groups').getByRole('button', { name: 'Discard' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('Discard 1 message for good?').waitFor();
    await page.keyboard.press('Escape');
    expect(await page.locator('#groups .group').count()).toBe(1);
    await page.locator('#groups').getByRole('button', { name: 'Discard' }).click();
    await dialog.getByRole('button', { name: 'Discard' }).click();
    await page.locator('#failed-note').getByText('Nothing failed.').waitFor();
  });

  test('shows what failed also when as many had failed as were settled, and nothing is told of it', async () => {
    const mend = world.simulators.telegram.faults.add({ fault: { kind: 'status', status: 400 }, match: /sendMessage/ });
    onTestFinished(mend);
    const seen = await openAnother();
    await seen.addInitScript({ content: deafOnDemand });
    await seen.reload();
    write('cometchat', 'The first of two');
    await seen.locator('#failed-count').getByText('1', { exact: true }).waitFor();
    await seen.evaluate('deaf = true');
    await view('failed', seen);
    await seen.getByRole('heading', { name: /1 message to Telegram: invalid/ }).waitFor();
    await seen.locator('#groups').getByRole('button', { name: 'Discard' }).click();
    await seen.getByRole('dialog').getByRole('button', { name: 'Discard' }).click();
    await seen.locator('#failed-note').getByText('Nothing failed.').waitFor();
    write('cometchat', 'The second of two');
    await seen.getByRole('heading', { name: /1 message to Telegram: invalid/ }).waitFor();
    mend();
    await seen.locator('#groups').getByRole('button', { name: 'Retry' }).click();
    await arrived('telegram', 'The second of two');
  });

  test('gives a group its reason once that is known, and says so when it is no more what was settled', async () => {
    const mend = world.simulators.telegram.faults.add({ fault: { kind: 'status', status: 400 }, match: /sendMessage/ });
    onTestFinished(mend);
    const seen = await openAnother();
    await view('failed', seen);
    write('cometchat', 'Why not?');
    const known = seen.getByRole('heading', { name: /1 message to Telegram: invalid/ });
    await known.waitFor();
    mend();
    await seen.route(groupsPath, untold);
    await seen.reload();
    await seen.getByRole('heading', { name: '1 message to Telegram: why is not known yet' }).waitFor();
    const retry = seen.locator('#groups').getByRole('button', { name: 'Retry' });
    await retry.click();
    await seen.locator('#notice').getByText('Nothing was retried: this group has changed since.').waitFor();
    // What is open does not change under one's eyes: that there is more to see is offered.
    await seen.locator('#groups').getByRole('button', { name: 'Show each' }).click();
    const offered = seen.locator('#failed-note').getByRole('button', { name: 'Show it as it is now' });
    await offered.waitFor();
    await seen.locator('#groups').getByRole('button', { name: 'Hide each' }).waitFor();
    await seen.unrouteAll({ behavior: 'wait' });
    await offered.click();
    await known.waitFor();
    await retry.click();
    await arrived('telegram', 'Why not?');
    await seen.locator('#failed-note').getByText('Nothing failed.').waitFor();
  });

  test('shows the bridges, what never worked in them, and finds one', async () => {
    await view('bridges');
    await page.locator('#bridge-list .bridge').nth(1).waitFor();
    const [first, second] = [page.getByRole('article', { name: 'bridge-0' }), page.getByRole('article', { name: 'bridge-1' })];
    expect(await first.locator('time').count()).toBeGreaterThan(2);
    expect(await second.locator('.never').count()).toBe(6);
    await page.getByLabel('Name of a bridge or id of a room').fill('bridge-1');
    await first.waitFor({ state: 'detached' });
    await page.getByLabel('Name of a bridge or id of a room').fill('');
    await first.waitFor();
  });

  test('checks the set-up on demand, and says of each finding what to do', async () => {
    world.simulators.telegram.setPrivacyMode(true);
    await view('setup');
    await page.getByRole('button', { name: 'Check now' }).click();
    await page.locator('#doctor-note').filter({ hasText: /fine/ }).filter({ hasNotText: 'Checking' }).waitFor();
    for (const name of ['CometChat', 'Discord', 'Telegram']) await page.locator('#findings').getByRole('heading', { name }).waitFor();
    const telegram = page.getByRole('region', { name: 'Telegram' });
    await telegram.locator('.card', { hasText: 'privacy' }).first().getByText('Fix:').waitFor();
    world.simulators.telegram.setPrivacyMode(false);
    const cometchat = page.getByRole('region', { name: 'CometChat' });
    await cometchat.getByText(/\d checks fine/).click();
    await cometchat.getByText('The REST API of app tests takes the key.').waitFor();
  });

  test('shows the configuration without one secret', async () => {
    await view('configuration');
    const text = (await page.locator('#settings pre').textContent()) ?? '';
    expect(text).toContain('CONSOLE_PASSWORD');
    for (const secret of [...world.secrets, installed.password]) expect(text).not.toContain(secret);
  });

  test('has the BullMQ dashboard behind the same login, with no word of what people wrote', async () => {
    const board = await openAnother();
    await board.goto(`${installed.url}/bullmq/`);
    await board.getByText('outbound-discord-dead').first().waitFor();
    await board.goto(`${installed.url}/bullmq/queue/outbound-discord?status=latest`);
    await board.getByText('outbound-discord').first().waitFor();
    expect(await board.title()).toContain('BullMQ dashboard');
  });

  test('is used with the keyboard alone', async () => {
    const typing = await openAnother();
    await typing.keyboard.press('Tab');
    expect(await typing.evaluate('document.activeElement.textContent')).toBe('To the content');
    await typing.keyboard.press('Tab');
    await typing.keyboard.press('Tab');
    for (const _ of views.slice(0, 3)) await typing.keyboard.press('Tab');
    await typing.keyboard.press('Shift+Tab');
    expect(await typing.evaluate('document.activeElement.getAttribute("href")')).toBe('#failed');
    await typing.keyboard.press('Enter');
    await typing.locator('#failed h2').waitFor();
    expect(await typing.evaluate('document.activeElement.id')).toBe('failed-title');
    expect(await typing.title()).toBe('What failed? · CometChat Integrations');
  });

  test.each(['light', 'dark'] as const)('every text can be read, in %s, and everything has its name', async (colorScheme) => {
    const seen = await openAnother({ colorScheme });
    for (const name of views) {
      await view(name, seen);
      await seen.locator(`#${name} h2`).waitFor();
      await until(async () => !((await seen.locator(`#${name}`).textContent()) ?? '').includes('Looking…'));
      expect([name, (await check(seen, 'contrast')).filter((found) => !found.startsWith('only '))]).toEqual([name, []]);
    }
    expect((await check(seen, 'labels')).filter((found) => !found.startsWith('only '))).toEqual([]);
  });

  test.each([360, 520, 900])('nothing reaches beyond a window of %i pixels', async (width) => {
    const seen = await openAnother({ viewport: { width, height: 740 } });
    for (const name of views) {
      await view(name, seen);
      await seen.locator(`#${name} h2`).waitFor();
      expect([name, (await check(seen, 'layout')).filter((found) => !/visually-hidden|skip|long|THEAD|TR|TH /.test(found))]).toEqual([
        name,
        [],
      ]);
    }
  });

  test('says when it lost its server, and goes on when that is back', async () => {
    const seen = await openAnother();
    await seen.locator('#live[data-state="healthy"]').waitFor();
    installed.bridge.processes[1]?.kill('SIGKILL');
    await seen.locator('#live').getByText('No connection to the console.').waitFor();
    installed.bridge.add('console');
    // Also the session is still good, as JWT_SECRET is the same.
    await seen.locator('#live[data-state="healthy"]').waitFor();
    troubles.length = 0;
  });
});
