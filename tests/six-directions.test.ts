import { describe, expect, test } from 'vitest';
import { setInstalled } from './support/installed.ts';
import { until } from './support/until.ts';
import { type PlatformName, platformNames } from './support/world.ts';

const here = setInstalled();
const { room, shown, matching } = here;

const others = (platform: PlatformName) => platformNames.filter((other) => other !== platform);
const names: Readonly<Record<PlatformName, string>> = {
  cometchat: 'Ana (CometChat)',
  discord: 'Kai (Discord)',
  telegram: 'Lin (Telegram)',
};

describe.each(platformNames)('what is written on %s', (source) => {
  const post = (text: string) => here.world.simulators[source].post({ room: room(source), author: here.world.people[source], text });

  test('arrives once on the two others, with its author', async () => {
    const text = `hello from ${source} ☕ 👩‍👩‍👧`;
    post(text);
    for (const target of others(source)) {
      await until(() => matching(target, text).length > 0);
      const [copy] = matching(target, text);
      expect(matching(target, text)).toHaveLength(1);
      expect(`${copy?.author.name}\n${copy?.text}`).toContain(names[source]);
    }
  });

  test('is edited where it went, in place', async () => {
    const message = post(`first ${source}`);
    for (const target of others(source)) await until(() => matching(target, `first ${source}`).length === 1);
    const before = others(source).map((target) => shown(target).length);
    here.world.simulators[source].edit({ room: room(source), message: message.id, text: `second ${source}` });
    for (const target of others(source)) {
      await until(() => matching(target, `second ${source}`).length === 1);
      expect(matching(target, `first ${source}`)).toEqual([]);
    }
    expect(others(source).map((target) => shown(target).length)).toEqual(before);
  });
});

/** Telegram tells bots nothing about deletes, so there is nothing to carry from there. */
test.each<PlatformName>(['cometchat', 'discord'])('what is deleted on %s is deleted where it went', async (source) => {
  const message = here.world.simulators[source].post({ room: room(source), author: here.world.people[source], text: `gone ${source}` });
  for (const target of others(source)) await until(() => matching(target, `gone ${source}`).length === 1);
  here.world.simulators[source].remove({ room: room(source), message: message.id });
  for (const target of others(source)) await until(() => matching(target, `gone ${source}`).length === 0);
});

test('nothing that the bridge wrote comes back', async () => {
  // In a conversation nothing overtakes: what came back would stand before these.
  for (const source of platformNames) {
    here.world.simulators[source].post({ room: room(source), author: here.world.people[source], text: `last ${source}` });
    for (const target of others(source)) await until(() => matching(target, `last ${source}`).length > 0);
  }
  const sent = platformNames.flatMap((platform) =>
    shown(platform)
      .filter((message) => message.viaApi)
      .map((message) => `${platform} ${message.text}`),
  );
  expect(new Set(sent).size).toBe(sent.length);
});
