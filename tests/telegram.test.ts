import { createHash, randomUUID } from 'node:crypto';
import type { SimFile } from '@bridge/simulators';
import { afterAll, describe, expect, test } from 'vitest';
import { setInstalled } from './support/installed.ts';
import { until } from './support/until.ts';
import type { PlatformName } from './support/world.ts';

const here = setInstalled();
afterAll(() => expect(here.world.simulators.telegram.violations).toEqual([]));
const { room, shown, matching: said } = here;

const post = (platform: PlatformName, text: string, more: { readonly files?: readonly SimFile[]; readonly replyTo?: string } = {}) =>
  here.world.simulators[platform].post({ room: room(platform), author: here.world.people[platform], text, ...more });
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

const png = (fill: number, size = 5_000): SimFile => {
  const bytes = Buffer.alloc(size, fill);
  bytes.set([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return { kind: 'image', name: `cat-${fill}.png`, mime: 'image/png', bytes };
};

describe('from Discord to Telegram', () => {
  test('a picture is a photo with its words as the caption, byte for byte', async () => {
    const file = png(1);
    post('discord', 'look at this', { files: [file] });
    await until(() => said('telegram', 'look at this').length === 1);
    expect(said('telegram', 'look at this')).toMatchObject([
      { text: 'Kai (Discord)\nlook at this', files: [{ kind: 'photo', sha256: sha256(file.bytes) }] },
    ]);
  });

  test('several pictures are one album', async () => {
    const files = [png(2), png(3), png(4)];
    post('discord', 'three of them', { files });
    await until(() => shown('telegram').filter(({ files: all = [] }) => all.length > 0).length >= 4);
    const album = shown('telegram').slice(-3);
    expect(album.map(({ files: all = [] }) => all[0]?.sha256)).toEqual(files.map(({ bytes }) => sha256(bytes)));
    expect(new Set(album.map(({ source }) => Object(source).mediaGroup)).size).toBe(1);
  });

  test('a reply is a reply, and an edited caption leaves the file alone', async () => {
    const first = post('discord', 'caption one', { files: [png(5)] });
    await until(() => said('telegram', 'caption one').length === 1);
    const [copy] = said('telegram', 'caption one');
    post('discord', 'an answer to it', { replyTo: first.id });
    await until(() => said('telegram', 'an answer to it').length === 1);
    expect(said('telegram', 'an answer to it')[0]?.replyTo).toBe(copy?.id);
    here.world.simulators.discord.edit({ room: room('discord'), message: first.id, text: 'caption two' });
    await until(() => said('telegram', 'caption two').length === 1);
    expect(said('telegram', 'caption two')[0]).toMatchObject({ id: copy?.id, files: copy?.files });
  });
});

describe('from Telegram', () => {
  // Only time tells what belongs to an album: a machine that stands still for long enough between two parts tears it.
  test.each<PlatformName>(['discord', 'cometchat'])('an album is one message on %s', { retry: 1 }, async (target) => {
    const files = [png(10), png(11)];
    const words = `trip ${randomUUID()}`;
    post('telegram', words, { files });
    await until(() => said(target, words).length === 1);
    expect(said(target, words)[0]?.files?.length).toBe(2);
  });

  test('what is larger than a bot may fetch is told in words', async () => {
    post('telegram', 'a large one', { files: [{ ...png(12, 21_000_000), kind: 'file', name: 'large.bin' }] });
    await until(() => said('discord', 'large.bin').length === 1);
    expect(said('discord', 'large.bin')[0]?.text).toMatch(/larger than .* can be carried/);
  });

  test('a reaction stands on the message over there, and one from there here', async () => {
    const message = post('telegram', 'react to me');
    await until(() => said('discord', 'react to me').length === 1);
    here.world.simulators.telegram.react({ room: room('telegram'), message: message.id, author: here.world.people.telegram, emoji: '👍' });
    await until(() => (said('discord', 'react to me')[0]?.reactions ?? []).length === 1);
    const copy = said('discord', 'react to me')[0]?.id ?? '';
    here.world.simulators.discord.react({ room: room('discord'), message: copy, author: here.world.people.discord, emoji: '🔥' });
    await until(() => (said('telegram', 'react to me')[0]?.reactions ?? []).length === 2);
    expect(
      said('telegram', 'react to me')[0]
        ?.reactions?.map(({ emoji }) => emoji)
        .toSorted(),
    ).toEqual(['👍', '🔥'].toSorted());
  });
});

test('a group that becomes a supergroup goes on, both ways, with bridges.yaml as it was', async () => {
  const { telegram } = here.world.simulators;
  const moved = telegram.upgradeToSupergroup(room('telegram'));
  const there = (text: string) => telegram.messages(moved).filter((message) => message.text.includes(text));
  telegram.post({ room: moved, author: here.world.people.telegram, text: 'from the new place' });
  await until(() => said('discord', 'from the new place').length === 1);
  post('discord', 'to the new place');
  await until(() => there('to the new place').length === 1);
  expect(said('telegram', 'to the new place')).toEqual([]);
});
