import { DeliveryError, messageId } from '@bridge/core';
import { expect, test, vi } from 'vitest';
import { loadRole, sendTest } from './index.ts';
import { type PigeonOptions, bridgeOf, createPigeon, setStage, soon } from './testing/index.ts';

const stage = setStage();

async function installation({
  roles = ['router', 'sender'] as const,
  ...options
}: PigeonOptions & { roles?: readonly ('router' | 'sender')[] } = {}) {
  const platforms = [createPigeon(), createPigeon({ id: 'raven', ...options })];
  const bridges = [
    bridgeOf('town', 'pigeon:a', 'raven:b'),
    { ...bridgeOf('closed', 'pigeon:c', 'raven:d'), enabled: false },
    {
      ...bridgeOf('silent', 'pigeon:e'),
      members: bridgeOf('x', 'pigeon:e').members.map((member) => ({ ...member, direction: 'in' as const })),
    },
  ];
  const opened = await stage.open({ platforms, bridges });
  for (const name of roles) {
    const running = await (await loadRole(name)).start(opened.context);
    stage.afterwards(() => running.stop(500));
  }
  const steps: string[] = [];
  const send = (bridge: string, { timeoutMs = 45_000, signal }: { timeoutMs?: number; signal?: AbortSignal } = {}) =>
    sendTest({
      target: { kind: 'single', url: stage.server().url },
      prefix: opened.prefix,
      bridge,
      text: 'is this on?',
      timeoutMs,
      ...(signal === undefined ? {} : { signal }),
      onStep: ({ step, target, targets, messages, reason }) =>
        void steps.push([step, target?.platform, targets?.length, messages?.join(), reason].filter((part) => part !== undefined).join(' ')),
    });
  return { send, steps, platforms };
}

test('a test message reaches every room, and each receipt is told', async () => {
  const { send, steps, platforms } = await installation();
  expect(await send('town')).toEqual({ done: true, failed: false });
  expect(steps[0]).toBe('routed 2');
  expect(steps.slice(1).toSorted()).toEqual(['delivered pigeon pigeon1', 'delivered raven raven1']);
  expect(platforms.flatMap(({ instance }) => instance.commands)).toMatchObject([
    { type: 'send', conversation: 'a', label: 'Bridge test (bridge)', origin: 'bridge' },
    { type: 'send', conversation: 'b' },
  ]);
  // The next one is told apart from the last one.
  expect(await send('town')).toEqual({ done: true, failed: false });
  expect(steps).toHaveLength(6);
});

test('a room that refuses it is a failure, told with its reason, and the others still get it', async () => {
  const deliver = () => Promise.reject(new DeliveryError('The bot was thrown out.', { kind: 'permanent', reason: 'forbidden' }));
  const { send, steps } = await installation({ deliver });
  expect(await send('town')).toEqual({ done: true, failed: true });
  expect(steps.slice(1).toSorted()).toEqual(['dead-lettered raven The bot was thrown out.', 'delivered pigeon pigeon1']);
});

test.each([
  ['nowhere', 'dropped no-such-bridge'],
  ['closed', 'dropped bridge-disabled'],
  ['silent', 'dropped one-way'],
])('for the bridge %s it is %s', async (bridge, expected) => {
  const { send, steps } = await installation();
  expect(await send(bridge)).toEqual({ done: true, failed: true });
  expect(steps).toEqual([expected]);
});

test('what is missing is told when the time is up', async () => {
  const without = await installation({ roles: [] });
  expect(await without.send('town', { timeoutMs: 300 })).toEqual({ done: false, missing: 'router' });
  const hanging = await installation({ deliver: () => new Promise(() => undefined) });
  const enough = new AbortController();
  const sending = hanging.send('town', { signal: enough.signal });
  await vi.waitFor(() => expect(hanging.steps).toHaveLength(2), soon);
  enough.abort();
  expect(await sending).toEqual({ done: false, missing: 'sender' });
  expect(hanging.steps.toSorted()).toEqual(['delivered pigeon pigeon1', 'routed 2']);
});

test('a sender that tries again is told as waiting, and the end is waited for', async () => {
  let tries = 0;
  const deliver = async () => {
    tries += 1;
    if (tries === 1) throw new DeliveryError('Slow down.', { kind: 'rate-limited', retryAfterMs: 50, scope: 'conversation' });
    return { message: messageId('late') };
  };
  const { send, steps } = await installation({ deliver });
  expect(await send('town')).toEqual({ done: true, failed: false });
  expect(steps).toEqual(expect.arrayContaining(['waiting raven Slow down.', 'delivered raven late']));
});
