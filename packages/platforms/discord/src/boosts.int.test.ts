import {
  type Command,
  conversationId,
  type DeliveryId,
  type FileLimits,
  type Log,
  MediaError,
  platformId,
  refuseUrls,
  type Sender,
  userId,
} from '@bridge/core';
import { type DiscordSimulator, type DiscordSimulatorOptions, startDiscordSimulator } from '@bridge/simulators';
import { afterEach, describe, expect, test } from 'vitest';
import { createBoosts } from './boosts.ts';
import { token } from './fixtures/payloads.ts';
import { platform } from './index.ts';
import { createApi } from './rest.ts';

const silent: Log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
const room = '1200000000000000001';
const thread = '1200000000000000002';
const mebibyte = 1 << 20;
const go = new AbortController().signal;

let close: (() => Promise<void>)[] = [];
afterEach(async () => {
  await Promise.all(close.map(async (end) => end()));
  close = [];
});

async function boosted(
  premiumTier: DiscordSimulatorOptions['premiumTier'] = 0,
): Promise<{ readonly sim: DiscordSimulator; readonly sender: Sender }> {
  const sim = await startDiscordSimulator({
    token,
    premiumTier,
    people: [{ id: '1300000000000000001', name: 'Ana' }],
    rooms: [{ id: room, name: 'general', threads: [{ id: thread, name: 'plans' }] }],
  });
  const { sender } = platform.create(
    { token, apiUrl: sim.url, senderMode: 'puppets', applicationId: undefined, publicKey: undefined, webhookSecret: undefined },
    { log: silent, requireAuth: true, openUrl: refuseUrls },
  );
  close.push(
    async () => sender.close(),
    async () => sim.close(),
  );
  return { sim, sender };
}

const limitsIn = async (sender: Sender, where: string): Promise<FileLimits | undefined> => sender.fileLimits?.(conversationId(where), go);

const video = (size: number): Command => ({
  type: 'send',
  delivery: `v${size}` as DeliveryId,
  step: 0,
  ambiguous: false,
  conversation: conversationId(room),
  author: { id: userId('u1'), name: 'bo', displayName: 'Bo', isBot: false },
  origin: platformId('telegram'),
  label: 'Bo (Telegram)',
  body: [],
  files: [
    {
      kind: 'video',
      name: 'video.mp4',
      mime: 'video/mp4',
      open: async () => Promise.resolve({ body: chunks(size), bytes: size }),
    },
  ],
});

async function* chunks(size: number): AsyncGenerator<Uint8Array> {
  const piece = Buffer.alloc(mebibyte);
  for (let left = size; left > 0; left -= piece.length) yield piece.subarray(0, left);
}

describe.each([
  [0, 20],
  [1, 20],
  [2, 50],
  [3, 100],
] as const)('a server boosted to level %i', (tier, most) => {
  test(`takes files of ${most} MiB, in its threads too`, async () => {
    const { sim, sender } = await boosted(tier);
    for (const where of [room, thread]) expect((await limitsIn(sender, where))?.maxBytes.video).toBe(most * mebibyte);
    await sender.deliver(video(most * mebibyte), go);
    expect(sim.messages(room).flatMap(({ files = [] }) => files.map(({ size }) => size))).toEqual([most * mebibyte]);
    await expect(sender.deliver(video(most * mebibyte + 1), go)).rejects.toBeInstanceOf(MediaError);
  });
});

test('Discord is asked once for many files, and again after an hour', async () => {
  const { sim } = await boosted(2);
  const api = createApi({ token, apiUrl: sim.url });
  let now = 0;
  const boosts = createBoosts(api, () => now);
  const asked = (): number => sim.calls.filter(({ path }) => path === `/guilds/${sim.guildId}`).length;
  await Promise.all([1, 2, 3].map(async () => boosts.limitsOf(sim.guildId, go)));
  now = 3_599_999;
  await boosts.limitsOf(sim.guildId, go);
  expect(asked()).toBe(1);
  now = 3_600_001;
  await boosts.limitsOf(sim.guildId, go);
  expect(asked()).toBe(2);
  api.close();
});

test('a server that the bot is not shown counts as not boosted; one that does not answer is asked again', async () => {
  const { sim, sender } = await boosted(3);
  const api = createApi({ token, apiUrl: sim.url });
  expect((await createBoosts(api).limitsOf('1000000000000000099', go)).maxBytes.video).toBe(20 * mebibyte);
  api.close();
  sim.faults.add({ fault: { kind: 'status', status: 500 }, match: /GET \/guilds/, times: 1 });
  await expect(limitsIn(sender, room)).rejects.toMatchObject({ name: 'DeliveryError', failure: { kind: 'transient' } });
  expect((await limitsIn(sender, room))?.maxBytes.video).toBe(100 * mebibyte);
});
