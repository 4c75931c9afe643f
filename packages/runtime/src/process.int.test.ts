import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { createKeys } from '@bridge/queue';
import { type RedisServer, startRedis } from '@bridge/testing/redis';
import { startStopwatch } from '@bridge/testing/stopwatch';
import { Redis } from 'ioredis';
import { type TestContext, afterAll, beforeAll, describe, test, vi } from 'vitest';
import {
  type BridgeProcess,
  type BridgeProcessOptions,
  type Call,
  type Loft,
  bridgesYaml,
  pigeonEvent,
  startBridgeProcess,
  startLoft,
} from './testing/index.ts';

const all = 'sender,router,gateway,ingress';
const patient = { timeout: 30_000, interval: 20 };
const slow = 90_000;

let server: RedisServer;
let redis: Redis;

beforeAll(async () => {
  server = await startRedis();
  redis = new Redis(server.url);
});
afterAll(async () => {
  redis.disconnect();
  await server.stop();
});

/** Tests run side by side, as they mostly wait; so each cleans up by its own context. */
type Finished = TestContext['onTestFinished'];

async function startOn(
  finished: Finished,
  options: Partial<BridgeProcessOptions> = {},
): Promise<BridgeProcess & { readonly prefix: string }> {
  const prefix = options.prefix ?? `p${randomUUID().slice(0, 8)}`;
  const started = await startBridgeProcess({ redisUrl: server.url, roles: all, ...options, prefix });
  finished(() => started.remove());
  return { ...started, prefix };
}

async function loftWith(finished: Finished, answer?: (call: Call) => Promise<void>): Promise<Loft> {
  const loft = await startLoft(answer);
  finished(() => loft.close());
  return loft;
}

const written = (n: number, change: object = {}) =>
  pigeonEvent({ id: `pigeon_m${n}`, message: `m${n}`, eventKey: `k${n}`, channel: room('a'), ...change });
const room = (id: string) => ({ id, name: id, type: 'group' });
const messages = (bridge: BridgeProcess) => bridge.lines().map((line) => line['msg']);

describe.concurrent('a process with every role', () => {
  test('carries messages, follows bridges.yaml, and stops cleanly', { timeout: slow }, async ({ expect, onTestFinished }) => {
    const loft = await loftWith(onTestFinished);
    const bridge = await startOn(onTestFinished, { loft: loft.url });
    const started = await bridge.said('started');
    expect(started).toMatchObject({ platforms: ['pigeon', 'raven'], bridges: 1, version: '0.0.0-test', metricsPort: expect.any(Number) });
    const metrics = `http://127.0.0.1:${String(started['metricsPort'])}`;
    const ready = await fetch(`${metrics}/readyz`);
    expect([ready.status, await ready.json()]).toEqual([200, { status: 'ready', reasons: [] }]);
    expect(await (await fetch(`${await bridge.url()}/health`)).json()).toMatchObject({ status: 'healthy' });

    expect(await bridge.post(written(1))).toBe(200);
    await vi.waitFor(() => expect(loft.calls.map(({ platform, text }) => [platform, text])).toEqual([['raven', 'hello']]), patient);

    // The first look at the file is a change as well; what is written before it would be all that is ever seen.
    const inForce = () => bridge.lines().filter(({ msg }) => msg === 'bridges.yaml is in force');
    await vi.waitFor(() => expect(inForce()).toHaveLength(1), patient);
    const watch = startStopwatch();
    await bridge.writeBridges(bridgesYaml('b', 'pigeon:b', 'raven:b'));
    await vi.waitFor(() => expect(inForce()).toHaveLength(2), patient);
    expect(watch.elapsedMs()).toBeLessThan(5_000 + watch.slackMs());
    expect(await bridge.post(written(2))).toBe(200);
    expect(await bridge.post(written(3, { channel: room('b') }))).toBe(200);
    await vi.waitFor(() => expect(loft.calls.map(({ command }) => command.conversation)).toEqual(['a', 'b']), patient);

    await bridge.writeBridges('bridges:\n  - name: c\n    members: [{ platform: pigoen, loft: "1" }]\n');
    const refused = await bridge.said('bridges.yaml is not valid; the last good one stays in force');
    expect(String(refused['problems'])).toMatch(/bridges\.yaml:3.*pigoen.*pigeon/s);
    expect(await bridge.post(written(4, { channel: room('b') }))).toBe(200);
    await vi.waitFor(() => expect(loft.calls).toHaveLength(3), patient);

    const keys = createKeys({ prefix: bridge.prefix });
    expect(await redis.scard(keys.processes)).toBe(1);
    bridge.kill('SIGTERM');
    expect(await bridge.exit).toBe(0);
    expect(messages(bridge).slice(-2)).toEqual(['stopping', 'stopped']);
    expect(bridge.stderr()).toBe('');
    expect(await redis.scard(keys.processes)).toBe(0);
    for (const line of bridge.lines()) expect(JSON.stringify(line)).not.toMatch(/token-of|ring-of|hello/);
  });

  test('ends in less than 10 s although a call hangs, and loses nothing', { timeout: slow }, async ({ expect, onTestFinished }) => {
    const loft = await loftWith(onTestFinished, ({ text }) => (text === 'hello' ? new Promise(() => undefined) : Promise.resolve()));
    const bridge = await startOn(onTestFinished, { loft: loft.url });
    await bridge.said('started');
    await bridge.post(written(1));
    await vi.waitFor(() => expect(loft.calls).toHaveLength(1), patient);
    const watch = startStopwatch();
    bridge.kill('SIGINT');
    expect(await bridge.exit).toBe(0);
    expect(watch.elapsedMs()).toBeLessThan(10_000 + watch.slackMs());
    expect(await redis.llen(createKeys({ prefix: bridge.prefix }).mailbox('outbound-raven', 'a'))).toBe(1);
  });

  test('ends at once when it is asked again', { timeout: slow }, async ({ expect, onTestFinished }) => {
    const loft = await loftWith(onTestFinished, () => new Promise(() => undefined));
    const bridge = await startOn(onTestFinished, { loft: loft.url });
    await bridge.said('started');
    await bridge.post(written(1));
    await vi.waitFor(() => expect(loft.calls).toHaveLength(1), patient);
    bridge.kill('SIGTERM');
    await bridge.said('stopping');
    // What npm and a terminal pass on twice is one wish; a person who asks again takes longer.
    bridge.kill('SIGINT');
    await new Promise((resolve) => setTimeout(resolve, 1_200));
    const watch = startStopwatch();
    bridge.kill('SIGTERM');
    expect(await bridge.exit).toBe(1);
    expect(watch.elapsedMs()).toBeLessThan(8_000 + watch.slackMs());
    expect(messages(bridge)).not.toContain('stopped');
  });
});

// Not beside the others: what it waits for takes a busy machine long enough.
describe('a process that is told to stop', () => {
  test('hands all of its conversations on at once, also one whose call hangs', { timeout: slow }, async ({ expect, onTestFinished }) => {
    const { promise: letGo, resolve: release } = Promise.withResolvers<void>();
    const hangs = ({ command, pid }: Call) => command.conversation === 'r0' && pid === first.pid;
    const loft = await loftWith(onTestFinished, (call) => (hangs(call) ? letGo : Promise.resolve()));
    onTestFinished(() => release());
    const rooms = Array.from({ length: 12 }, (_, n) => `r${n}`);
    const yaml = rooms.map((id) => bridgesYaml(id, `pigeon:${id}`, `raven:${id}`).replace('bridges:\n', '')).join('');
    // Nobody could wait for such a lock to run out.
    const options = { loft: loft.url, prefix: `p${randomUUID().slice(0, 8)}`, env: { LOCK_MS: '120000' }, bridges: `bridges:\n${yaml}` };
    const first = await startOn(onTestFinished, { ...options, roles: all });
    await first.said('started');
    for (const [n, id] of rooms.entries())
      for (let k = 0; k < 5; k += 1) expect(await first.post(written(n * 10 + k, { channel: room(id) }))).toBe(200);
    await vi.waitFor(() => expect(loft.calls.some(hangs)).toBe(true), patient);
    const second = await startOn(onTestFinished, { ...options, roles: 'sender,router' });
    await second.said('started');
    first.kill('SIGTERM');
    expect(await first.exit).toBe(0);
    const of = (id: string) => loft.calls.filter(({ command }) => command.conversation === id);
    await vi.waitFor(() => expect(rooms.map((id) => of(id).length)).toEqual([6, ...rooms.slice(1).map(() => 5)]), patient);
    // The call that hung may have arrived: who goes on is told.
    expect(of('r0').map(({ command, pid }) => [command.ambiguous, pid === first.pid])).toEqual([
      [false, true],
      [true, false],
      ...Array.from({ length: 4 }, () => [false, false]),
    ]);
  });
});

describe.concurrent('at the start', () => {
  test('a taken PORT is exit 1 with the fix; a taken METRICS_PORT is no reason to fail', { timeout: slow }, async ({
    expect,
    onTestFinished,
  }) => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const address = taken.address();
    const port = typeof address === 'object' && address !== null ? String(address.port) : '';
    onTestFinished(() => void taken.close());
    const [refused, other] = await Promise.all([
      startOn(onTestFinished, { env: { PORT: port } }),
      startOn(onTestFinished, { env: { METRICS_PORT: port }, roles: 'router' }),
    ]);
    expect(await refused.exit).toBe(1);
    expect(refused.stderr()).toBe(`PORT ${port} is taken by another program; stop it or set PORT to a free port.\n`);
    const started = await other.said('started');
    expect(other.lines()).toContainEqual(
      expect.objectContaining({ level: 'warn', msg: 'METRICS_PORT cannot be opened; using any free port' }),
    );
    expect((await fetch(`http://127.0.0.1:${String(started['metricsPort'])}/livez`)).status).toBe(200);
    other.kill('SIGTERM');
    expect(await other.exit).toBe(0);
  });

  test('without Redis the process lives, is not ready, and gives up with the fix', { timeout: slow }, async ({
    expect,
    onTestFinished,
  }) => {
    const nowhere = 'redis://:secret-password@127.0.0.1:1';
    const [impatient, stopped] = await Promise.all([
      startOn(onTestFinished, { redisUrl: nowhere, env: { WAIT_MS: '200' } }),
      startOn(onTestFinished, { redisUrl: nowhere, env: { METRICS_PORT: '0' } }),
    ]);
    expect(await impatient.exit).toBe(1);
    expect(impatient.stderr()).toMatch(
      /^Redis did not answer within 0 s \(.*ECONNREFUSED.*\)\. Check that it runs and that REDIS_URL is right\.\n$/,
    );
    await stopped.said('Redis does not answer');
    const watch = startStopwatch();
    stopped.kill('SIGTERM');
    expect(await stopped.exit).toBe(0);
    expect(watch.elapsedMs()).toBeLessThan(5_000 + watch.slackMs());
    for (const one of [impatient, stopped]) expect(JSON.stringify(one.lines()) + one.stderr()).not.toContain('secret-password');
  });
});
