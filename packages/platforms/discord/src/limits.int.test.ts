import { conversationId, DeliveryError, platformId, refuseUrls, userId } from '@bridge/core';
import type { Command, DeliveryId, Log, Receipt, Sender } from '@bridge/core';
import { startDiscordSimulator } from '@bridge/simulators';
import type { DiscordSimulator } from '@bridge/simulators';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { token } from './fixtures/payloads.ts';
import { platform } from './index.ts';

const silent: Log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
const room = '1200000000000000001';
const thread = '1200000000000000002';
const go = new AbortController().signal;

let sim: DiscordSimulator;
const senders: Sender[] = [];
beforeEach(async () => {
  const rooms = [{ id: room, name: 'general', threads: [{ id: thread, name: 'plans' }] }];
  sim = await startDiscordSimulator({ token, people: [], rooms, limits: true });
});
afterEach(async () => {
  await Promise.all(senders.splice(0).map(async (sender) => sender.close()));
  await sim.close();
});

function process(): Sender {
  const { sender } = platform.create(
    { token, apiUrl: sim.url, senderMode: 'puppets', applicationId: undefined, publicKey: undefined, webhookSecret: undefined },
    { log: silent, requireAuth: true, openUrl: refuseUrls },
  );
  senders.push(sender);
  return sender;
}
let deliveries = 0;
const send = (conversation = room): Command => ({
  type: 'send',
  delivery: `l${(deliveries += 1)}` as DeliveryId,
  step: 0,
  ambiguous: false,
  conversation: conversationId(conversation),
  author: { id: userId('u'), name: 'bo', displayName: 'Bo', isBot: false },
  origin: platformId('telegram'),
  label: 'Bo (Telegram)',
  body: [{ type: 'paragraph', children: [{ type: 'text', text: 'x' }] }],
  files: [],
});

test('the last call of a bucket says so, under a key that a thread shares with its channel', async () => {
  const sender = process();
  // However slow the machine: some call is the last of its two seconds.
  let exhausted: Receipt['exhausted'];
  for (let count = 0; exhausted === undefined; count += 1)
    ({ exhausted } = await sender.deliver(send(count % 2 === 0 ? room : thread), go));
  const { key, forMs } = exhausted;
  expect(forMs).toBeGreaterThan(0);
  expect(forMs).toBeLessThanOrEqual(2_000);
  for (const conversation of [room, thread]) expect(sender.limits?.(conversationId(conversation)).map((limit) => limit.key)).toContain(key);
});

test('who goes on all the same is held, for as long as it takes, and nothing is lost', async () => {
  // Two processes, each of which knows only what it was told itself.
  const both = [process(), process()];
  for (const sender of both) await sender.deliver(send(), go);
  const results = await Promise.allSettled(Array.from({ length: 30 }, async (_, index) => both[index % 2]?.deliver(send(), go)));
  const refused = results.flatMap((result) => (result.status === 'rejected' ? [result.reason as unknown] : []));
  expect(refused.length).toBeGreaterThan(0);
  for (const error of refused) {
    if (!(error instanceof DeliveryError)) throw new Error(`expected a DeliveryError, got ${String(error)}`);
    expect(error.failure).toMatchObject({ kind: 'rate-limited', scope: 'conversation' });
    expect(error.failure.kind === 'rate-limited' && error.failure.retryAfterMs).toBeGreaterThan(0);
  }
  expect(sim.messages(room)).toHaveLength(32 - refused.length);
});
