import type { Locator, Page } from 'playwright-core';
import type { PlatformName } from '../support/world.ts';

/** What a person sees and does on the sandbox page. */
export interface Chats {
  readonly page: Page;
  pane(platform: PlatformName): Locator;
  /** The field that one writes in. */
  field(platform: PlatformName): Locator;
  /** Chooses the person and writes as them. */
  write(platform: PlatformName, person: string, text: string): Promise<void>;
  /** The message with this text; waits for it when something is done with it. */
  message(platform: PlatformName, text: string): Locator;
  /** One of the things to do with a message that a person wrote. */
  button(platform: PlatformName, text: string, name: 'Edit' | 'Delete' | 'Reply to' | `React ${string} to`): Promise<Locator>;
  readonly status: Locator;
  readonly journey: Locator;
}

export function chatsOn(page: Page): Chats {
  const pane = (platform: PlatformName) => page.locator(`.pane[data-platform="${platform}"]`);
  const field = (platform: PlatformName) => pane(platform).locator('.composer textarea');
  const message = (platform: PlatformName, text: string) => pane(platform).locator('.message', { hasText: text });
  return {
    page,
    pane,
    field,
    message,
    write: async (platform, person, text) => {
      await pane(platform).getByRole('radio', { name: person }).check({ force: true });
      await field(platform).fill(text);
      await field(platform).press('Enter');
    },
    button: async (platform, text, name) => {
      await message(platform, text).hover();
      return message(platform, text).getByRole('button', { name: new RegExp(`^${name} `) });
    },
    status: page.locator('#status'),
    journey: page.locator('.journey'),
  };
}
