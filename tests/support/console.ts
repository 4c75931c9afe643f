import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { type Installation, install } from './processes.ts';
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

export async function installConsole(world: World, redisUrl: string, env: Readonly<Record<string, string>> = {}): Promise<WithConsole> {
  const bridge = await install({
    world,
    redisUrl,
    processes: ['ingress,gateway,router,sender', 'console'],
    env: { CONSOLE_PORT: '0', CONSOLE_PASSWORD: password, ...env },
  });
  const urlOf = () => /"url":"(http:[^"]+)"[^\n]*the console is open/.exec(bridge.processes[1]?.output() ?? '')?.[1];
  await until(() => urlOf() !== undefined, { why: () => `the console did not open\n${bridge.processes[1]?.output().slice(-2_000)}` });
  const url = urlOf() ?? '';
  return {
    bridge,
    url,
    password,
    logIn: async (browser, options = {}) => {
      const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, reducedMotion: 'reduce', ...options });
      context.setDefaultTimeout(30_000);
      const page = await context.newPage();
      await page.goto(url);
      await page.getByLabel('Password').fill(password);
      await page.keyboard.press('Enter');
      await page.locator('#platforms th').first().waitFor();
      return page;
    },
  };
}
