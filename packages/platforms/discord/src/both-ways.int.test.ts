import { conversationId, platformId, userId } from '@bridge/core';
import type { BridgeEvent, Command, DeliveryId, MessageId, Sender } from '@bridge/core';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { identityOf } from './config.ts';
import { type GatewayBench, ana, room, startGatewayBench } from './fixtures/gateway-bench.ts';
import { token } from './fixtures/payloads.ts';
import { parseRaw } from './parse.ts';
import { createApi } from './rest.ts';
import { createSender } from './send.ts';

/** A message has one id, whether the sender's receipt or the gateway's event tells it: copies are found by it. */
let bench: GatewayBench;
let sender: Sender;
const identity = identityOf({ token, applicationId: undefined });
beforeEach(async () => {
  bench = await startGatewayBench();
  const { states } = bench.start();
  await expect.poll(() => states.at(-1)?.state).toBe('connected');
  sender = createSender({ api: createApi({ token, apiUrl: bench.sim.url }), identity, mode: 'puppets' });
});
afterEach(async () => {
  await sender.close();
  await bench.close();
});

let deliveries = 0;
async function send(text: string, fields: { readonly thread?: MessageId; readonly conversation?: string } = {}): Promise<MessageId> {
  const { conversation = room, ...rest } = fields;
  const command: Command = {
    type: 'send',
    delivery: `b${(deliveries += 1)}` as DeliveryId,
    step: 0,
    ambiguous: false,
    conversation: conversationId(conversation),
    author: { id: userId('u'), name: 'bo', displayName: 'Bo', isBot: false },
    origin: platformId('telegram'),
    label: 'Bo (Telegram)',
    body: [{ type: 'paragraph', children: [{ type: 'text', text }] }],
    files: [],
    ...rest,
  };
  return (await sender.deliver(command, new AbortController().signal)).message;
}
const events = (): BridgeEvent[] =>
  bench.accepted.flatMap((event) => {
    const parsed = parseRaw(event, identity);
    return parsed.kind === 'events' ? parsed.events : [];
  });
const nth = async (count: number): Promise<BridgeEvent | undefined> => {
  await expect.poll(() => events().length).toBe(count);
  return events()[count - 1];
};
const bare = (message: MessageId): string => message.split('/').at(-1) ?? '';

describe('in a thread that hangs on a message of a bridged channel', () => {
  test('people and puppets write under the same thread, and to each other', async () => {
    const root = await send('root');
    const within = await send('within', { thread: root });
    const reply = { room, thread: root, author: ana, text: 'yes', replyTo: bare(within) };
    const { id } = bench.sim.post(reply);
    const heard = await nth(1);
    expect(heard).toMatchObject({ thread: { root }, replyTo: { message: within }, channel: { parent: room } });
    // What the router makes of it, and sends back.
    expect(await send('and', { thread: heard?.message ?? root })).toBe(`${root}/${bench.sim.messages(root).at(-1)?.id}`);
    bench.sim.edit({ room, message: id, text: 'no' });
    expect((await nth(2))?.message).toBe(heard?.message);
    bench.sim.react({ room, message: bare(within), author: ana, emoji: '👍' });
    expect(await nth(3)).toMatchObject({ type: 'reaction.added', message: within });
    bench.sim.remove({ room, message: bare(within) });
    expect(await nth(4)).toMatchObject({ type: 'message.deleted', message: within });
  });

  test('the root is the same when a person wrote it', async () => {
    bench.say('root');
    const root = await nth(1);
    const within = await send('within', root === undefined ? {} : { thread: root.message });
    expect(within.split('/')[0]).toBe(root?.message);
    expect(bench.sim.messages(room).at(-1)).toMatchObject({ text: 'within', thread: root?.message });
  });
});

test('in a thread that is announced and hangs on no message', async () => {
  const thread = bench.sim.startThread({ room, author: ana, name: 'plans' });
  const root = await nth(1);
  expect(root).toMatchObject({ notice: 'event', message: thread, content: { text: 'started a thread: plans' } });
  const within = await send('within', root === undefined ? {} : { thread: root.message });
  expect(within).toBe(`${thread}/${bare(within)}`);
  bench.sim.post({ room: thread, author: ana, text: 'yes' });
  expect(await nth(2)).toMatchObject({ thread: { root: root?.message, name: 'plans' } });
});

test('in a thread that is bridged by itself', async () => {
  const root = bench.say('root');
  const thread = bench.sim.startThread({ room, author: ana, name: 'plans', message: root });
  const message = await send('within', { conversation: thread });
  bench.sim.react({ room: thread, message: bare(message), author: ana, emoji: '👍' });
  expect(await nth(2)).toMatchObject({ message, channel: { id: thread } });
});
