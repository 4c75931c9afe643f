import { conversationId, userId } from '@bridge/core';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { identityOf } from './config.ts';
import { Directory } from './directory.ts';
import { type GatewayBench, ana, other, room, startGatewayBench } from './fixtures/gateway-bench.ts';
import { token } from './fixtures/payloads.ts';
import { createApi } from './rest.ts';
import { createSender } from './send.ts';
import { typingIn } from './typing.ts';

const identity = identityOf({ token, applicationId: undefined });
let bench: GatewayBench;
beforeEach(async () => {
  bench = await startGatewayBench();
  const { states } = bench.start();
  await expect.poll(() => states.at(-1)?.state).toBe('connected');
});
afterEach(async () => bench.close());

test('a person who writes is told of, in the channel of a thread too, and the bridge that shows it is not', async () => {
  const sender = createSender({ api: createApi({ token, apiUrl: bench.sim.url }), identity, mode: 'puppets' });
  const thread = bench.sim.startThread({ room, author: ana, name: 'plans' });
  await sender.showTyping?.(conversationId(room), AbortSignal.timeout(20_000));
  bench.sim.type({ room: other, author: ana });
  bench.sim.type({ room: thread, author: ana });
  await expect.poll(() => bench.typed.length).toBe(2);
  const author = { id: userId(ana), displayName: 'Ana' };
  expect(bench.typed).toMatchObject([
    { conversation: other, author },
    { conversation: room, author },
  ]);
  expect(bench.sim.calls.filter(({ path }) => path.endsWith('/typing')).map(({ status }) => status)).toEqual([204]);
  await sender.close();
});

test('what is of another shape, of a program, or of nobody who is known, is nothing', () => {
  const given = { channel_id: room, user_id: ana, member: { user: { id: ana, username: 'ana' } } };
  const read = (d: unknown) => typingIn(d, { identity, directory: new Directory() });
  expect(read(given)).toEqual({ conversation: room, author: { id: ana, name: 'ana', displayName: 'ana' } });
  const program = { ...given, member: { user: { id: ana, username: 'ana', bot: true } } };
  for (const d of [undefined, null, {}, program, { ...given, member: undefined }, { ...given, member: {} }, { ...given, channel_id: 'x' }])
    expect(read(d)).toBeUndefined();
});
