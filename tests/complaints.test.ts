import type { SimMessage } from '@bridge/simulators';
import { describe, expect, test } from 'vitest';
import { digestOf, fileOf, fresh } from './matrix/stage.ts';
import { setInstalled } from './support/installed.ts';
import { until } from './support/until.ts';
import { type PlatformName, platformNames } from './support/world.ts';

/**
 * What people complain of about bridges like this one, a test per line and direction, named after the complaint. What concerns
 * one platform's own names and limits is tested beside that platform.
 */
const here = setInstalled();
const { room, shown } = here;

const copies = (platform: PlatformName, text: string): readonly SimMessage[] =>
  shown(platform).filter((one) => one.viaApi && one.text.includes(text));
const told = (platform: PlatformName): string => JSON.stringify(shown(platform).slice(-3));
async function arrived(target: PlatformName, text: string): Promise<SimMessage> {
  await until(() => copies(target, text).length > 0, { why: () => `“${text}” on ${target}: ${told(target)}` });
  return copies(target, text)[0] ?? expect.fail('it is gone again');
}
const post = (from: PlatformName, text: string, more: object = {}): SimMessage =>
  here.world.simulators[from].post({ room: room(from), author: here.world.people[from], text, ...more });
/** A message and its copy. */
async function carried(from: PlatformName, target: PlatformName, what: string, more: object = {}) {
  const original = post(from, fresh(what), more);
  return { original, copy: await arrived(target, original.text) };
}
const edit = (from: PlatformName, { id: message }: SimMessage, text: string) =>
  here.world.simulators[from].edit({ room: room(from), message, text });
const picture = () => fileOf('image', 'cat.png', 'image/png');
const loaded = ({ files = [] }: SimMessage): readonly string[] => files.map(({ sha256 }) => sha256).filter((sha256) => sha256 !== '');

/** Formatting as each platform's people write it; CometChat has none. */
const formatted: Partial<Record<PlatformName, (style: Style, text: string) => object>> = {
  discord: (style, text) => ({ text: `${styles[style].sign}${text}${styles[style].sign}` }),
  telegram: (style, text) => ({ text, entities: [{ type: style, offset: 0, length: text.length }] }),
};
const styles = { bold: { sign: '**' }, underline: { sign: '__' }, spoiler: { sign: '||' } } as const;
type Style = keyof typeof styles;

const directions = platformNames.flatMap((from) => platformNames.filter((target) => target !== from).map((target) => ({ from, target })));

describe.each(directions)('from $from to $target', ({ from, target }) => {
  test('“reactions are not carried”', async () => {
    const { original, copy } = await carried(from, target, 'react to this');
    here.world.simulators[from].react({ room: room(from), message: original.id, author: here.world.people[from], emoji: '👍', on: true });
    await until(() => shown(target).find(({ id }) => id === copy.id)?.reactions?.[0]?.emoji === '👍', { why: () => told(target) });
  });

  test('“attachments arrive as URLs”', async () => {
    const file = picture();
    const { copy } = await carried(from, target, 'look at this', { files: [file] });
    expect(copy.text).not.toMatch(/https?:/);
    const now = () => shown(target).find(({ id }) => id === copy.id) ?? copy;
    await until(() => loaded(now()).length > 0, { why: () => told(target) });
    expect(loaded(now())).toEqual([digestOf(file)]);
  });

  test('“an edit of a caption posts the file again”', async () => {
    const { original, copy } = await carried(from, target, 'a caption', { files: [picture()] });
    const count = shown(target).length;
    const better = fresh('a better caption');
    edit(from, original, better);
    expect(await arrived(target, better)).toMatchObject({ id: copy.id, files: [{}] });
    expect(shown(target)).toHaveLength(count);
  });

  test('“a reply loses who wrote it”', async () => {
    const { original, copy } = await carried(from, target, 'a question');
    const reply = await carried(from, target, 'an answer', { replyTo: original.id });
    // The same name, picture and all, as any other message of theirs; and what it answers is seen.
    expect([reply.copy.author.name, reply.copy.author.avatarUrl]).toEqual([copy.author.name, copy.author.avatarUrl]);
    expect(reply.copy.replyTo === copy.id || reply.copy.text.includes(original.text)).toBe(true);
  });

  test('“@everyone pings”', async () => {
    const words = fresh('look');
    post(from, `@everyone and @here, ${words}`);
    const copy = await arrived(target, words);
    const call = here.world.simulators[target].calls.findLast(({ body }) => JSON.stringify(body)?.includes('everyone'));
    if (target === 'discord') expect(call?.body).toMatchObject({ allowed_mentions: { parse: [] } });
    else expect(JSON.stringify(copy.source)).not.toMatch(/"(?:text_)?mention"|<@/);
  });

  // Only time tells what belongs to an album of Telegram's: a machine that stands still between two parts tears it.
  test('“albums are split”', { retry: 1 }, async () => {
    const files = [picture(), picture(), picture()];
    const count = shown(target).length;
    const { copy } = await carried(from, target, 'three of them', { files });
    const since = () => shown(target).slice(count);
    await until(() => since().flatMap(loaded).length === 3, { why: () => told(target) });
    expect(since().flatMap(loaded)).toEqual(files.map(digestOf));
    const groups = new Set(since().map(({ source, id }) => String(Object(source).mediaGroup ?? id)));
    expect([groups.size, since()[0]?.id]).toEqual([1, copy.id]);
  });

  test('“text over 4096 characters is lost”', async () => {
    const mark = fresh('long');
    // As much as each platform's people can write at once, and more.
    for (const part of [1, 2, 3]) post(from, `${mark} part ${part} ${'words '.repeat(from === 'discord' ? 320 : 660)}end`);
    await until(() => copies(target, `${mark} part 3`).length > 0, { why: () => told(target) });
    const all = () =>
      shown(target)
        .map(({ text }) => text)
        .join(' ');
    await until(() => (all().match(/\bend\b/g) ?? []).length >= 3, { why: () => told(target) });
    for (const part of [1, 2, 3]) expect(copies(target, `${mark} part ${part}`)).toHaveLength(1);
  });
});

describe.each(directions.flatMap(({ from, target }) => (formatted[from] === undefined ? [] : [{ from, target, write: formatted[from] }])))(
  '“bold becomes italic, underline and spoilers are lost” from $from to $target',
  ({ from, target, write }) => {
    test.each(['bold', 'underline', 'spoiler'] as const)('%s', async (style) => {
      const words = fresh('styled').replace('.', '');
      post(from, words, write(style, words));
      const copy = await arrived(target, words);
      const source: { readonly content?: string; readonly entities?: readonly { readonly type: string }[] } = Object(copy.source);
      if (target === 'discord') expect(source.content).toContain(`${styles[style].sign}${words}${styles[style].sign}`);
      else if (target === 'telegram') expect(source.entities?.at(-1)?.type).toBe(style);
      // It has no formatting, and no signs of it either.
      else expect(copy.text).toBe(words);
    });
  },
);

describe('“polls, forwards, embeds, stickers and round videos are dropped”', () => {
  test.each(['cometchat', 'discord'] as const)('from Telegram to %s', async (target) => {
    const { telegram } = here.world.simulators;
    const update = (more: object) => ({
      message: {
        message_id: 900_000 + Math.floor(Math.random() * 90_000),
        date: Math.floor(Date.now() / 1000),
        chat: { id: Number(room('telegram')), type: 'supergroup', title: 'room 0' },
        from: { id: Number(here.world.people.telegram), is_bot: false, first_name: 'Lin' },
        ...more,
      },
    });
    const question = fresh('tea');
    telegram.injectUpdate(update({ poll: { id: '1', question, options: [{ text: 'yes', voter_count: 0 }] } }));
    expect((await arrived(target, question)).text).toContain('yes');
    const news = fresh('news');
    telegram.injectUpdate(update({ text: news, forward_origin: { type: 'hidden_user', sender_user_name: 'Somebody', date: 1 } }));
    expect((await arrived(target, news)).text).toContain('Forwarded from Somebody');
    const place = fresh('a place');
    telegram.injectUpdate(update({ venue: { location: { latitude: 1, longitude: 2 }, title: place, address: 'a street' } }));
    expect((await arrived(target, place)).text).toContain('a street');
    const moving = fileOf('round-video', 'round.mp4', 'video/mp4');
    post('telegram', '', { files: [moving] });
    await until(() => shown(target).some((one) => loaded(one).includes(digestOf(moving))), { why: () => told(target) });
  });

  test.each(['cometchat', 'telegram'] as const)('from Discord to %s', async (target) => {
    const { discord } = here.world.simulators;
    const written = { room: room('discord'), author: here.world.people.discord };
    const question = fresh('lunch');
    discord.post({
      ...written,
      text: '',
      extra: { poll: { question: { text: question }, answers: [], expiry: null, allow_multiselect: false, layout_type: 1 } },
    });
    await arrived(target, question);
    const title = fresh('title');
    discord.post({ ...written, text: '', embeds: [{ title, description: 'described' }] });
    expect((await arrived(target, title)).text).toContain('described');
    const first = fresh('before');
    const { id } = post('discord', first);
    await arrived(target, first);
    discord.post({ ...written, text: '', forward: id });
    await until(() => copies(target, first).some(({ text }) => text.includes('Forwarded')), { why: () => told(target) });
    const sticker = fileOf('sticker', 'wave', 'image/png');
    post('discord', '', { files: [sticker] });
    await until(() => shown(target).some((one) => loaded(one).includes(digestOf(sticker))), { why: () => told(target) });
  });
});

test('“after a restart an edit is posted again”, in all directions', async () => {
  const texts = new Map<PlatformName, { readonly original: SimMessage; readonly ids: ReadonlyMap<PlatformName, string> }>();
  for (const from of platformNames) {
    const original = post(from, fresh(`before the restart on ${from}`));
    const ids = new Map<PlatformName, string>();
    for (const target of platformNames) if (target !== from) ids.set(target, (await arrived(target, original.text)).id);
    texts.set(from, { original, ids });
  }
  const [process] = here.bridge.processes;
  process?.kill('SIGTERM');
  await process?.exit;
  here.bridge.add('ingress,gateway,router,sender');
  await until(async () => (await fetch(`${here.bridge.ingress}/health`).catch(() => undefined))?.ok === true);
  const counts = new Map(platformNames.map((platform) => [platform, shown(platform).length]));
  for (const [from, { original, ids }] of texts) {
    const better = fresh(`after the restart on ${from}`);
    edit(from, original, better);
    for (const [target, id] of ids) expect((await arrived(target, better)).id).toBe(id);
  }
  for (const platform of platformNames) expect(shown(platform)).toHaveLength(counts.get(platform) ?? 0);
});
