import { createLogger } from '@bridge/runtime';
import { onTestFinished } from 'vitest';
import { createBreaking } from '../breaking.ts';
import { type Feed, createFeed } from '../feed.ts';
import { type PageOptions, startPage } from '../page-server.ts';
import type { ServerEvent } from '../protocol.ts';
import { type World, createWorld } from '../world.ts';

/** The page's server on the three simulators, without a bridge between them. */
export interface SandboxPage {
  readonly url: string;
  readonly world: World;
  readonly feed: Feed;
  /** Like `fetch`, relative to the page. */
  ask(path: string, init?: RequestInit): Promise<Response>;
  write(method: string, body: unknown, headers?: Readonly<Record<string, string>>): Promise<Response>;
  /** What a page that opens now is told, from the first event on; grows. */
  watch(): Promise<readonly ServerEvent[]>;
}

/** Closed when the test ends. */
export async function openSandboxPage(options: Pick<PageOptions, 'consolePort'> = {}): Promise<SandboxPage> {
  const { log } = await createLogger({ level: 'silent', secrets: [], base: {} });
  const world = await createWorld();
  const feed = createFeed(world);
  const breaking = createBreaking({ world, kill: () => undefined, silence: () => Promise.resolve() });
  const server = await startPage({ world, feed, breaking, log, port: 0, ...options });
  const leaving = new AbortController();
  onTestFinished(async () => {
    leaving.abort();
    feed.close();
    await server.close();
    await world.close();
  });
  const url = `http://127.0.0.1:${server.port}`;
  const ask: SandboxPage['ask'] = (path, init) => fetch(new URL(path, url), init);
  return {
    url,
    world,
    feed,
    ask,
    write: (method, body, headers = {}) =>
      ask('/api/messages', {
        method,
        headers: { 'content-type': 'application/json', ...headers },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      }),
    watch: async () => {
      const events: ServerEvent[] = [];
      const { body } = await ask('/api/events', { signal: leaving.signal });
      if (!body) throw new Error('the feed has no body');
      const first = Promise.withResolvers<void>();
      void collect(body, events, first.resolve).catch(() => undefined);
      await first.promise;
      return events;
    },
  };
}

async function collect(body: ReadableStream<Uint8Array>, events: ServerEvent[], came: () => void): Promise<void> {
  let text = '';
  for await (const chunk of body.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    const lines = text.split('\n');
    text = lines.pop() ?? '';
    for (const line of lines) {
      if (!line.startsWith('data: ')) continue;
      events.push(JSON.parse(line.slice('data: '.length)));
      came();
    }
  }
}
