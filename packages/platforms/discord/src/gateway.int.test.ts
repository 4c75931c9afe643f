import { setTimeout as sleep } from 'node:timers/promises';
import type { Log, RawEvent, SourceStatus, StreamContext } from '@bridge/core';
import { startDiscordSimulator } from '@bridge/simulators';
import type { DiscordSimulator } from '@bridge/simulators';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { token } from './fixtures/payloads.ts';
import { createGateway } from './gateway.ts';
import type { GatewayTiming } from './gateway.ts';
import { identityOf } from './config.ts';
import { parseRaw } from './parse.ts';
import { createApi } from './rest.ts';

const silent: Log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
const room = '1200000000000000001';
const other = '1200000000000000003';
const ana = '1300000000000000001';
const quick: GatewayTiming = { minDelayMs: 20, maxDelayMs: 100, failedDelayMs: 50, maxPending: 2_000, saveEveryMs: 5 };

let sim: DiscordSimulator;
/** What outlives a process: the events in Redis and the checkpoint. */
let accepted: RawEvent[];
let stored: string | undefined;
let redis: 'up' | 'away';
const running: Running[] = [];

interface Running {
  readonly states: SourceStatus[];
  stop(): Promise<void>;
}

beforeEach(async () => {
  sim = await startDiscordSimulator({
    token,
    people: [{ id: ana, name: 'Ana' }],
    rooms: [
      { id: room, name: 'general' },
      { id: other, name: 'other' },
    ],
  });
  [accepted, stored, redis] = [[], undefined, 'up'];
});
afterEach(async () => {
  await Promise.all(running.splice(0).map(async (one) => one.stop()));
  await sim.close();
});

function start(
  options: { readonly timing?: Partial<GatewayTiming>; readonly emit?: StreamContext['emit']; readonly token?: string } = {},
): Running {
  const stop = new AbortController();
  const api = createApi({ token: options.token ?? token, apiUrl: sim.url });
  const states: SourceStatus[] = [];
  const take = async (event: RawEvent): Promise<void> => {
    if (redis === 'away') throw new Error('redis is away');
    accepted.push(event);
  };
  const identity = identityOf({ token, applicationId: undefined });
  const timing = { ...quick, ...options.timing };
  const done = createGateway({ token: options.token ?? token, identity, api, log: silent, timing }).run({
    emit: options.emit ?? take,
    checkpoint: { load: async () => Promise.resolve(stored), save: async (value) => Promise.resolve(void (stored = value)) },
    status: (status) => void states.push(status),
    signal: stop.signal,
  });
  const one = {
    states,
    stop: async () => {
      stop.abort();
      await done;
      api.close();
    },
  };
  running.push(one);
  return one;
}

const connected = async (one: Running): Promise<void> =>
  void (await expect.poll(() => one.states.at(-1), { timeout: 8_000 }).toEqual({ state: 'connected', guilds: 1 }));
const say = (text: string, where = room): string => sim.post({ room: where, author: ana, text }).id;
const texts = (): string[] =>
  accepted.flatMap((event) => {
    const parsed = parseRaw(event, identityOf({ token, applicationId: undefined }));
    return parsed.kind === 'events'
      ? parsed.events.map(({ type, content }) => (type === 'message.created' ? content.text : type))
      : [parsed.kind];
  });
const heard = async (...expected: readonly string[]): Promise<void> =>
  void (await expect.poll(texts, { timeout: 8_000, interval: 5 }).toEqual(expected));
const savedSequence = (): number | undefined => (stored === undefined ? undefined : JSON.parse(stored).sessions[0]?.sequence);

describe('events', () => {
  test('of every kind that changes a message, and no others', async () => {
    await connected(start());
    const message = say('one');
    sim.unfurl({ room, message });
    sim.edit({ room, message, text: 'two' });
    // The same edit told again: it has the same key, and is dropped as a duplicate.
    sim.unfurl({ room, message });
    sim.react({ room, message, author: ana, emoji: '👍' });
    sim.react({ room, message, author: ana, emoji: '👍', on: false });
    const [two, three] = [say('x'), say('y')];
    sim.remove({ room, message });
    sim.removeMany({ room, messages: [two, three] });
    await expect.poll(() => accepted.length).toBe(9);
    expect(texts()).toEqual([
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
    expect(new Set(accepted.map(({ eventKey }) => eventKey)).size).toBe(8);
  });

  test('carry the name of their channel', async () => {
    await connected(start());
    say('hi');
    await expect.poll(() => accepted[0]?.raw).toMatchObject({ t: 'MESSAGE_CREATE', channel: { name: 'general', thread: false } });
  });

  test('of a thread carry the channel that it hangs on, and keep its order', async () => {
    await connected(start());
    const root = say('root');
    const thread = sim.startThread({ room, author: ana, name: 'plans', message: root });
    sim.post({ room, author: ana, text: 'within', thread });
    await expect.poll(() => accepted.length).toBe(3);
    expect(accepted.map(({ conversation }) => conversation)).toEqual([room, room, room]);
    expect(accepted[2]?.raw).toMatchObject({ channel: { name: 'plans', thread: true, parent: room } });
  });

  test('of a channel that a resumed session has not told of are asked for, once', async () => {
    const root = say('root');
    const thread = sim.startThread({ room, author: ana, name: 'plans', message: root });
    const first = start();
    await connected(first);
    await first.stop();
    accepted = [];
    sim.faults.add({ fault: { kind: 'status', status: 500 }, match: /GET \/channels\/\d+$/, times: 1 });
    const texted = ['one', 'two', 'three'];
    for (const text of texted) sim.post({ room, author: ana, text, thread });
    const second = start();
    await heard(...texted);
    expect(sim.gateway.resumes).toBe(1);
    expect(accepted.map(({ conversation }) => conversation)).toEqual([room, room, room]);
    expect(accepted[0]?.raw).toMatchObject({ channel: { name: 'plans', thread: true, parent: room } });
    expect(sim.calls.filter(({ path, status }) => /^\/channels\/\d+$/.test(path) && status === 200)).toHaveLength(2);
    await second.stop();
  });

  test('of a channel that cannot be asked about come all the same', async () => {
    const first = start();
    await connected(first);
    await first.stop();
    sim.faults.add({ fault: { kind: 'status', status: 500 }, match: /GET \/channels/ });
    say('hi');
    start();
    await heard('hi');
    expect(accepted[0]).toMatchObject({ conversation: room });
  });

  test('of one conversation wait for each other and for no other', async () => {
    const gate = Promise.withResolvers<void>();
    const emit = async (event: RawEvent): Promise<void> => {
      if (event.conversation === room && accepted.every(({ conversation }) => conversation !== room)) await gate.promise;
      accepted.push(event);
    };
    await connected(start({ emit }));
    say('a1');
    say('a2');
    say('b1', other);
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
    const first = start();
    await connected(first);
    say('one');
    await heard('one');
    await first.stop();
    say('two');
    await connected(start());
    await heard('one', 'two');
    expect([sim.gateway.identifies, sim.gateway.resumes]).toEqual([1, 1]);
  });

  test('is resumed from before what was not accepted', async () => {
    const first = start();
    await connected(first);
    say('one');
    await heard('one');
    redis = 'away';
    say('two');
    say('three', other);
    await expect.poll(() => sim.gateway.sessions[0]?.sequence).toBeGreaterThan(savedSequence() ?? 0);
    await first.stop();
    redis = 'up';
    start();
    await expect.poll(texts, { timeout: 8_000 }).toHaveLength(3);
    expect(texts().toSorted()).toEqual(['one', 'three', 'two']);
  });

  test.each<[string, () => void]>([
    ['cut', () => sim.gateway.dropAll()],
    ['closed with 4000', () => sim.gateway.dropAll(4000)],
    ['closed with 1001', () => sim.gateway.dropAll(1001)],
    ['asked to reconnect', () => sim.gateway.requestReconnect()],
    ['told that the session is invalid, but can be resumed', () => sim.gateway.invalidateSessions(true)],
  ])('survives being %s', async (_name, drop) => {
    await connected(start());
    drop();
    say('meanwhile');
    await heard('meanwhile');
    await expect.poll(() => sim.gateway.resumes, { timeout: 8_000 }).toBe(1);
    expect(sim.gateway.identifies).toBe(1);
  });

  test('is not taken over by a connection that was given up', async () => {
    const one = start();
    await connected(one);
    sim.gateway.dropAll();
    await expect.poll(() => sim.gateway.resumes, { timeout: 8_000 }).toBe(1);
    // The library itself would come back half a second after a close.
    await sleep(800);
    expect([sim.gateway.resumes, sim.gateway.connections]).toEqual([1, 1]);
    await one.stop();
    await sleep(800);
    expect(sim.gateway.connections).toBe(0);
  });

  test('that is lost is begun anew', async () => {
    const one = start();
    await connected(one);
    sim.gateway.invalidateSessions();
    await expect.poll(() => sim.gateway.identifies, { timeout: 8_000 }).toBe(2);
    await connected(one);
    say('after');
    await heard('after');
  });

  test('of a checkpoint that nobody knows is begun anew', async () => {
    stored = JSON.stringify({
      v: 1,
      guilds: 1,
      sessions: [
        { sessionId: 'gone', resumeURL: sim.url.replace('http', 'ws').replace('/api', ''), sequence: 3, shardId: 0, shardCount: 1 },
      ],
    });
    start();
    await expect.poll(() => sim.gateway.identifies, { timeout: 8_000 }).toBe(1);
    say('hi');
    await heard('hi');
  });

  test('is resumed through the front door where its own does not answer', async () => {
    const first = start();
    await connected(first);
    await first.stop();
    stored = (stored ?? '').replace(/ws:\/\/[^"]+/, 'ws://127.0.0.1:1');
    say('meanwhile');
    start();
    await heard('meanwhile');
    expect(sim.gateway.resumes).toBe(1);
  });
});

describe('redis', () => {
  test('coming back gets everything, in order', async () => {
    await connected(start());
    redis = 'away';
    for (const text of ['1', '2', '3']) say(text);
    await expect.poll(() => sim.gateway.sessions[0]?.sequence).toBeGreaterThan(3);
    redis = 'up';
    await heard('1', '2', '3');
  });

  test('being away for long lets the connection go, and nothing is lost', async () => {
    await connected(start({ timing: { maxPending: 5 } }));
    redis = 'away';
    for (let index = 0; index < 20; index += 1) say(String(index));
    await expect.poll(() => sim.gateway.connections, { timeout: 8_000 }).toBe(0);
    redis = 'up';
    await expect.poll(() => texts().length, { timeout: 15_000 }).toBe(20);
    expect(texts()).toEqual([...Array(20).keys()].map(String));
    expect(sim.gateway.identifies).toBe(1);
  });
});

describe('what needs a person', () => {
  test('a wrong token says so, and does not knock again and again', async () => {
    const one = start({ token: 'MTE.wrong.token', timing: { failedDelayMs: 60_000 } });
    await expect.poll(() => one.states.at(-1)).toMatchObject({ state: 'failed', detail: expect.stringContaining('DISCORD_BOT_TOKEN') });
    const calls = sim.calls.length;
    await sleep(100);
    expect(sim.calls.length).toBe(calls);
    expect(JSON.stringify(one.states)).not.toContain('MTE.wrong');
  });

  test('a token that is wrong and becomes right again', async () => {
    sim.setToken('another');
    const one = start();
    await expect.poll(() => one.states.at(-1)?.state).toBe('failed');
    sim.setToken(token);
    await connected(one);
  });

  test('a missing intent names the switch', async () => {
    await sim.close();
    sim = await startDiscordSimulator({ token, people: [], rooms: [], allowedIntents: { messageContent: false } });
    const one = start({ timing: { failedDelayMs: 60_000 } });
    await expect
      .poll(() => one.states.at(-1))
      .toMatchObject({ state: 'failed', detail: expect.stringContaining('Message Content Intent') });
  });
});

test('stopping while it cannot connect is quick', async () => {
  sim.faults.add({ fault: { kind: 'hang' } });
  const one = start();
  await expect.poll(() => sim.calls.length).toBe(1);
  const started = performance.now();
  await one.stop();
  expect(performance.now() - started).toBeLessThan(10_000);
});
