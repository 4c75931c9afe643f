import type { RawEvent } from '@bridge/core';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type GatewayBench, ana, connected, other, room, startGatewayBench } from './fixtures/gateway-bench.ts';

let bench: GatewayBench;
beforeEach(async () => void (bench = await startGatewayBench()));
afterEach(async () => bench.close());

const heard = async (...expected: readonly string[]): Promise<void> =>
  void (await expect.poll(() => bench.texts(), { interval: 5 }).toEqual(expected));

describe('what was said while the bridge was away, when the session is lost', () => {
  const away = async (run: () => void): Promise<void> => {
    const first = bench.start();
    await connected(first);
    bench.say('before');
    await heard('before');
    await first.stop();
    run();
    bench.sim.gateway.invalidateSessions();
    bench.accepted = [];
  };
  const numbered = (from: number, to: number): string[] => Array.from({ length: to - from }, (_, index) => `${from + index}`);

  test('is read on from where it was, in order, before what comes then', async () => {
    await away(() => numbered(0, 250).forEach((text) => bench.say(text)));
    const second = bench.start();
    await connected(second);
    numbered(250, 255).forEach((text) => bench.say(text));
    // What comes twice has one key, and is taken once.
    await expect.poll(() => [...new Set(bench.texts())]).toEqual(numbered(0, 255));
    expect(new Set(bench.accepted.map(({ eventKey }) => eventKey)).size).toBe(255);
    await second.stop();
    bench.accepted = [];
    bench.sim.gateway.invalidateSessions();
    bench.start();
    bench.say('after');
    await heard('after');
  });

  test('is read in bridged channels and their threads only, and not where nothing was said', async () => {
    let thread = '';
    await away(() => {
      bench.say('elsewhere', other);
      thread = bench.sim.startThread({ room, author: ana, name: 'plans', message: bench.say('root') });
      bench.sim.post({ room, author: ana, text: 'within', thread });
    });
    const before = bench.sim.calls.length;
    const second = bench.start();
    await connected(second);
    await expect.poll(() => bench.texts().toSorted()).toEqual(['dropped', 'root', 'within']);
    const within = bench.accepted.find(({ raw }) => JSON.stringify(raw).includes('"within"'));
    expect(within).toMatchObject({ conversation: room, raw: { channel: { parent: room } } });
    const asked = bench.sim.calls.slice(before).filter(({ path }) => path.endsWith('/messages'));
    expect(asked.map(({ path }) => path).toSorted()).toEqual([`/channels/${room}/messages`, `/channels/${thread}/messages`].toSorted());
    await second.stop();
    bench.sim.gateway.invalidateSessions();
    const calls = bench.sim.calls.length;
    await connected(bench.start());
    expect(bench.sim.calls.slice(calls).filter(({ path }) => path.endsWith('/messages'))).toEqual([]);
  });

  test('is read again where Redis refuses some of it, or the bridge stops meanwhile', async () => {
    await away(() => numbered(0, 20).forEach((text) => bench.say(text)));
    const emit = async (event: RawEvent): Promise<void> => {
      if (bench.accepted.length === 7) bench.redis = 'away';
      if (bench.redis === 'away') throw new Error('redis is away');
      bench.accepted.push(event);
    };
    const second = bench.start({ emit });
    await expect.poll(() => bench.redis).toBe('away');
    await second.stop();
    bench.redis = 'up';
    // The session that began has told of the server already, and yet the gap is not forgotten.
    bench.start();
    await heard(...numbered(0, 20));
  });

  test('is given up where it may not be read, and the rest goes on', async () => {
    await away(() => void bench.say('missed'));
    bench.sim.faults.add({ fault: { kind: 'status', status: 404 }, match: /GET \/channels\/\d+\/messages/ });
    await connected(bench.start());
    bench.say('now');
    await heard('now');
  });

  test('is waited for where Discord fails for a while', async () => {
    await away(() => void bench.say('missed'));
    bench.sim.faults.add({ fault: { kind: 'status', status: 500 }, match: /GET \/channels\/\d+\/messages/, times: 2 });
    bench.start();
    await heard('missed');
  });
});
