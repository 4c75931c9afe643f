import { createHash, randomBytes } from 'node:crypto';
import { type SimFile, type SimMessage } from '@bridge/simulators';
import { describe, expect, test } from 'vitest';
import { setInstalled } from './support/installed.ts';
import { until } from './support/until.ts';
import { type PlatformName, platformNames } from './support/world.ts';

/** What docs/platforms.md promises, cell by cell: written on one simulated platform, looked at on the two others. */
const here = setInstalled();
const { room, shown } = here;

const others = (platform: PlatformName): PlatformName[] => platformNames.filter((other) => other !== platform);
let count = 0;
/** Found again wherever it ends up. */
const fresh = (what: string): string => `${what} ${(count += 1)}.`;

/** What carries a text on a target, as soon as it is there. */
async function arrived(target: PlatformName, text: string): Promise<SimMessage> {
  const found = (): SimMessage | undefined => shown(target).find((message) => message.viaApi && message.text.includes(text));
  await until(() => found() !== undefined, { why: () => `${text} on ${target}: ${JSON.stringify(shown(target).slice(-4))}` });
  const message = found();
  if (message === undefined) throw new Error('it is gone again');
  return message;
}
const now = (target: PlatformName, id: string): SimMessage | undefined => shown(target).find((message) => message.id === id);
const post = (platform: PlatformName, text: string, more: object = {}): SimMessage =>
  here.world.simulators[platform].post({ room: room(platform), author: here.world.people[platform], text, ...more });

/** A picture that no other has the bytes of, with the head of a PNG. */
function picture(name: string): SimFile {
  const head = Buffer.from('89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c489', 'hex');
  return { kind: 'image', name, mime: 'image/png', bytes: Buffer.concat([head, randomBytes(40_000)]) };
}
const digest = ({ bytes }: SimFile): string => createHash('sha256').update(bytes).digest('hex');
/** Everything that a target shows from a message on. */
const filesSince = (target: PlatformName, from: number) =>
  shown(target)
    .slice(from)
    .flatMap((message) => message.files ?? []);

/** CometChat has only links: what is behind one is known once it was opened. */
const loaded = (files: readonly { readonly sha256: string }[]): string[] =>
  files.map(({ sha256 }) => sha256).filter((sha256) => sha256 !== '');

describe.each(platformNames)('written on %s', (source) => {
  test('a reply points at, or quotes, what it answers', async () => {
    const first = post(source, fresh('question'));
    const copies = new Map<PlatformName, SimMessage>();
    for (const target of others(source)) copies.set(target, await arrived(target, first.text));
    const answer = fresh('answer');
    post(source, answer, { replyTo: first.id });
    for (const target of others(source)) {
      const copy = await arrived(target, answer);
      const points = copy.replyTo !== undefined && copy.replyTo === copies.get(target)?.id;
      expect(points || copy.text.includes(first.text), JSON.stringify(copy)).toBe(true);
    }
  });

  test('a reply to a copy answers the original where that was written', async () => {
    const [elsewhere = source] = others(source);
    const first = post(elsewhere, fresh('asked elsewhere'));
    const copy = await arrived(source, first.text);
    const answer = fresh('answered here');
    post(source, answer, { replyTo: copy.id });
    const back = await arrived(elsewhere, answer);
    expect(back.replyTo === first.id || back.text.includes(first.text), JSON.stringify(back)).toBe(true);
  });

  test('a reaction shows, and goes when it is taken back', async () => {
    const message = post(source, fresh('react to this'));
    const copies = new Map<PlatformName, SimMessage>();
    for (const target of others(source)) copies.set(target, await arrived(target, message.text));
    const reaction = { room: room(source), message: message.id, author: here.world.people[source], emoji: '👍' };
    const emojiOn = (target: PlatformName) => (now(target, copies.get(target)?.id ?? '')?.reactions ?? []).map(({ emoji }) => emoji);
    here.world.simulators[source].react({ ...reaction, on: true });
    for (const target of others(source)) await until(() => emojiOn(target).includes('👍'), { why: () => `👍 on ${target}` });
    here.world.simulators[source].react({ ...reaction, on: false });
    for (const target of others(source)) await until(() => !emojiOn(target).includes('👍'), { why: () => `👍 off ${target}` });
  });

  test('a picture arrives with its words, byte for byte', async () => {
    const cat = picture('cat.png');
    const text = fresh('look at my cat');
    const before = new Map(others(source).map((target) => [target, shown(target).length]));
    post(source, text, { files: [cat] });
    for (const target of others(source)) {
      await arrived(target, text);
      const got = () => loaded(filesSince(target, before.get(target) ?? 0));
      await until(() => got().length > 0, { why: () => `the picture on ${target}` });
      expect(got()).toEqual([digest(cat)]);
    }
  });

  test('an album stays together, in its order', async () => {
    const files = [picture('one.png'), picture('two.png'), picture('three.png')];
    const text = fresh('three of them');
    const before = new Map(others(source).map((target) => [target, shown(target).length]));
    post(source, text, { files });
    for (const target of others(source)) {
      const got = () => loaded(filesSince(target, before.get(target) ?? 0));
      await until(() => got().length >= 3, { why: () => `the album on ${target}: ${JSON.stringify(shown(target).slice(-4))}` });
      expect(got()).toEqual(files.map(digest));
      expect(
        shown(target)
          .slice(before.get(target))
          .filter((message) => message.text.includes(text)),
      ).toHaveLength(1);
    }
  });

  test('an edit of the words beside a picture leaves the picture, and posts nothing anew', async () => {
    const text = fresh('caption');
    const before = new Map(others(source).map((target) => [target, shown(target).length]));
    const message = post(source, text, { files: [picture('cat.png')] });
    for (const target of others(source)) await arrived(target, text);
    for (const target of others(source)) await until(() => filesSince(target, before.get(target) ?? 0).length === 1);
    const counts = others(source).map((target) => shown(target).length);
    const better = fresh('better caption');
    here.world.simulators[source].edit({ room: room(source), message: message.id, text: better });
    for (const target of others(source)) {
      await arrived(target, better);
      expect(filesSince(target, before.get(target) ?? 0)).toHaveLength(1);
    }
    expect(others(source).map((target) => shown(target).length)).toEqual(counts);
  });

  test.each(['video', 'audio', 'voice', 'file', 'sticker', 'animation'])('a %s arrives, as a file or in words', async (kind) => {
    const bytes = randomBytes(5_000);
    const mimes: Readonly<Record<string, string>> = {
      video: 'video/mp4',
      audio: 'audio/mpeg',
      voice: 'audio/ogg',
      animation: 'image/gif',
      sticker: 'image/webp',
    };
    const endings: Readonly<Record<string, string>> = { video: 'mp4', audio: 'mp3', voice: 'ogg', animation: 'gif', sticker: 'webp' };
    const name = `${kind}-${(count += 1)}.${endings[kind] ?? 'bin'}`;
    const before = new Map(others(source).map((target) => [target, shown(target).length]));
    post(source, '', { files: [{ kind, name, mime: mimes[kind] ?? 'application/octet-stream', bytes }] });
    for (const target of others(source)) {
      const since = () =>
        shown(target)
          .slice(before.get(target))
          .filter((message) => message.viaApi);
      await until(() => since().length > 0, { why: () => `${name} on ${target}` });
      await until(
        () =>
          filesSince(target, before.get(target) ?? 0).length > 0 ||
          since().some(({ text }) => /Sticker|Voice|File|Video|Audio|GIF/.test(text)),
        {
          why: () => `${name} on ${target}: ${JSON.stringify(since())}`,
        },
      );
    }
  });
});

test('what a moderator takes away on Discord, all reactions or those of one emoji, goes elsewhere too', async () => {
  const { discord } = here.world.simulators;
  const message = post('discord', fresh('react to this, and clear it'));
  const copies = { cometchat: await arrived('cometchat', message.text), telegram: await arrived('telegram', message.text) };
  const emojiOn = (target: 'cometchat' | 'telegram') => (now(target, copies[target].id)?.reactions ?? []).map(({ emoji }) => emoji);
  const react = (emoji: string) =>
    discord.react({ room: room('discord'), message: message.id, author: here.world.people.discord, emoji, on: true });
  react('👍');
  react('🎉');
  await until(() => emojiOn('cometchat').length === 2 && emojiOn('telegram').includes('🎉'));
  discord.clearReactions({ room: room('discord'), message: message.id, emoji: '🎉' });
  await until(() => emojiOn('cometchat').join() === '👍' && emojiOn('telegram').join() === '👍', {
    why: () => `one emoji: ${emojiOn('cometchat').join()} and ${emojiOn('telegram').join()}`,
  });
  discord.clearReactions({ room: room('discord'), message: message.id });
  await until(() => emojiOn('cometchat').length === 0 && emojiOn('telegram').length === 0, { why: () => 'all of them' });
});

test('a thread on Discord is a thread on CometChat, and replies on Telegram; and the other way round', async () => {
  const { discord, cometchat } = here.world.simulators;
  const root = post('discord', fresh('a thread begins here'));
  const there = await arrived('cometchat', root.text);
  const onTelegram = await arrived('telegram', root.text);
  const inside = fresh('inside the thread');
  discord.post({ room: room('discord'), author: here.world.people.discord, text: inside, thread: root.id });
  expect((await arrived('cometchat', inside)).thread).toBe(there.id);
  expect((await arrived('telegram', inside)).replyTo).toBe(onTelegram.id);
  const back = fresh('answered in the thread');
  cometchat.post({ room: room('cometchat'), author: here.world.people.cometchat, text: back, thread: there.id });
  expect((await arrived('discord', back)).thread).toBe(root.id);
  // On Telegram a thread is a chain of replies: who goes on with the chain goes on in the thread.
  const chained = fresh('went on from Telegram');
  post('telegram', chained, { replyTo: (await arrived('telegram', inside)).id });
  expect((await arrived('discord', chained)).thread).toBe(root.id);
  expect((await arrived('cometchat', chained)).thread).toBe(there.id);
  // Who answers its first message does not.
  const beside = fresh('beside the thread');
  post('telegram', beside, { replyTo: onTelegram.id });
  expect((await arrived('discord', beside)).thread).toBeUndefined();
});

test('a thread that begins on CometChat is one on Discord, and replies on Telegram', async () => {
  const root = post('cometchat', fresh('a thread begins on CometChat'));
  const [there, onTelegram] = [await arrived('discord', root.text), await arrived('telegram', root.text)];
  const inside = post('cometchat', fresh('inside it'), { thread: root.id });
  expect((await arrived('discord', inside.text)).thread).toBe(there.id);
  expect((await arrived('telegram', inside.text)).replyTo).toBe(onTelegram.id);
  const chained = fresh('went on from Telegram');
  post('telegram', chained, { replyTo: (await arrived('telegram', inside.text)).id });
  expect((await arrived('discord', chained)).thread).toBe(there.id);
  expect((await arrived('cometchat', chained)).thread).toBe(root.id);
});
