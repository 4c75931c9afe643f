import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { type Browser, chromium } from 'playwright-core';

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

/** Set where there is no browser and that was explained; `npm test` does both. */
export const skipBrowserTests = process.env['BROWSER_TESTS'] === 'skip';

/** @throws an Error that says how to get one. */
export async function launchChromium(): Promise<Browser> {
  const chosen = process.env['CHROMIUM_PATH'] ?? '';
  const executablePath = chosen === '' ? installed() : chosen;
  if (executablePath === undefined) {
    throw new Error(
      'No Chromium was found. Install one (sudo apt-get install -y chromium), or set CHROMIUM_PATH, or leave these tests out with BROWSER_TESTS=skip.',
    );
  }
  // It runs as root in containers, and must not talk to anybody but the page.
  const quiet = ['--disable-background-networking', '--disable-component-update', '--disable-sync', '--no-first-run'];
  return chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu', ...quiet] });
}

function installed(): string | undefined {
  const folders = ['/usr/bin', ...(process.env['PATH'] ?? '').split(delimiter)];
  return names.flatMap((name) => folders.map((folder) => join(folder, name))).find((path) => existsSync(path));
}
