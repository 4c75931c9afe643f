import type { RawEvent, SourceStatus, StreamContext } from '@bridge/core';
import type { TelegramSimulator } from '@bridge/simulators';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Client, createClient } from './api.ts';
import { groupId, memoryLog, startTelegram, token } from './fixtures/bridge.ts';
import { pollingSource } from './poll.ts';

let telegram: TelegramSimulator;
let client: Client;
const log = memoryLog();
beforeEach(async () => {
  telegram = await startTelegram();
  client = createClient({ token, apiRoot: telegram.url });
});
afterEach(async () => {
  expect(telegram.violations).toEqual([]);
  expect(log.lines.join('\n')).not.toContain(token.slice(8));
  await client.close();
  await telegram.close();
});

type Running = {
  readonly events: RawEvent[];
  readonly statuses: SourceStatus[];
  readonly saved: string[];
  readonly ignored: string[];
  stop(): Promise<void>;
};

/** Runs the source; `emit` may reject, which Redis being away looks like. */
function run(emit: (event: RawEvent) => Promise<void> = async () => undefined, checkpoint?: string): Running {
  const stop = new AbortController();
  const events: RawEvent[] = [];
  const statuses: SourceStatus[] = [];
  const ignored: string[] = [];
  const saved: string[] = checkpoint === undefined ? [] : [checkpoint];
  const context: StreamContext = {
    emit: async (event) => {
      await emit(event);
      events.push(event);
    },
    checkpoint: { load: async () => saved.at(-1), save: async (value) => void saved.push(value) },
    status: (status) => void statuses.push(status),
    ignored: (reason) => void ignored.push(reason),
    signal: stop.signal,
  };
  const done = pollingSource(client, log, { waitSeconds: 50, backoffMs: 5, maxBackoffMs: 20 }).run(context);
  return {
    events,
    statuses,
    saved,
    ignored,
    async stop() {
      stop.abort();
      await done;
    },
  };
}
const post = (text: string) => telegram.post({ room: groupId, author: '5550001', text });

test('messages come in order, and the offset is saved behind each', async () => {
  const running = run();
  post('one');
  post('two');
  await expect.poll(() => running.events.length).toBe(2);
  expect(running.events.map(({ conversation }) => conversation)).toEqual([groupId, groupId]);
  expect(running.events.map(({ raw }) => raw)).toMatchObject([{ message: { text: 'one' } }, { message: { text: 'two' } }]);
  await expect.poll(() => running.saved.at(-1)).toBe(String(Number(running.events[1]?.eventKey) + 1));
  await running.stop();
  expect(running.statuses.map(({ state }) => state)).toEqual(expect.arrayContaining(['connecting', 'connected', 'disconnected']));
});

test('what Redis does not take is offered again, and in order', async () => {
  let refusals = 3;
  const running = run(async () => {
    refusals -= 1;
    if (refusals >= 0) throw new Error('Redis is away');
  });
  post('one');
  post('two');
  await expect.poll(() => running.events.length).toBe(2);
  expect(running.events.map(({ raw }) => raw)).toMatchObject([{ message: { text: 'one' } }, { message: { text: 'two' } }]);
  await running.stop();
});

test('after a restart it goes on behind the last one that was taken', async () => {
  const first = run();
  post('one');
  await expect.poll(() => first.saved.length).toBe(1);
  await first.stop();
  post('two');
  const second = run(undefined, first.saved.at(-1));
  await expect.poll(() => second.events.length).toBe(1);
  expect(second.events[0]?.raw).toMatchObject({ message: { text: 'two' } });
  await second.stop();
});

test('an update that is not carried moves the offset all the same', async () => {
  const running = run();
  const id = telegram.injectUpdate({ poll: { id: '1', question: 'Tea?' } });
  await expect.poll(() => running.saved.at(-1)).toBe(String(id + 1));
  expect([running.events, running.ignored]).toEqual([[], ['unsupported-update']]);
  await running.stop();
});

test('a webhook is removed first, and what waits for it is kept', async () => {
  await client.api.setWebhook({ url: 'http://127.0.0.1:9/telegram' });
  post('waiting');
  const running = run();
  await expect.poll(() => running.events.length).toBe(1);
  expect((await client.api.getWebhookInfo()).url).toBe('');
  await running.stop();
});

test('a second poller is a failure that a person has to mend, and it goes on when that is done', async () => {
  const running = run();
  await expect.poll(() => telegram.calls.some(({ path }) => path === '/getUpdates')).toBe(true);
  await client.api.setWebhook({ url: 'http://127.0.0.1:9/telegram' });
  await expect.poll(() => running.statuses.at(-1)).toMatchObject({ state: 'failed', detail: expect.stringContaining('Stop it') });
  await client.api.deleteWebhook();
  post('again');
  await expect.poll(() => running.events.length).toBe(1);
  await running.stop();
});

test('a wrong token is a failure with its fix', async () => {
  await client.close();
  client = createClient({ token: '7000001:wrong', apiRoot: telegram.url });
  const running = run();
  await expect
    .poll(() => running.statuses.at(-1))
    .toMatchObject({ state: 'failed', detail: expect.stringContaining('TELEGRAM_BOT_TOKEN') });
  await running.stop();
});

test('an API that is away is asked again, with more and more time between', async () => {
  const gone = telegram.faults.add({ fault: { kind: 'reset' } });
  const running = run();
  await expect.poll(() => running.statuses.filter(({ state }) => state === 'disconnected').length).toBeGreaterThanOrEqual(4);
  gone();
  post('back');
  await expect.poll(() => running.events.length).toBe(1);
  await running.stop();
  const waits = log.lines.map((line) => Number(/"waitMs":(\d+)/.exec(line)?.[1])).filter((wait) => wait > 0);
  expect(Math.max(...waits)).toBe(20);
});

test('stopping does not wait for the poll under way', async () => {
  const running = run();
  await expect.poll(() => telegram.calls.some(({ path }) => path === '/getUpdates')).toBe(true);
  const begun = performance.now();
  await running.stop();
  // Of the 50 s that Telegram holds it.
  expect(performance.now() - begun).toBeLessThan(25_000);
});
