import { MediaError } from '@bridge/core';
import type { Log, MediaStream, PlatformInstance } from '@bridge/core';
import { startDiscordSimulator } from '@bridge/simulators';
import type { DiscordSimulator } from '@bridge/simulators';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Directory } from './directory.ts';
import { openUrl } from './fixtures/open-url.ts';
import { token } from './fixtures/payloads.ts';
import { rawEventOf } from './gateway-events.ts';
import { platform } from './index.ts';

const silent: Log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
const room = '1200000000000000001';
const ana = '1300000000000000001';
const cat = { kind: 'image', name: 'cat.png', mime: 'image/png', bytes: Buffer.from('0123456789') };
const identity = { applicationId: undefined, own: new Set<string>() };
const go = { signal: new AbortController().signal };

let sim: DiscordSimulator;
let discord: PlatformInstance;
beforeEach(async () => {
  sim = await startDiscordSimulator({ token, people: [{ id: ana, name: 'Ana' }], rooms: [{ id: room, name: 'general' }] });
  discord = platform.create(
    { token, apiUrl: sim.url, senderMode: 'puppets', applicationId: undefined, publicKey: undefined, webhookSecret: undefined },
    { log: silent, requireAuth: true, openUrl },
  );
});
afterEach(async () => {
  await discord.sender.close();
  await sim.close();
});

/** The attachments of a message as its event has them. */
async function attachmentsOf(message: string) {
  const answer = await fetch(`${sim.url}/v10/channels/${room}/messages/${message}`, { headers: { authorization: `Bot ${token}` } });
  const d: unknown = await answer.json();
  const event = rawEventOf({ t: 'MESSAGE_CREATE', d, s: 1 }, { sessionId: 's', at: 0, directory: new Directory(), identity });
  const parsed = event === undefined ? undefined : discord.parse(event);
  if (parsed?.kind !== 'events') throw new Error('no event');
  return parsed.events.flatMap(({ content }) => content.attachments);
}
const post = (fields: object = {}) => sim.post({ room, author: ana, text: 'look', files: [cat], ...fields });
const open = async (handle: string, more: object = {}): Promise<MediaStream> => {
  if (discord.openMedia === undefined) throw new Error('no openMedia');
  return discord.openMedia(handle, { ...go, ...more });
};
async function read(stream: MediaStream): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream.body) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}
const handleOf = async (message: string): Promise<string> => (await attachmentsOf(message))[0]?.handle ?? '';
const problemOf = async (handle: string): Promise<string> => {
  const error: unknown = await open(handle).catch((reason: unknown) => reason);
  if (!(error instanceof MediaError)) throw new Error(`expected a MediaError, got ${String(error)}`);
  expect(error.message).not.toMatch(/https?:/);
  return error.problem;
};

test('a file is opened long after, whole and in part, by a fresh address', async () => {
  const handle = await handleOf(post().id);
  const whole = await open(handle);
  expect([whole.bytes, whole.mime, await read(whole)]).toEqual([10, 'image/png', '0123456789']);
  const part = await open(handle, { range: { first: 2, last: 4 } });
  expect([part.part, await read(part)]).toEqual([{ from: 2, of: 10 }, '234']);
});

test('the message is asked for once for all parts of a file', async () => {
  const handle = await handleOf(post().id);
  const before = sim.calls.length;
  for (let first = 0; first < 5; first += 1) await read(await open(handle, { range: { first } }));
  expect(sim.calls.length - before).toBe(1);
});

test('a forwarded file, a voice message and a sticker are opened too', async () => {
  const voice = await attachmentsOf(
    post({ text: '', files: [{ ...cat, kind: 'voice', name: 'voice-message.ogg', mime: 'audio/ogg' }] }).id,
  );
  expect(voice).toMatchObject([{ kind: 'voice' }]);
  const sticker = await attachmentsOf(post({ text: '', files: [{ ...cat, kind: 'sticker', name: 'wave' }] }).id);
  expect(sticker).toMatchObject([{ kind: 'sticker', name: 'wave.png', alt: 'wave' }]);
  const forwarded = await attachmentsOf(sim.post({ room, author: ana, text: '', forward: post().id }).id);
  for (const handle of [voice, sticker, forwarded].map(([first]) => first?.handle ?? ''))
    expect(await read(await open(handle))).toBe('0123456789');
});

test('what is gone is gone', async () => {
  const { id } = post();
  const handle = await handleOf(id);
  sim.remove({ room, message: id });
  expect(await problemOf(handle)).toBe('gone');
  for (const nonsense of ['', '{}', '{"channel":"../x","message":"1","attachment":"1"}', '[]'])
    expect(await problemOf(nonsense)).toBe('gone');
});

test('what cannot be had now may be had later', async () => {
  const handle = await handleOf(post().id);
  for (const match of [/GET \/channels/, /GET \/attachments/]) {
    sim.faults.add({ fault: { kind: 'status', status: 503 }, match, times: 1 });
    expect(await problemOf(handle)).toBe('unavailable');
  }
  expect(await read(await open(handle))).toBe('0123456789');
});
