import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { startPlatformServer, type Call, type PlatformServer } from './fixtures/platform-server.ts';
import { outbound, type Rig } from './fixtures/rig.ts';
import { setStage } from './fixtures/stage.ts';

const stage = setStage({ appendfsync: 'always' });
const script = fileURLToPath(new URL('fixtures/worker-process.ts', import.meta.url));
const patient = { timeout: 60_000, interval: 10 };
let children: ChildProcess[] = [];
let platform: PlatformServer | undefined;

afterEach(async () => {
  await Promise.all(children.map((child) => end(child, 'SIGKILL')));
  await platform?.close();
  children = [];
});

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill(signal);
  await gone;
}

async function startWorker(rig: Rig, name: string, more: Record<string, string> = {}): Promise<ChildProcess> {
  const child = spawn(process.execPath, ['--conditions=source', '--disable-warning=ExperimentalWarning', script], {
    env: {
      ...process.env,
      WORKER: name,
      REDIS_URL: stage.server().url,
      PREFIX: rig.prefix,
      PLATFORM_PORT: String(platform?.port),
      ...more,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  const [said] = await Promise.race([once(child.stdout ?? child, 'data'), once(child, 'exit')]);
  expect(String(said)).toBe('ready\n');
  return child;
}

const jitter = () => new Promise<void>((resolve) => setTimeout(resolve, Math.random() * 6));
const sends = (calls: readonly Call[]) => calls.filter(({ kind }) => kind === 'send');
/** In the order in which they had the right to it: a process may stand still between that and the platform's hearing of it. */
const byRight = (calls: readonly Call[]) => sends(calls).toSorted((one, other) => one.heldAt - other.heldAt);

/** First copies in order, and no second copy that was not announced as possible. */
function expectInOrder(calls: readonly Call[], conversations: number, each: number) {
  for (let c = 0; c < conversations; c += 1) {
    const own = byRight(calls).filter(({ conversation }) => conversation === `c${c}`);
    const seen: number[] = [];
    for (const { n, ambiguous } of own) {
      if (seen.includes(n)) expect({ n, ambiguous }).toEqual({ n, ambiguous: true });
      else seen.push(n);
    }
    expect(seen).toEqual(Array.from({ length: each }, (_, n) => n));
  }
}

describe('two worker processes', () => {
  it('share the work and keep the order of every conversation', async () => {
    const { promise: bothSent, resolve } = Promise.withResolvers<void>();
    platform = await startPlatformServer(async () => {
      if (new Set(platform?.calls.map(({ worker }) => worker)).size === 2) resolve();
      await bothSent;
      await jitter();
    });
    const rig = await stage.rig();
    // Too few slots for one to have all conversations, and locks that outlast any hiccup of the machine.
    await Promise.all(['a', 'b'].map(async (name) => startWorker(rig, name, { SLOTS: '4', LOCK_MS: '30000' })));
    for (let n = 0; n < 25; n += 1) await Promise.all(Array.from({ length: 12 }, (_, c) => rig.accept(`c${c}`, n)));
    await vi.waitFor(() => expect(sends(platform?.calls ?? [])).toHaveLength(300), patient);
    expectInOrder(platform.calls, 12, 25);
    expect(new Set(platform.calls.map(({ worker }) => worker))).toEqual(new Set(['a', 'b']));
    expect(platform.calls.every(({ attempt }) => attempt === 1)).toBe(true);
  }, 180_000);

  it('lose nothing and reorder nothing when one is killed again and again', async () => {
    platform = await startPlatformServer(jitter);
    const rig = await stage.rig();
    let [victim] = await Promise.all([startWorker(rig, 'a'), startWorker(rig, 'b')]);
    let [fed, over] = [0, false];
    const feeding = (async () => {
      for (; fed < 50 || !over; fed += 1) {
        await Promise.all(Array.from({ length: 8 }, (_, c) => rig.acceptPatiently(`c${c}`, fed)));
        await new Promise((resolve) => setTimeout(resolve, 40));
      }
    })();
    feeding.catch(() => undefined);
    try {
      for (const name of ['a2', 'a3']) {
        const before = sends(platform.calls).length;
        await vi.waitFor(() => expect(sends(platform?.calls ?? []).length).toBeGreaterThan(before + 40), patient);
        await end(victim, 'SIGKILL');
        victim = await startWorker(rig, name);
      }
    } finally {
      over = true;
      await feeding;
    }
    await vi.waitFor(async () => expect((await rig.queues.depths()).map(({ waiting }) => waiting)).toEqual([0, 0, 0]), patient);
    expectInOrder(platform.calls, 8, fed);
  }, 180_000);

  it('hand over without a second copy when one is told to stop', async () => {
    const { promise: goOn, resolve } = Promise.withResolvers<void>();
    const held: string[] = [];
    platform = await startPlatformServer(async ({ worker }) => {
      if ((platform?.calls.length ?? 0) > 20) {
        held.push(worker);
        await goOn;
      }
      await jitter();
    });
    const rig = await stage.rig();
    // Too few slots for the other to have all conversations.
    const few = { SLOTS: '4', LOCK_MS: '30000' };
    const [leaver] = await Promise.all([startWorker(rig, 'a', few), startWorker(rig, 'b', few)]);
    for (let c = 0; c < 8; c += 1) await rig.acceptMany(`c${c}`, 25);
    await vi.waitFor(() => expect(held).toContain('a'), patient);
    const gone = end(leaver, 'SIGTERM');
    // Time enough to go without waiting for an answer.
    await Promise.race([gone, new Promise((wait) => setTimeout(wait, 300))]);
    resolve();
    await gone;
    expect(leaver.exitCode).toBe(0);
    await vi.waitFor(async () => expect((await rig.queues.depths()).map(({ waiting }) => waiting)).toEqual([0, 0, 0]), patient);
    expectInOrder(platform.calls, 8, 25);
    expect(sends(platform.calls)).toHaveLength(200);
  }, 180_000);
});

describe('a worker frozen past its lock', () => {
  // Its own lock must outlast any hiccup of the machine.
  const other = { PREPARE: 'yes', LOCK_MS: '30000' };
  // With one slot it does not take the conversation again by itself, should it lose its lock before it is frozen.
  const single = { SLOTS: '1' };

  it('does not send once it wakes up', async () => {
    const { promise: thawed, resolve: thaw } = Promise.withResolvers<void>();
    platform = await startPlatformServer(async (call) => {
      if (call.worker === 'frozen' && call.kind === 'preparing') await thawed;
    });
    const rig = await stage.rig();
    const frozen = await startWorker(rig, 'frozen', { ...single, PREPARE: 'yes' });
    await rig.acceptMany('c0', 3);
    await vi.waitFor(() => expect(platform?.calls).toHaveLength(1), patient);
    frozen.kill('SIGSTOP');
    await startWorker(rig, 'other', other);
    await vi.waitFor(() => expect(sends(platform?.calls ?? [])).toHaveLength(3), patient);
    thaw();
    frozen.kill('SIGCONT');
    await vi.waitFor(() => expect(platform?.calls.filter(({ kind }) => kind === 'refused')).toHaveLength(1), patient);
    expect(sends(platform.calls).map(({ worker, n }) => `${worker} ${n}`)).toEqual(['other 0', 'other 1', 'other 2']);
  }, 180_000);

  it('may still say what it did send, and what another one settles after it takes nothing else off', async () => {
    const { promise: thawed, resolve: thaw } = Promise.withResolvers<void>();
    const { promise: popped, resolve: pop } = Promise.withResolvers<void>();
    platform = await startPlatformServer(async (call) => {
      if (call.worker === 'frozen' && call.kind === 'send') await thawed;
      // The other is held up before it would look for, or send, a second copy.
      if (call.worker === 'other' && call.kind === 'preparing' && call.n === 0) await popped;
    });
    const rig = await stage.rig();
    const frozen = await startWorker(rig, 'frozen', single);
    await rig.acceptMany('c0', 2);
    await vi.waitFor(() => expect(sends(platform?.calls ?? [])).toHaveLength(1), patient);
    frozen.kill('SIGSTOP');
    await startWorker(rig, 'other', other);
    await vi.waitFor(
      () => expect(platform?.calls.find(({ worker }) => worker === 'other')).toMatchObject({ n: 0, attempt: 2, ambiguous: true }),
      patient,
    );
    frozen.kill('SIGCONT');
    thaw();
    await vi.waitFor(
      async () => expect((await rig.redis.lindex(rig.keys.mailbox(outbound, 'c0'), 0))?.includes('message 1')).toBe(true),
      patient,
    );
    pop();
    await vi.waitFor(async () => expect(await rig.redis.exists(rig.keys.mailbox(outbound, 'c0'))).toBe(0), patient);
    // Nor does the one that had lost its lock go on with the next message.
    expect(
      sends(platform.calls)
        .filter(({ n }) => n === 1)
        .map(({ worker }) => worker),
    ).toEqual(['other']);
  }, 180_000);
});
