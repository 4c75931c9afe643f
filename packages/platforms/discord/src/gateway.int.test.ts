import { setTimeout as sleep } from 'node:timers/promises';
import type { RawEvent } from '@bridge/core';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { token } from './fixtures/payloads.ts';
import { type GatewayBench, ana, connected, other, room, startGatewayBench } from './fixtures/gateway-bench.ts';

let bench: GatewayBench;
beforeEach(async () => void (bench = await startGatewayBench()));
afterEach(async () => bench.close());

const heard = async (...expected: readonly string[]): Promise<void> =>
  void (await expect.poll(() => bench.texts(), { interval: 5 }).toEqual(expected));
const savedSequence = (): number | undefined => (bench.stored === undefined ? undefined : JSON.parse(bench.stored).sessions[0]?.sequence);

/**
 * The library itself would come back half a second after a close. By then a timer of this test's that was set later has fired, and
 * what the library had begun is over when a connection that was begun after it is made.
 */
async function pastComingBack(): Promise<void> {
  await sleep(800);
  const later = await startGatewayBench();
  await connected(later.start());
  await later.close();
}

describe('events', () => {
  test('of every kind that changes a message, and no others', async () => {
    await connected(bench.start());
    const message = bench.say('one');
    bench.sim.unfurl({ room, message });
    bench.sim.edit({ room, message, text: 'two' });
    // The same edit told again: it has the same key, and is dropped as a duplicate.
    bench.sim.unfurl({ room, message });
    bench.sim.react({ room, message, author: ana, emoji: '👍' });
    bench.sim.react({ room, message, author: ana, emoji: '👍', on: false });
    const [two, three] = [bench.say('x'), bench.say('y')];
    bench.sim.remove({ room, message });
    bench.sim.removeMany({ room, messages: [two, three] });
    await expect.poll(() => bench.accepted.length).toBe(9);
    expect(bench.texts()).toEqual([
      'one',
      'message.edited',
      'message.edited',
      'reaction.added',
      'reaction.removed',
      'x',
      'y',
      'message.deleted',
      'message.deleted',
      'message.deleted',
    ]);
    expect(new Set(bench.accepted.map(({ eventKey }) => eventKey)).size).toBe(8);
    expect(bench.ignored.filter((reason) => reason !== 'no-message')).toEqual(['link-unfurl']);
  });

  test('carry the name of their channel', async () => {
    await connected(bench.start());
    bench.say('hi');
    await expect.poll(() => bench.accepted[0]?.raw).toMatchObject({ t: 'MESSAGE_CREATE', channel: { name: 'general', thread: false } });
  });

  test('of a thread carry the channel that it hangs on, and keep its order', async () => {
    await connected(bench.start());
    const root = bench.say('root');
    const thread = bench.sim.startThread({ room, author: ana, name: 'plans', message: root });
    bench.sim.post({ room, author: ana, text: 'within', thread });
    await expect.poll(() => bench.accepted.length).toBe(3);
    expect(bench.accepted.map(({ conversation }) => conversation)).toEqual([room, room, room]);
    expect(bench.accepted[2]?.raw).toMatchObject({ channel: { name: 'plans', thread: true, parent: room } });
  });

  test('of a channel that a resumed session has not told of are asked for, once', async () => {
    const root = bench.say('root');
    const thread = bench.sim.startThread({ room, author: ana, name: 'plans', message: root });
    const first = bench.start();
    await connected(first);
    // The thread has been read on, or the next process would do it, and is told of it first.
    await expect.poll(() => savedSequence() === bench.sim.gateway.sessions[0]?.sequence).toBe(true);
    await first.stop();
    bench.accepted = [];
    bench.sim.faults.add({ fault: { kind: 'status', status: 500 }, match: /GET \/channels\/\d+$/, times: 1 });
    const texted = ['one', 'two', 'three'];
    for (const text of texted) bench.sim.post({ room, author: ana, text, thread });
    const second = bench.start();
    await heard(...texted);
    expect(bench.sim.gateway.resumes).toBe(1);
    expect(bench.accepted.map(({ conversation }) => conversation)).toEqual([room, room, room]);
    expect(bench.accepted[0]?.raw).toMatchObject({ channel: { name: 'plans', thread: true, parent: room } });
    expect(bench.sim.calls.filter(({ path, status }) => /^\/channels\/\d+$/.test(path) && status === 200)).toHaveLength(2);
    await second.stop();
  });

  test('of a channel that cannot be asked about come all the same', async () => {
    const first = bench.start();
    await connected(first);
    await first.stop();
    bench.sim.faults.add({ fault: { kind: 'status', status: 500 }, match: /GET \/channels/ });
    bench.say('hi');
    bench.start();
    await heard('hi');
    expect(bench.accepted[0]).toMatchObject({ conversation: room });
  });

  test('of one conversation wait for each other and for no other', async () => {
    const gate = Promise.withResolvers<void>();
    const emit = async (event: RawEvent): Promise<void> => {
      if (event.conversation === room && bench.accepted.every(({ conversation }) => conversation !== room)) await gate.promise;
      bench.accepted.push(event);
    };
    await connected(bench.start({ emit }));
    bench.say('a1');
    bench.say('a2');
    bench.say('b1', other);
    await heard('b1');
    // The checkpoint must not pass what is not safe.
    const before = savedSequence() ?? 0;
    gate.resolve();
    await heard('b1', 'a1', 'a2');
    await expect.poll(savedSequence).toBeGreaterThan(before + 2);
  });
});

describe('the session', () => {
  test('is resumed by the next process, which hears what was said meanwhile', async () => {
    const first = bench.start();
    await connected(first);
    bench.say('one');
    await heard('one');
    await first.stop();
    bench.say('two');
    await connected(bench.start());
    await heard('one', 'two');
    expect([bench.sim.gateway.identifies, bench.sim.gateway.resumes]).toEqual([1, 1]);
  });

  test('is resumed from before what was not accepted', async () => {
    const first = bench.start();
    await connected(first);
    bench.say('one');
    await heard('one');
    bench.redis = 'away';
    bench.say('two');
    bench.say('three', other);
    await expect.poll(() => bench.sim.gateway.sessions[0]?.sequence).toBeGreaterThan(savedSequence() ?? 0);
    await first.stop();
    bench.redis = 'up';
    bench.start();
    await expect.poll(() => bench.texts()).toHaveLength(3);
    expect(bench.texts().toSorted()).toEqual(['one', 'three', 'two']);
  });

  test.each<[string, () => void]>([
    ['cut', () => bench.sim.gateway.dropAll()],
    ['closed with 4000', () => bench.sim.gateway.dropAll(4000)],
    ['closed with 1001', () => bench.sim.gateway.dropAll(1001)],
    ['asked to reconnect', () => bench.sim.gateway.requestReconnect()],
    ['told that the session is invalid, but can be resumed', () => bench.sim.gateway.invalidateSessions(true)],
  ])('survives being %s', async (_name, drop) => {
    await connected(bench.start());
    drop();
    bench.say('meanwhile');
    await heard('meanwhile');
    await expect.poll(() => bench.sim.gateway.resumes).toBe(1);
    expect(bench.sim.gateway.identifies).toBe(1);
  });

  test('is not taken over by a connection that was given up', async () => {
    const one = bench.start();
    await connected(one);
    bench.sim.gateway.dropAll();
    await expect.poll(() => bench.sim.gateway.resumes).toBe(1);
    await pastComingBack();
    expect([bench.sim.gateway.resumes, bench.sim.gateway.connections]).toEqual([1, 1]);
    await one.stop();
    await pastComingBack();
    expect(bench.sim.gateway.connections).toBe(0);
  });

  test('that is lost is begun anew', async () => {
    const one = bench.start();
    await connected(one);
    bench.sim.gateway.invalidateSessions();
    await expect.poll(() => bench.sim.gateway.identifies).toBe(2);
    await connected(one);
    bench.say('after');
    await heard('after');
  });

  test('of a checkpoint that nobody knows is begun anew', async () => {
    bench.stored = JSON.stringify({
      v: 1,
      guilds: 1,
      sessions: [
        { sessionId: 'gone', resumeURL: bench.sim.url.replace('http', 'ws').replace('/api', ''), sequence: 3, shardId: 0, shardCount: 1 },
      ],
    });
    bench.start();
    await expect.poll(() => bench.sim.gateway.identifies).toBe(1);
    bench.say('hi');
    await heard('hi');
  });

  test('is resumed through the front door where its own does not answer', async () => {
    const first = bench.start();
    await connected(first);
    await first.stop();
    bench.stored = (bench.stored ?? '').replace(/ws:\/\/[^"]+/, 'ws://127.0.0.1:1');
    bench.say('meanwhile');
    bench.start();
    await heard('meanwhile');
    expect(bench.sim.gateway.resumes).toBe(1);
  });
});

describe('redis', () => {
  test('coming back gets everything, in order', async () => {
    await connected(bench.start());
    bench.redis = 'away';
    for (const text of ['1', '2', '3']) bench.say(text);
    await expect.poll(() => bench.sim.gateway.sessions[0]?.sequence).toBeGreaterThan(3);
    bench.redis = 'up';
    await heard('1', '2', '3');
  });

  test('being away for long lets the connection go, and nothing is lost', async () => {
    await connected(bench.start({ timing: { maxPending: 5 } }));
    bench.redis = 'away';
    for (let index = 0; index < 20; index += 1) bench.say(String(index));
    await expect.poll(() => bench.sim.gateway.connections).toBe(0);
    bench.redis = 'up';
    await expect.poll(() => bench.texts().length).toBe(20);
    expect(bench.texts()).toEqual([...Array(20).keys()].map(String));
    expect(bench.sim.gateway.identifies).toBe(1);
  });
});

describe('what needs a person', () => {
  test('a wrong token says so, and does not knock again and again', async () => {
    const one = bench.start({ token: 'MTE.wrong.token', timing: { failedDelayMs: 60_000 } });
    await expect.poll(() => one.states.at(-1)).toMatchObject({ state: 'failed', detail: expect.stringContaining('DISCORD_BOT_TOKEN') });
    const calls = bench.sim.calls.length;
    // Another one, which knocks again and again, has done so meanwhile.
    const others = await startGatewayBench();
    others.start({ token: 'MTE.wrong.token' });
    await expect.poll(() => others.sim.calls.length).toBeGreaterThan(3);
    await others.close();
    expect(bench.sim.calls.length).toBe(calls);
    expect(JSON.stringify(one.states)).not.toContain('MTE.wrong');
  });

  test('a token that is wrong and becomes right again', async () => {
    bench.sim.setToken('another');
    const one = bench.start();
    await expect.poll(() => one.states.at(-1)?.state).toBe('failed');
    bench.sim.setToken(token);
    await connected(one);
  });

  test('a missing intent names the switch', async () => {
    await bench.close();
    bench = await startGatewayBench({ allowedIntents: { messageContent: false } });
    const one = bench.start({ timing: { failedDelayMs: 60_000 } });
    await expect
      .poll(() => one.states.at(-1))
      .toMatchObject({ state: 'failed', detail: expect.stringContaining('Message Content Intent') });
  });
});

test('stopping while it cannot connect is quick', async () => {
  bench.sim.faults.add({ fault: { kind: 'hang' } });
  const one = bench.start();
  await expect.poll(() => bench.sim.calls.length).toBe(1);
  const started = performance.now();
  await one.stop();
  // Of the 20 s that a call may take.
  expect(performance.now() - started).toBeLessThan(15_000);
});
