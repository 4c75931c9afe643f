import { startStopwatch } from '@bridge/testing';
import { describe, expect, it, vi } from 'vitest';
import { numberOf, outbound, shortLocks } from './fixtures/rig.ts';
import { setStage, settled, soon } from './fixtures/stage.ts';
import { QueueUnavailable } from './index.ts';

const stage = setStage({ appendfsync: 'always' });
const back = { timeout: 60_000, interval: 20 };
const range = (count: number) => Array.from({ length: count }, (_, n) => n);

describe('accept', () => {
  it.each([
    ['is gone', () => stage.server().kill9(), () => stage.server().restart()],
    ['hangs', () => stage.server().pause(), () => stage.server().resume()],
  ])('fails quickly while Redis %s, works again after, and loses nothing that it took', async (_what, away, again) => {
    const rig = await stage.rig({ hasty: true });
    await rig.acceptMany('c', 3);
    await away();
    const watch = startStopwatch();
    // Both before Redis is back, and together within the two seconds that CometChat waits for an answer.
    await Promise.all([
      expect(rig.accept('c', 3)).rejects.toBeInstanceOf(QueueUnavailable),
      expect(rig.queues.depths()).rejects.toBeInstanceOf(QueueUnavailable),
    ]);
    expect(watch.elapsedMs()).toBeLessThan(2_000 + watch.slackMs());
    await again();
    // It may have been taken although the answer never came: then it is a duplicate, and that is as good.
    await vi.waitFor(async () => expect(['accepted', 'duplicate']).toContain(await rig.accept('c', 3)), back);
    expect(await rig.redis.llen(rig.keys.mailbox('inbound', 'discord/c'))).toBe(4);
  });

  it('fails at once, not after a time-out, when the connection is down', async () => {
    const rig = await stage.rig({ hasty: true });
    await stage.server().kill9();
    await vi.waitFor(async () => {
      const at = performance.now();
      await expect(rig.accept('c', 0)).rejects.toThrow(/Check that Redis runs/);
      expect(performance.now() - at).toBeLessThan(1_000);
    }, soon);
    await stage.server().restart();
  });

  it('survives that Redis forgets its scripts', async () => {
    const rig = await stage.rig();
    await rig.accept('c', 0);
    await rig.redis.script('FLUSH');
    await vi.waitFor(async () => expect(['accepted', 'duplicate']).toContain(await rig.accept('c', 1)), back);
    expect(await rig.redis.llen(rig.keys.mailbox('inbound', 'discord/c'))).toBe(2);
  });
});

describe('workers', () => {
  it('settle what they sent while Redis was away for longer than their locks, and send nothing twice', async () => {
    const rig = await stage.rig(shortLocks);
    const sent: number[] = [];
    const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
    const { promise: letGo, resolve: release } = Promise.withResolvers<void>();
    await stage.route(rig);
    await stage.deliver(rig, async ({ delivery, ambiguous }) => {
      if (ambiguous) return settled;
      sent.push(numberOf(delivery));
      begin();
      await letGo;
      return settled;
    });
    await rig.acceptMany('c', 4);
    await begun;
    await stage.server().kill9();
    release();
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    await stage.server().restart();
    await vi.waitFor(
      async () => expect(await rig.redis.exists(rig.keys.mailbox(outbound, 'c'), rig.keys.mailbox('inbound', 'discord/c'))).toBe(0),
      back,
    );
    expect(sent).toEqual(range(4));
  });

  it('go on after a restart of Redis, in order', async () => {
    const rig = await stage.rig(shortLocks);
    const sent: number[] = [];
    await stage.route(rig);
    await stage.deliver(rig, async ({ delivery }) => {
      if (sent.at(-1) !== numberOf(delivery)) sent.push(numberOf(delivery));
      return settled;
    });
    await rig.acceptMany('c', 200);
    await stage.server().restart();
    await vi.waitFor(async () => expect(await rig.accept('c', 200)).toMatch(/accepted|duplicate/), back);
    await vi.waitFor(() => expect(sent).toEqual(range(201)), back);
  });

  it('survive that Redis forgets its scripts', async () => {
    const rig = await stage.rig();
    const sent: number[] = [];
    await stage.route(rig);
    await stage.deliver(rig, async ({ delivery }) => {
      if (numberOf(delivery) === 1) await rig.redis.script('FLUSH');
      if (sent.at(-1) !== numberOf(delivery)) sent.push(numberOf(delivery));
      return settled;
    });
    await rig.acceptMany('c', 4);
    await vi.waitFor(() => expect(sent).toEqual(range(4)), back);
    await vi.waitFor(async () => expect(await rig.redis.exists(rig.keys.mailbox(outbound, 'c'))).toBe(0), back);
  });

  it('stop in time although Redis is gone', async () => {
    const rig = await stage.rig();
    const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
    const router = await stage.route(rig);
    const sender = await stage.deliver(rig, async ({ signal }) => {
      begin();
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
      return settled;
    });
    await rig.accept('c', 0);
    await begun;
    await stage.server().kill9();
    const watch = startStopwatch();
    await Promise.all([router.stop(600), sender.stop(600)]);
    expect(watch.elapsedMs()).toBeLessThan(10_000 + watch.slackMs());
    await stage.server().restart();
  });
});
