import { expect, it, onTestFinished, vi } from 'vitest';
import type { Redis } from 'ioredis';
import { outbound } from './fixtures/rig.ts';
import { setStage, settled, soon, waitForEver } from './fixtures/stage.ts';
import type { Attempt, Outcome } from './index.ts';
import { hardlyIdle } from './local-jobs.ts';

const stage = setStage();

/** Counts what Redis is asked, by command and key. */
async function counting(redis: Redis): Promise<(command: string, key: string) => number> {
  const counts = new Map<string, number>();
  const monitor = await redis.monitor();
  onTestFinished(() => monitor.disconnect());
  monitor.on('monitor', (_time: string, [command = '', key = '']: readonly string[]) => {
    const name = `${command.toLowerCase()} ${key}`;
    counts.set(name, (counts.get(name) ?? 0) + 1);
  });
  return (command, key) => counts.get(`${command} ${key}`) ?? 0;
}

it('a message that comes alone crosses one process without a worker being woken for it', async () => {
  const rig = await stage.rig();
  const seen: string[] = [];
  await stage.route(rig);
  await stage.deliver(rig, ({ delivery }) => {
    seen.push(delivery.conversation);
    return Promise.resolve(settled);
  });
  await rig.accept('warm-up', 0);
  await vi.waitFor(() => expect(seen).toHaveLength(1), soon);
  const queues = ['inbound', outbound];
  const active = async (queue: string) => rig.redis.llen(`${rig.keys.bullmq}:${queue}:active`);
  const count = await counting(rig.redis);
  for (let n = 0; n < 20; n += 1) {
    await rig.accept(`c${n}`, n);
    await vi.waitFor(() => expect(seen).toHaveLength(n + 2), soon);
    await vi.waitFor(async () => expect(await Promise.all(queues.map(active))).toEqual([0, 0]), soon);
  }
  for (const queue of queues) {
    // Woken, it would have to wait again for each message; now it has to for one that comes before it is ready again.
    expect(count('bzpopmin', `${rig.keys.bullmq}:${queue}:marker`)).toBeLessThan(10);
    // Taken where it was added, and asked for once more where it ended.
    expect(count('rpoplpush', `${rig.keys.bullmq}:${queue}:wait`)).toBeLessThan(50);
  }
});

it('what comes at the same time waits for nobody, whether it was claimed or has to wake the worker', async () => {
  waitForEver();
  const rig = await stage.rig();
  const seen = new Set<string>();
  await stage.route(rig);
  await stage.deliver(rig, ({ delivery }) => {
    seen.add(`${delivery.conversation} ${delivery.event.message}`);
    return Promise.resolve(settled);
  });
  let sent = 0;
  for (let burst = 0; burst < 60; burst += 1) {
    const many = 1 + (burst % 7);
    await Promise.all(Array.from({ length: many }, (_, n) => rig.acceptPatiently(`c${burst}-${n}`, n)));
    sent += many;
    await vi.waitFor(() => expect(seen.size).toBe(sent), soon);
  }
});

it('another process’s jobs are taken as soon, in between', async () => {
  waitForEver();
  const rig = await stage.rig();
  const other = await rig.again();
  onTestFinished(() => other.close());
  const seen = new Set<string>();
  await stage.route(rig);
  await stage.deliver(rig, ({ delivery }) => {
    seen.add(`${delivery.conversation} ${delivery.event.message}`);
    return Promise.resolve(settled);
  });
  for (let n = 1; n <= 60; n += 1) {
    await Promise.all([rig.acceptPatiently(`here ${n}`, n), other.acceptPatiently(`there ${n}`, n)]);
    await vi.waitFor(() => expect(seen.size).toBe(2 * n), soon);
  }
});

it('a worker that stops gives back what was claimed for it', async () => {
  const rig = await stage.rig();
  const attempts: (readonly [id: string, attempt: number, ambiguous: boolean])[] = [];
  const deliver = ({ delivery, attempt, ambiguous }: Attempt): Promise<Outcome> => {
    attempts.push([`${delivery.conversation} ${delivery.event.message}`, attempt, ambiguous]);
    return Promise.resolve(settled);
  };
  const other = await rig.again();
  onTestFinished(() => other.close());
  for (let round = 0; round < 10; round += 1) {
    const router = await stage.route(rig);
    const sender = await stage.deliver(rig, deliver);
    await rig.acceptPatiently(`${round} first`, 0);
    const accepted = Array.from({ length: 5 }, (_, n) => rig.acceptPatiently(`${round} ${n}`, n));
    await Promise.all([router.stop(5_000), sender.stop(5_000), ...accepted]);
  }
  await stage.route(other);
  await stage.deliver(other, deliver);
  await vi.waitFor(() => expect(attempts).toHaveLength(60), soon);
  expect(new Set(attempts.map(([id]) => id)).size).toBe(60);
  expect(attempts.filter(([, attempt, ambiguous]) => attempt !== 1 || ambiguous)).toEqual([]);
});

/** Longer than the time over which a process looks at itself. */
const spin = () => {
  for (const until = performance.now() + 110; performance.now() < until; );
};

it('a process knows whether it has time left', async () => {
  await vi.waitFor(() => expect(hardlyIdle()).toBe(false), soon);
  await vi.waitFor(() => {
    spin();
    expect(hardlyIdle()).toBe(true);
  }, soon);
  await vi.waitFor(() => expect(hardlyIdle()).toBe(false), soon);
});

it('a worker that has piled up work leaves what else there is to the others', async () => {
  const rig = await stage.rig();
  const { promise: hung, resolve: release } = Promise.withResolvers<void>();
  let here = 0;
  await stage.route(rig);
  await stage.deliver(rig, async () => {
    here += 1;
    await hung;
    return settled;
  });
  for (let n = 0; n < 20; n += 1) await rig.acceptPatiently(`full ${n}`, n);
  await vi.waitFor(() => expect(here).toBe(20), soon);
  const count = await counting(rig.redis);
  // From now on this process has no time left, and knows it as soon as it looks at itself again.
  const busy = vi.spyOn(performance, 'eventLoopUtilization').mockReturnValue({ idle: 0, active: 1, utilization: 1 });
  onTestFinished(() => busy.mockRestore());
  await vi.waitFor(() => expect(hardlyIdle()).toBe(true), soon);
  for (let n = 0; n < 10; n += 1) {
    await rig.acceptPatiently(`more ${n}`, n);
    await vi.waitFor(() => expect(here).toBe(21 + n), soon);
  }
  release();
  // Each of them woke the worker, which then waits anew.
  expect(count('bzpopmin', `${rig.keys.bullmq}:${outbound}:marker`)).toBeGreaterThan(5);
});
