import {
  type ConversationRef,
  type RawEvent,
  type SourceStatus,
  type StreamContext,
  type StreamSource,
  conversationId,
  platformId,
  userId,
} from '@bridge/core';
import { QueueUnavailable, type RunningRole } from '@bridge/runtime';
import { type TestContext, bridgeOf, createPigeon, setStage, soon } from '@bridge/runtime/testing';
import { describe, expect, test, vi } from 'vitest';
import { role } from './index.ts';
import { runSource } from './run-source.ts';

const stage = setStage();
const pigeon = platformId('pigeon');
const event = (n: number): RawEvent => ({ eventKey: `k${n}`, conversation: conversationId('loft'), raw: { n } });

/** A stream that runs until it is stopped and lets a test speak in its name. */
function scripted(): StreamSource & { readonly runs: StreamContext[]; readonly ended: number } {
  const state = { runs: [] as StreamContext[], ended: 0 };
  return {
    get runs() {
      return state.runs;
    },
    get ended() {
      return state.ended;
    },
    async run(context) {
      state.runs.push(context);
      context.status({ state: 'connected', guilds: 1 });
      await new Promise<void>((resolve) => context.signal.addEventListener('abort', () => resolve()));
      context.status({ state: 'disconnected' });
      state.ended += 1;
    },
  };
}

interface Gateway extends TestContext {
  readonly stream: ReturnType<typeof scripted>;
  readonly running: RunningRole;
}

async function startGateway(prefix?: string): Promise<Gateway> {
  const stream = scripted();
  const opened = await stage.open({
    platforms: [createPigeon({ stream })],
    roles: ['gateway'],
    ...(prefix === undefined ? {} : { prefix }),
  });
  const running = await role.start(opened.context);
  stage.afterwards(() => running.stop(500));
  return { ...opened, stream, running };
}

const said = async ({ context }: TestContext) => (await context.heartbeats.list()).map(({ sources }) => sources['pigeon']);
const connected: SourceStatus = { state: 'connected', guilds: 1 };
const leaseKey = ({ prefix }: TestContext) => `{${prefix}:0}:lease:source-pigeon`;

describe('of two gateways', () => {
  test('one holds the connection, the other stands by, is ready, and takes over when the first one stops', async () => {
    const first = await startGateway();
    await vi.waitFor(() => expect(first.stream.runs).toHaveLength(1), soon);
    const second = await startGateway(first.prefix);
    await vi.waitFor(async () => expect(await said(first)).toEqual([connected, undefined]), soon);
    expect([first.running.notReady(), second.running.notReady(), second.stream.runs]).toEqual([[], [], []]);
    const lease = await first.redis.get(leaseKey(first));
    await first.running.stop(1_000);
    expect(first.stream.ended).toBe(1);
    // Released, not run out: that would take 9 s.
    expect(await first.redis.get(leaseKey(first))).not.toBe(lease);
    await vi.waitFor(() => expect(second.stream.runs).toHaveLength(1), soon);
    await vi.waitFor(async () => expect(await said(first)).toEqual([undefined, connected]), soon);
  });

  test('the one that has lost its lease lets go and speaks for the platform no longer', async () => {
    const first = await startGateway();
    await vi.waitFor(() => expect(first.stream.runs).toHaveLength(1), soon);
    await first.redis.set(leaseKey(first), 'somebody else', 'PX', 60_000);
    await vi.waitFor(() => expect(first.stream.ended).toBe(1), soon);
    await vi.waitFor(async () => expect(await said(first)).toEqual([undefined]), soon);
    expect(first.running.notReady()).toEqual([]);
    expect(await first.metrics()).toContain('bridge_source_connected{platform="pigeon"} 0');
    expect(await first.redis.get(leaseKey(first))).toBe('somebody else');
    // A late word of the old connection must not be taken for news.
    first.stream.runs[0]?.status(connected);
    expect(await said(first)).toEqual([undefined]);
  });
});

describe('a connection', () => {
  function source(stream: StreamSource, opened: TestContext) {
    const stopping = new AbortController();
    const running = runSource({ id: pigeon, stream, context: opened.context, signal: stopping.signal, restartMs: 10 });
    const stop = async () => {
      stopping.abort();
      await running.done;
    };
    stage.afterwards(stop);
    return { ...running, stop };
  }

  test('that fails is made again, and the log has the reason', async () => {
    const opened = await stage.open();
    const stream = scripted();
    const run = vi.fn<StreamSource['run']>();
    run.mockRejectedValueOnce(new Error('reset by peer')).mockResolvedValueOnce().mockImplementation(stream.run);
    const { notReady } = source({ run }, opened);
    await vi.waitFor(() => expect(stream.runs).toHaveLength(1), soon);
    expect([run.mock.calls.length, notReady()]).toEqual([3, []]);
    expect(opened.lines).toContainEqual(
      expect.objectContaining({ level: 'error', msg: 'source failed', err: expect.objectContaining({ message: 'reset by peer' }) }),
    );
    expect(await opened.metrics()).toContain('bridge_source_connected{platform="pigeon"} 1');
  });

  test('that fails lets another gateway have a try', async () => {
    const opened = await stage.open();
    let failing = true;
    const run = async () => {
      if (failing) throw new Error('no route from here');
    };
    source({ run }, opened);
    const elsewhere = await stage.open({ prefix: opened.prefix });
    const stream = scripted();
    source(stream, elsewhere);
    await vi.waitFor(() => expect(stream.runs).toHaveLength(1), soon);
    failing = false;
  });

  test.each<[SourceStatus, string[]]>([
    [{ state: 'connecting' }, ['pigeon: connecting']],
    [{ state: 'disconnected', detail: 'reset' }, ['pigeon: reset']],
    [{ state: 'failed', detail: 'wrong token; make a new one' }, ['pigeon: wrong token; make a new one']],
    [{ state: 'connected' }, []],
  ])('that says %j is told so in readiness and heartbeat', async (status, reasons) => {
    const opened = await stage.open();
    const stream = scripted();
    const { notReady } = source(stream, opened);
    await vi.waitFor(() => expect(stream.runs).toHaveLength(1), soon);
    stream.runs[0]?.status(status);
    expect(notReady()).toEqual(reasons);
    await vi.waitFor(async () => expect(await said(opened)).toEqual([status]), soon);
  });

  test('puts events on the inbound queue, and hears when Redis does not take one', async () => {
    const opened = await stage.open({ platforms: [createPigeon()] });
    const stream = scripted();
    source(stream, opened);
    await vi.waitFor(() => expect(stream.runs).toHaveLength(1), soon);
    const [context] = stream.runs;
    await context?.emit(event(1));
    await context?.emit(event(1));
    expect((await opened.context.queues.depths())[0]).toMatchObject({ queue: 'inbound', waiting: 1 });
    await stage.server().pause();
    try {
      await expect(context?.emit(event(2))).rejects.toThrow(QueueUnavailable);
    } finally {
      await stage.server().resume();
    }
    await vi.waitFor(() => context?.emit(event(2)), soon);
    expect((await opened.context.queues.depths())[0]).toMatchObject({ waiting: 2 });
  });

  test('tells where it is to be shown that somebody writes', async () => {
    const room = bridgeOf('town', 'pigeon:loft', 'raven:tower');
    const opened = await stage.open({ bridges: [{ ...room, options: { ...room.options, typing: true } }] });
    const heard = vi.fn<(target: ConversationRef) => void>();
    const deafen = opened.context.typing.listen(heard);
    const stream = scripted();
    source(stream, opened);
    await vi.waitFor(() => expect(stream.runs).toHaveLength(1), soon);
    const typing = { conversation: conversationId('loft'), author: { id: userId('ana'), name: 'ana', displayName: 'Ana' } };
    // What is told before the other end listens is lost.
    await vi.waitFor(() => {
      stream.runs[0]?.typing?.({ ...typing, conversation: conversationId('elsewhere') });
      stream.runs[0]?.typing?.(typing);
      expect(heard).toHaveBeenCalled();
    }, soon);
    for (const [target] of heard.mock.calls) expect(target).toEqual({ platform: 'raven', conversation: 'tower' });
    deafen();
  });

  test('counts what carries nothing for a bridge, by its reason', async () => {
    const opened = await stage.open();
    const stream = scripted();
    source(stream, opened);
    await vi.waitFor(() => expect(stream.runs).toHaveLength(1), soon);
    stream.runs[0]?.ignored?.('link-unfurl');
    expect(await opened.metrics()).toContain('bridge_events_ignored_total{platform="pigeon",reason="link-unfurl"} 1');
  });

  test('finds its own checkpoint again', async () => {
    const opened = await stage.open();
    const stream = scripted();
    const { stop } = source(stream, opened);
    await vi.waitFor(() => expect(stream.runs).toHaveLength(1), soon);
    expect(await stream.runs[0]?.checkpoint.load()).toBeUndefined();
    await stream.runs[0]?.checkpoint.save('sequence 7');
    await stop();
    const later = scripted();
    source(later, await stage.open({ prefix: opened.prefix }));
    await vi.waitFor(() => expect(later.runs).toHaveLength(1), soon);
    expect(await later.runs[0]?.checkpoint.load()).toBe('sequence 7');
  });
});

test('platforms without a stream, or served by another process, have no connection here', async () => {
  const stream = scripted();
  const platforms = [createPigeon(), createPigeon({ id: 'raven', stream })];
  const { context } = await stage.open({ platforms, only: [pigeon] });
  const running = await role.start(context);
  expect(running.notReady()).toEqual([]);
  await running.stop(500);
  expect(stream.runs).toEqual([]);
});
