import { once } from 'node:events';
import { type Socket, connect, createServer } from 'node:net';
import { describe, expect, test, vi } from 'vitest';
import { createPigeon, setStage, soon } from './testing/index.ts';

const stage = setStage();

interface Break {
  /** Breaks when these words come for the nth time, */
  readonly words: string;
  readonly nth: number;
  /** and stays closed that long, milliseconds. */
  readonly closedMs: number;
}

/** A way to Redis that breaks. */
async function brittleWay({ words, nth, closedMs }: Break): Promise<{ readonly url: string; broke(): boolean }> {
  const sockets = new Set<Socket>();
  let reopenAt: number | undefined;
  let seen = 0;
  const upstream = new URL(stage.server().url);
  const breakAll = () => {
    reopenAt = performance.now() + closedMs;
    for (const socket of sockets) socket.destroy();
  };
  const server = createServer((socket) => {
    if (performance.now() < (reopenAt ?? 0)) return void socket.destroy();
    const redis = connect(Number(upstream.port), upstream.hostname);
    for (const end of [socket, redis]) {
      sockets.add(end);
      end.on('error', () => undefined);
      end.once('close', () => {
        sockets.delete(end);
        socket.destroy();
        redis.destroy();
      });
    }
    redis.pipe(socket);
    socket.on('data', (chunk) => {
      if (chunk.includes(words)) seen += 1;
      if (reopenAt === undefined && seen === nth) breakAll();
      else redis.write(chunk);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  stage.afterwards(async () => {
    breakAll();
    server.close();
    await once(server, 'close');
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return { url: `redis://127.0.0.1:${address.port}`, broke: () => reopenAt !== undefined };
}

describe('Redis that goes away while a process starts', () => {
  test.each([
    // Each of two connections asks when it is opened.
    ['as the queues are opened', { words: 'info', nth: 3 }],
    ['as the first key is asked for', { words: 'media-key', nth: 1 }],
  ])('%s is waited for', async (_when, what) => {
    const way = await brittleWay({ ...what, closedMs: 1_500 });
    const { context } = await stage.open({ platforms: [createPigeon()], through: way.url });
    expect(way.broke()).toBe(true);
    expect(await context.queues.depths()).toHaveLength(2);
  });

  test('keeps nobody waiting who wants it to stop', async () => {
    const way = await brittleWay({ words: 'info', nth: 3, closedMs: 40_000 });
    const stopping = new AbortController();
    const ended = stage.open({ platforms: [createPigeon()], through: way.url, signal: stopping.signal }).catch((error: unknown) => error);
    await vi.waitFor(() => expect(way.broke()).toBe(true), soon);
    stopping.abort(new Error('enough'));
    expect(await ended).toEqual(new Error('enough'));
  });
});
