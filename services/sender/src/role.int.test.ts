import { randomUUID } from 'node:crypto';
import { DeliveryError, conversationId, messageId, platformId } from '@bridge/core';
import { acceptEvent, loadRole } from '@bridge/runtime';
import {
  type BridgeProcess,
  type Call,
  type PigeonOptions,
  bridgeOf,
  createPigeon,
  pigeonEvent,
  setStage,
  soon,
  startBridgeProcess,
  startLoft,
  untilTaken,
} from '@bridge/runtime/testing';
import { describe, expect, test, vi } from 'vitest';
import { parts } from './fixtures/attempts.ts';
import { role } from './index.ts';

const stage = setStage();
const source = platformId('pigeon');
const written = (n: number, change: object = {}) =>
  pigeonEvent({ id: `pigeon_m${n}`, message: `m${n}`, eventKey: `k${n}`, channel: { id: 'a', name: 'a', type: 'group' }, ...change });

async function bridge(options: PigeonOptions = {}) {
  const raven = createPigeon({ id: 'raven', maxLength: 16, ...options });
  const opened = await stage.open({ platforms: [createPigeon(), raven], bridges: [bridgeOf('town', 'pigeon:a', 'raven:b')] });
  const router = await (await loadRole('router')).start(opened.context);
  const sender = await role.start(opened.context);
  stage.afterwards(() => Promise.all([router.stop(500), sender.stop(500)]).then(() => undefined));
  const accept = (event: ReturnType<typeof pigeonEvent>) =>
    untilTaken(() =>
      acceptEvent(opened.context, source, {
        eventKey: event.eventKey,
        conversation: event.channel.id,
        raw: JSON.parse(JSON.stringify(event)),
      }),
    );
  return { ...opened, accept, raven, commands: () => raven.instance.commands.map(({ type, step, ambiguous }) => [type, step, ambiguous]) };
}

test('a delivery of several steps that fails in between is finished in order, before anything behind it', async () => {
  let calls = 0;
  const deliver = async () => {
    calls += 1;
    if (calls === 2) throw new DeliveryError('Slow down.', { kind: 'rate-limited', retryAfterMs: 100, scope: 'conversation' });
    if (calls === 4) throw new DeliveryError('Gone.', { kind: 'permanent', reason: 'invalid' });
    return { message: messageId(`r${calls}`) };
  };
  const { accept, commands, context, raven } = await bridge({ deliver });
  await accept(written(1, parts('one', 'two')));
  await accept(written(2));
  await accept(written(3));
  await vi.waitFor(() => expect(calls).toBe(5), soon);
  expect(commands()).toEqual([
    ['send', 0, false],
    ['send', 1, false],
    ['send', 1, false],
    ['send', 0, false],
    ['send', 0, false],
  ]);
  expect(new Set(raven.instance.commands.slice(0, 3).map(({ delivery }) => delivery)).size).toBe(1);
  const ref = (n: number) => ({ platform: source, conversation: conversationId('a'), message: messageId(`m${n}`) });
  const target = { platform: raven.platform.id, conversation: conversationId('b') };
  await vi.waitFor(async () => expect((await context.copies.copiesOf(ref(3), target)).map(({ message }) => message)).toEqual(['r5']), soon);
  expect((await context.copies.copiesOf(ref(1), target)).map(({ message }) => message)).toEqual(['r1', 'r3']);
  const steps = (await context.journeys.recent(20)).filter(({ step }) => step !== 'routed').map(({ event, step }) => `${event} ${step}`);
  expect(steps).toEqual(['pigeon_m1 waiting', 'pigeon_m1 delivered', 'pigeon_m2 dead-lettered', 'pigeon_m3 delivered']);
});

test('a rejected credential pauses the platform, which /health can tell, and loses nothing', async () => {
  const { accept, context, commands } = await bridge({
    deliver: () => Promise.reject(new DeliveryError('The token was rejected.', { kind: 'unauthorised' })),
  });
  await accept(written(1));
  await accept(written(2));
  const depth = async () => (await context.queues.depths()).find(({ queue }) => queue === 'outbound-raven');
  await vi.waitFor(
    async () => expect(await depth()).toMatchObject({ pausedReason: expect.stringContaining('The token was rejected.') }),
    soon,
  );
  await vi.waitFor(async () => expect(await depth()).toMatchObject({ waiting: 2, dead: 0 }), soon);
  expect(commands()).toHaveLength(1);
});

describe('a process that is killed', () => {
  test('after two steps of three is followed by one that goes on at the third, and doubts that alone', { timeout: 180_000 }, async () => {
    const { promise: begun, resolve: begin } = Promise.withResolvers<Call>();
    const loft = await startLoft(async (call) => {
      if (call.command.step !== 2 || call.command.ambiguous) return;
      begin(call);
      await new Promise(() => undefined);
    });
    const prefix = `p${randomUUID().slice(0, 8)}`;
    const options = { redisUrl: stage.server().url, prefix, loft: loft.url, env: { LOCK_MS: '5000' } };
    const [first, second] = await Promise.all([
      startBridgeProcess({ ...options, roles: 'ingress,router,sender' }),
      startBridgeProcess({ ...options, roles: 'sender' }),
    ]);
    stage.afterwards(() => Promise.all([first.remove(), second.remove(), loft.close()]).then(() => undefined));
    await Promise.all([first.said('started'), second.said('started')]);
    expect(await first.post(written(1, parts('one', 'two', 'three')))).toBe(200);
    expect(await first.post(written(2))).toBe(200);
    const victim = (await begun).pid === first.pid ? first : second;
    victim.kill('SIGKILL');
    const survivor: BridgeProcess = victim === first ? second : first;
    await vi.waitFor(() => expect(loft.calls).toHaveLength(5), { timeout: 60_000, interval: 20 });
    expect(
      loft.calls.map(({ text, command, pid }) => [text.replaceAll('.', ''), command.step, command.ambiguous, pid === victim.pid]),
    ).toEqual([
      ['one', 0, false, true],
      ['two', 1, false, true],
      ['three', 2, false, true],
      ['three', 2, true, false],
      ['hello', 0, false, false],
    ]);
    expect(new Set(loft.calls.slice(0, 4).map(({ command }) => command.delivery)).size).toBe(1);
    await vi.waitFor(
      () => expect(survivor.lines().filter(({ msg, outcome }) => msg === 'delivery.attempted' && outcome === 'delivered')).toHaveLength(2),
      soon,
    );
    expect(survivor.lines().find(({ msg }) => msg === 'delivery.attempted')).toMatchObject({ ambiguous: true, steps: 3, attempt: 2 });
  });
});
