import type { SimMessage } from '@bridge/simulators';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Cell, cells } from './matrix/cells.ts';
import { formattings, sentAs, shownAs } from './matrix/formatting.ts';
import { type Stage, digestOf, fileOf, fresh, openStage } from './matrix/stage.ts';
import { until } from './support/until.ts';
import { type PlatformName, platformNames } from './support/world.ts';

/**
 * Every cell of docs/platforms.md, proven over the wire: what is written on one simulated platform is looked at on the one that
 * the cell is about. A cell without a proof, or one that says something else than what is seen, fails.
 */
let stage: Stage;
let old: SimMessage;
beforeAll(async () => {
  stage = await openStage({
    before: (world) => (old = world.simulators.discord.post({ ...placeIn(world), text: 'from before the bridge' })),
  });
});
afterAll(async () => {
  expect(await stage.close()).toEqual([0]);
});
const placeIn = ({ rooms, people }: Stage['world']) => ({ room: rooms[1]?.discord ?? '', author: people.discord });

const post = (platform: PlatformName, text: string, more: object = {}): SimMessage =>
  stage.world.simulators[platform].post({ ...stage.from(platform), text, ...more });
const sim = (platform: PlatformName) => stage.world.simulators[platform];
const roomOf = (platform: PlatformName): string => stage.from(platform).room;
/** Where it is written: Discord has everything, and is its own neighbour too. */
const source: PlatformName = 'discord';

/** A message with its copy on the platform that is looked at. */
async function carried(target: PlatformName, what: string, from: PlatformName = source) {
  const original = post(from, fresh(what));
  return { original, copy: await stage.arrived(target, original.text) };
}

type Proof = (cell: Cell) => Promise<void>;
const shownIn: Readonly<Record<string, Proof>> = {
  'New messages': async ({ platform, says }) => {
    expect(says).toBe('yes');
    for (const from of platformNames) await carried(platform, `new on ${from}`, from);
  },
  Edits: async ({ platform, says }) => {
    expect(says).toBe('yes');
    const { original, copy } = await carried(platform, 'to be edited');
    const better = fresh('edited');
    sim(source).edit({ room: roomOf(source), message: original.id, text: better });
    await stage.becomes(platform, copy.id, (message) => message?.text.includes(better) === true);
  },
  Deletes: async ({ platform, says }) => {
    // Telegram's right to it ends after 48 hours.
    expect(says).toBe(platform === 'telegram' ? 'partly' : 'yes');
    const { original, copy } = await carried(platform, 'to be deleted');
    sim(source).remove({ room: roomOf(source), message: original.id });
    await stage.becomes(platform, copy.id, (message) => message === undefined);
  },
  Replies: async ({ platform, says }) => {
    const { original, copy } = await carried(platform, 'a question');
    const answer = post(source, fresh('an answer'), { replyTo: original.id });
    const reply = await stage.arrived(platform, answer.text);
    if (says === 'yes') expect([reply.replyTo, reply.text.includes(original.text)]).toEqual([copy.id, false]);
    else expect([says, reply.replyTo, reply.text.includes(original.text)]).toEqual(['in words', undefined, true]);
  },
  Threads: async ({ platform, says }) => {
    const { original, copy } = await carried(platform, 'a thread begins');
    const inside = post(source, fresh('inside of it'), { thread: original.id });
    const reply = await stage.arrived(platform, inside.text);
    expect(says === 'yes' ? reply.thread : [says, reply.replyTo]).toEqual(says === 'yes' ? copy.id : ['partly', copy.id]);
  },
  Reactions: async ({ platform, says }) => {
    const { original, copy } = await carried(platform, 'react to this');
    const react = (emoji: string, on: boolean): void =>
      sim(source).react({ room: roomOf(source), message: original.id, author: stage.from(source).author, emoji, on });
    react('👍', true);
    await stage.becomes(platform, copy.id, (message) => message?.reactions?.[0]?.emoji === '👍');
    const by = stage.shown(platform).find(({ id }) => id === copy.id)?.reactions?.[0]?.by ?? '';
    // Everybody's own, or the bot's for all.
    expect([says, by.startsWith('bridge_discord_')]).toEqual(platform === 'cometchat' ? ['yes', true] : ['partly', false]);
    react('👍', false);
    await stage.becomes(platform, copy.id, (message) => message?.reactions?.length === 0);
  },
  'Longest text of one message (longer ones are split)': async ({ platform, says }) => {
    const [, digits = '', unit] = /^([\d,]+) (characters|bytes)$/.exec(says) ?? [];
    const longest = Number(digits.replaceAll(',', ''));
    const words = Array.from({ length: Math.ceil(longest / 6) + 50 }, (_, index) => `${platform[0]}${String(index).padStart(4, '0')}`);
    const mark = fresh('long');
    // CometChat's own may be this long in one message.
    post('cometchat', `${mark} ${words.slice(0, 1_400).join(' ')}`);
    post('cometchat', `${mark} ${words.slice(1_400).join(' ')} ${mark} end`);
    await stage.arrived(platform, `${mark} end`);
    const found = ({ text }: SimMessage): readonly string[] => text.match(new RegExp(`\\b${platform[0]}\\d{4}\\b`, 'g')) ?? [];
    const parts = stage.shown(platform).filter((message) => found(message).length > 0);
    expect(parts.flatMap(found)).toEqual(words);
    for (const { text } of parts) expect(unit === 'bytes' ? Buffer.byteLength(text) : text.length).toBeLessThanOrEqual(longest);
  },
};

const toldBy: Readonly<Record<string, Proof>> = {
  'New messages': async ({ platform, says }) => {
    expect(says).toBe('yes');
    for (const target of platformNames) await carried(target, `told by ${platform}`, platform);
  },
  Edits: async ({ platform, says }) => {
    expect(says).toBe('yes');
    const { original, copy } = await carried('discord', 'edited where it was written', platform);
    const better = fresh('better');
    sim(platform).edit({ room: roomOf(platform), message: original.id, text: better });
    await stage.becomes('discord', copy.id, (message) => message?.text.includes(better) === true);
  },
  Deletes: async ({ platform, says }) => {
    const { original, copy } = await carried('discord', 'deleted where it was written', platform);
    sim(platform).remove({ room: roomOf(platform), message: original.id });
    if (says === 'yes') return stage.becomes('discord', copy.id, (message) => message === undefined);
    expect(says).toBe('no');
    // What is written after it comes after it: nothing is on its way any more.
    await carried('discord', 'after the delete', platform);
    expect(stage.shown('discord').map(({ id }) => id)).toContain(copy.id);
  },
  Reactions: async ({ platform, says }) => {
    expect(says).toBe('yes');
    const { original, copy } = await carried('discord', 'reacted to where it was written', platform);
    const reaction = { room: roomOf(platform), message: original.id, author: stage.from(platform).author, emoji: '👍' };
    sim(platform).react({ ...reaction, on: true });
    await stage.becomes('discord', copy.id, (message) => message?.reactions?.length === 1);
    sim(platform).react({ ...reaction, on: false });
    await stage.becomes('discord', copy.id, (message) => message?.reactions?.length === 0);
  },
};

/** A message as the platform itself has it: markup, entities. */
const markupOf = ({ source: own }: SimMessage): string => String(Object(own).content);
const entitiesOf = ({ source: own, text }: SimMessage): readonly string[] =>
  (Object(own).entities ?? [])
    .filter(({ offset }: { readonly offset: number }) => offset > text.indexOf('\n'))
    .map(({ type }: { readonly type: string }) => type);

async function formatting({ platform, row, says }: Cell): Promise<void> {
  const written = formattings[row];
  if (written === undefined) throw new Error(`nothing says how “${row}” is written and shown`);
  const words = fresh('formatted').replace('.', '');
  post(source, written.markdown(words));
  const copy = await stage.arrived(platform, words);
  const { discord, telegram, telegramText } = written.native;
  if (says === '–' || says === 'in words') {
    // With the author's line before it where the platform has no puppets, and nothing else.
    expect(copy.text.replace(/^Kai \(Discord\)\n/, '')).toBe(says === '–' ? words : written.told(words));
    expect(platform === 'telegram' ? entitiesOf(copy) : []).toEqual([]);
  } else if (platform === 'discord') expect(markupOf(copy)).toContain(discord(words));
  else if (telegram === undefined)
    expect([platform, copy.text]).toEqual(['telegram', expect.stringContaining(telegramText?.(words) ?? 'a form of its own')]);
  else expect([platform, entitiesOf(copy)]).toEqual(['telegram', [telegram]]);
}

/** What comes from Telegram into a room from now on: what was written there before is there already, as order is kept. */
async function watching(platform: PlatformName): Promise<() => readonly SimMessage[]> {
  await carried(platform, 'all before this is there', 'telegram');
  const before = new Set(stage.shown(platform).map(({ id }) => id));
  return () => stage.shown(platform).filter(({ id }) => !before.has(id));
}

// A red pixel.
const webp = Buffer.from('UklGRhwAAABXRUJQVlA4TA8AAAAvAAAAAAcQ/Y/+ByKi/wEA', 'base64');

async function attachment({ platform, row, says }: Cell): Promise<void> {
  const [kind = '', name = '', mime = ''] = sentAs[row] ?? [];
  const expected = shownAs[row]?.[platform];
  if (expected === undefined) throw new Error(`nothing says how “${row}” is sent and shown on ${platform}`);
  expect(says).toBe(expected.lossy === true ? 'partly' : 'yes');
  const made = fileOf(kind, name, mime);
  const file = kind === 'sticker' ? { ...made, bytes: webp } : made;
  const since = await watching(platform);
  post('telegram', '', { files: [file], emoji: '🐈' });
  const shownFiles = () => since().flatMap(({ files = [] }) => files);
  await until(() => (shownFiles()[0]?.sha256 ?? '') !== '', { why: () => `${row} on ${platform}: ${JSON.stringify(since())}` });
  const [shown] = shownFiles();
  expect([shownFiles().length, shown?.kind]).toEqual([1, expected.kind]);
  // A still sticker is a PNG where those are stickers; all else arrives as it was, to the last byte.
  if (kind === 'sticker' && platform !== 'telegram') expect([shown?.name, shown?.mime]).toEqual(['sticker.png', 'image/png']);
  else expect(shown?.sha256).toBe(digestOf(file));
}

/** The answer to a send is lost: nothing is, and where the message can be looked for there is no second one. */
const secondCopies: Proof = async ({ platform, says }) => {
  expect(says).toBe('no');
  const rooms = stage.world.rooms.map((room) => room[platform]).filter((room) => room !== roomOf(source));
  const copiesIn = (room: string, text: string) =>
    sim(platform)
      .messages(room)
      .filter((message) => message.text.includes(text)).length;
  const everywhere = async (what: string) => {
    const { original } = await carried(platform, what);
    await until(() => rooms.every((room) => copiesIn(room, original.text) > 0), { why: () => `${what} in ${rooms.join()}` });
    return original.text;
  };
  // What is still on its way there would meet the fault instead.
  await everywhere('before it');
  const match = { cometchat: /POST \/messages/, discord: /POST \/webhooks/, telegram: /POST \/sendMessage/ }[platform];
  sim(platform).faults.add({ fault: { kind: 'accept-then-reset' }, match, times: rooms.length });
  const text = await everywhere('answered into the void');
  // Nothing overtakes in a room: what is tried again is there by then.
  await everywhere('after it');
  const copies = rooms.map((room) => copiesIn(room, text));
  // One room may meet the fault twice while another one waits its turn.
  if (platform === 'telegram') expect(copies.reduce((sum, count) => sum + count, 0)).toBe(2 * rooms.length);
  else expect(copies).toEqual(rooms.map(() => 1));
};

const proofs: Readonly<Record<string, Readonly<Record<string, Proof>> | Proof>> = {
  'What is shown on': shownIn,
  'What the bridge is told by': toldBy,
  Formatting: formatting,
  Attachments: attachment,
  'Second copies': secondCopies,
};

const proofOf = ({ table, row }: Cell): Proof | undefined => {
  const proof = proofs[table];
  return typeof proof === 'function' ? proof : proof?.[row];
};

test('the matrix is read whole', () => {
  const all = cells();
  expect(all.length).toBeGreaterThan(99);
  for (const platform of platformNames)
    expect(all.filter((cell) => cell.platform === platform)).toHaveLength(all.length / platformNames.length);
});

test.each(cells())('$table $platform: $row – $says', async (cell) => {
  const proof = proofOf(cell);
  if (proof === undefined)
    throw new Error('docs/platforms.md promises this, and nothing proves it: write a proof into tests/matrix.test.ts');
  await proof(cell);
});

describe.each(platformNames)('what cannot be shown as it is, on %s', (platform) => {
  test('a reply to what is from before the bridge quotes it', async () => {
    const answer = post(source, fresh('a late answer'), { replyTo: old.id });
    const reply = await stage.arrived(platform, answer.text);
    expect([reply.replyTo, reply.text.includes(old.text)]).toEqual([undefined, true]);
  });

  test('a reaction with an emoji of one’s own is told in words', async () => {
    const { original } = await carried(platform, 'a message to react to');
    const emoji = `wave_${platform}:1400000000000000001`;
    sim(source).react({ room: roomOf(source), message: original.id, author: stage.from(source).author, emoji, on: true });
    await stage.arrived(platform, `reacted :wave_${platform}:`);
  });

  test.each([
    ['sticker.tgs', 'application/x-tgsticker', /document|file|sticker/],
    ['sticker.webm', 'video/webm', /video|sticker/],
  ])('a moving sticker, %s, is a file with its emoji as the text', async (name, mime, kind) => {
    const sticker = fileOf('sticker', name, mime);
    const since = await watching(platform);
    post('telegram', '', { files: [sticker], emoji: '🐈' });
    await until(() => since().some(({ files = [] }) => (files[0]?.sha256 ?? '') !== ''), { why: () => JSON.stringify(since()) });
    const message = since().find(({ files = [] }) => files.length > 0);
    expect(message?.files).toMatchObject([{ kind: expect.stringMatching(kind), sha256: digestOf(sticker) }]);
    // Where it is a sticker, it speaks for itself.
    if (platform !== 'telegram') expect(message?.text).toBe('🐈');
  });
});
