import { once } from 'node:events';
import { type Server, createServer } from 'node:http';
import { createLogger } from '@bridge/runtime';
import type { JourneyStep } from '@bridge/runtime';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Feed } from './feed.ts';
import type { StatusView, StepView } from './protocol.ts';
import { type HealthOptions, watchHealth, watchJourneys } from './watch.ts';

/** Notes what a feed is told. */
function notingFeed() {
  const statuses: StatusView[] = [];
  const steps: StepView[] = [];
  const feed: Feed = {
    add: () => undefined,
    step: (step) => void steps.push(step),
    setStatus: (status) => {
      if (JSON.stringify(statuses.at(-1)) !== JSON.stringify(status)) statuses.push(status);
    },
    setLedger: () => undefined,
    setFaults: () => undefined,
    close: () => undefined,
  };
  return { feed, statuses, steps };
}

/** A bridge that answers /health with what it is told to; closed at first. Its port stays its own also while it is closed. */
async function healthServer() {
  let answer: unknown;
  const server: Server = createServer((_request, response) => void response.end(JSON.stringify(answer)));
  server.on('connection', (socket) => (answer === undefined ? socket.destroy() : undefined));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const close = () => {
    answer = undefined;
    server.closeAllConnections();
  };
  onTestFinished(() => {
    close();
    server.close();
  });
  return {
    url: new URL(`http://127.0.0.1:${port}`),
    close,
    open: (status: unknown) => void (answer = status),
  };
}

describe('watchHealth', () => {
  const waiting = { timeout: 45_000, interval: 20 };

  /** What the pages are told, until `stop`. */
  function watch(ingress: URL, more: Pick<HealthOptions, 'bridge' | 'everyMs'> = {}) {
    const { feed, statuses } = notingFeed();
    const stopping = new AbortController();
    const watching = watchHealth({ ingress, feed, signal: stopping.signal, ...more });
    const stop = async () => {
      stopping.abort();
      await watching;
    };
    return { statuses, stop };
  }

  it('tells a start from a silence, and both from a restart', async () => {
    const bridge = await healthServer();
    const process = { restarts: 0, killed: new AbortController().signal };
    const { statuses, stop } = watch(bridge.url, { bridge: process, everyMs: 50 });
    await vi.waitFor(() => expect(statuses).toEqual([{ state: 'starting' }]), waiting);
    bridge.open({ status: 'degraded', problems: ['discord: connecting', 'telegram: off'] });
    await vi.waitFor(() => expect(statuses.at(-1)).toEqual({ state: 'degraded', detail: 'discord: connecting' }), waiting);
    bridge.open({ status: 'healthy' });
    await vi.waitFor(() => expect(statuses.at(-1)).toEqual({ state: 'healthy' }), waiting);
    bridge.close();
    await vi.waitFor(() => expect(statuses.at(-1)).toEqual({ state: 'unhealthy', detail: 'it does not answer' }), waiting);
    process.restarts = 1;
    await vi.waitFor(() => expect(statuses.at(-1)).toEqual({ state: 'restarting' }), waiting);
    bridge.open({ status: 'healthy' });
    await vi.waitFor(() => expect(statuses.at(-1)).toEqual({ state: 'healthy' }), waiting);
    await stop();
  });

  it('tells of a kill at once, however soon the bridge is up again', async () => {
    const bridge = await healthServer();
    bridge.open({ status: 'healthy' });
    const killing = new AbortController();
    const process = { restarts: 0, killed: killing.signal };
    // The next question of its own is far away.
    const { statuses, stop } = watch(bridge.url, { bridge: process, everyMs: 600_000 });
    await vi.waitFor(() => expect(statuses.at(-1)).toEqual({ state: 'healthy' }), waiting);
    const before = statuses.length;
    bridge.close();
    Object.assign(process, { restarts: 1, killed: new AbortController().signal });
    killing.abort();
    await vi.waitFor(() => expect(statuses.slice(before)).toEqual([{ state: 'restarting' }]), waiting);
    await stop();
  });

  it('takes an answer that it does not understand for none', async () => {
    const bridge = await healthServer();
    bridge.open({ status: 'splendid' });
    const { statuses, stop } = watch(bridge.url);
    await vi.waitFor(() => expect(statuses).toEqual([{ state: 'starting' }]), waiting);
    await stop();
  });
});

describe('watchJourneys', () => {
  const step: JourneyStep = {
    event: 'discord_1',
    eventKey: 'k',
    type: 'message.created',
    step: 'routed',
    at: 2,
    receivedAt: 1,
    targets: [
      { platform: 'telegram', conversation: '-100' },
      { platform: 'cometchat', conversation: 'group_x' },
    ],
  };

  it('passes the steps on with the platforms they are about', async () => {
    const { log } = await createLogger({ level: 'silent', secrets: [], base: {} });
    const { feed, steps } = notingFeed();
    async function* follow() {
      yield step;
      yield { ...step, step: 'delivered', target: { platform: 'telegram', conversation: '-100' } } satisfies JourneyStep;
    }
    await watchJourneys(follow(), feed, log);
    expect(steps).toMatchObject([
      { step: 'routed', targets: ['telegram', 'cometchat'] },
      { step: 'delivered', target: 'telegram' },
    ]);
  });

  it('ends quietly when they cannot be followed', async () => {
    const { log } = await createLogger({ level: 'silent', secrets: [], base: {} });
    const { feed, steps } = notingFeed();
    async function* follow(): AsyncGenerator<JourneyStep> {
      yield step;
      throw new Error('Redis is gone');
    }
    await expect(watchJourneys(follow(), feed, log)).resolves.toBeUndefined();
    expect(steps).toHaveLength(1);
  });
});
