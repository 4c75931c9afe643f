import { randomBytes } from 'node:crypto';
import { ownPort } from '@bridge/testing';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { type InstallOptions, type Installation, install } from './processes.ts';
import { until } from './until.ts';
import type { World } from './world.ts';

/** A whole bridge with a console that one logs in to. */
export interface WithConsole {
  readonly bridge: Installation;
  readonly url: string;
  readonly password: string;
  /** A page behind the login. */
  logIn(browser: Browser, options?: BrowserContextOptions): Promise<Page>;
}

const password = 'only for these tests';

export async function installConsole(world: World, redisUrl: string, options: Partial<InstallOptions> = {}): Promise<WithConsole> {
  const { port } = await ownPort();
  const url = `http://127.0.0.1:${port}`;
  const bridge = await install({
    world,
    redisUrl,
    processes: ['ingress,gateway,router,sender', 'console'],
    ...options,
    env: { CONSOLE_PORT: String(port), CONSOLE_PASSWORD: password, JWT_SECRET: randomBytes(32).toString('hex'), ...options.env },
  });
  await until(async () => (await fetch(`${url}/login`).catch(() => undefined))?.ok === true, {
    why: () => `the console did not open\n${bridge.processes[1]?.output().slice(-2_000)}`,
  });
  return {
    bridge,
    url,
    password,
    logIn: async (browser, options = {}) => {
      const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, reducedMotion: 'reduce', ...options });
      context.setDefaultTimeout(30_000);
      const page = await context.newPage();
      const said: string[] = [];
      page.on('console', (message) => said.push(message.text()));
      page.on('requestfailed', (request) => said.push(`${request.failure()?.errorText} ${request.url()}`));
      await page.goto(url);
      await page.getByLabel('Password').fill(password);
      await page.keyboard.press('Enter');
      await page
        .locator('#platforms th')
        .first()
        .waitFor()
        .catch((error: unknown) => {
          throw new Error(`the console showed nothing: ${said.join('; ')}\n${bridge.processes.at(-1)?.output().slice(-2_000)}`, {
            cause: error,
          });
        });
      return page;
    },
  };
}
