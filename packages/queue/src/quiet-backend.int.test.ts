import { describe, expect, it, vi } from 'vitest';
import { outbound } from './fixtures/rig.ts';
import { setStage, settled, soon } from './fixtures/stage.ts';
import { defineScripts, runScript } from './scripts.ts';

const stage = setStage();

describe('the marker that jobs wait', () => {
  it.each([
    ['goes when none does', [], [], ['1']],
    ['stays while one does', ['7'], [], ['0', '1']],
    ['stays while one with a priority does', [], ['7'], ['0', '1']],
  ])('%s, and the one of delayed jobs stays', async (_what, wait, prioritized, left) => {
    const { redis, keys } = await stage.rig();
    defineScripts(redis);
    const key = (name: string) => `${keys.bullmq}:marker-test:${name}`;
    for (const job of wait) await redis.lpush(key('wait'), job);
    for (const job of prioritized) await redis.zadd(key('prioritized'), 1, job);
    await redis.zadd(key('marker'), 0, '0', 5, '1');
    await runScript(redis, 'quiet', { keys: [key('wait'), key('prioritized'), key('marker')], args: [] });
    expect(await redis.zrange(key('marker'), 0, '-1')).toEqual(left);
  });
});

it('a worker waits and asks for the next job once per message, and not twice', async () => {
  const rig = await stage.rig();
  let seen = 0;
  await stage.route(rig);
  await stage.deliver(rig, () => {
    seen += 1;
    return Promise.resolve(settled);
  });
  let waits = 0;
  let asked = 0;
  const monitor = await rig.redis.monitor();
  monitor.on('monitor', (_time: string, args: readonly string[]) => {
    const [command = '', key] = args;
    if (command.toLowerCase() === 'bzpopmin' && key === `${rig.keys.bullmq}:${outbound}:marker`) waits += 1;
    // The command by which BullMQ's scripts take a job.
    if (command.toLowerCase() === 'rpoplpush' && key === `${rig.keys.bullmq}:${outbound}:wait`) asked += 1;
  });
  for (let n = 0; n < 20; n += 1) {
    await rig.accept('c', n);
    await vi.waitFor(() => expect(seen).toBe(n + 1), soon);
  }
  monitor.disconnect();
  // BullMQ by itself waits 40 times for 20 messages and asks 80 times. A few more than needed are for what comes in between.
  expect(waits).toBeLessThan(32);
  // Once to get each job, and once when it is finished, in case there is another.
  expect(asked).toBeLessThan(52);
});
