import { expect, it, vi } from 'vitest';
import type { ServerEvent, StepView } from './protocol.ts';
import { type SandboxPage, openSandboxPage } from './testing/sandbox-page.ts';

const waiting = { timeout: 45_000, interval: 10 };
const discordOf = ({ world }: SandboxPage) => {
  const chat = world.chats.find(({ platform }) => platform === 'discord');
  if (!chat) throw new Error('no Discord');
  return chat;
};
const kai = '1300000000000000001';
const step = (eventKey: string, receivedAt: number, more: Partial<StepView> = {}): StepView => ({
  event: `discord_${eventKey}`,
  eventKey,
  type: 'message.created',
  step: 'routed',
  at: receivedAt + 5,
  receivedAt,
  ...more,
});
const stateOf = (events: readonly ServerEvent[]) => {
  const [first] = events;
  if (first?.kind !== 'state') throw new Error(`the first event is ${first?.kind}`);
  return first;
};

it('tells a page that opens the whole state first', async () => {
  const page = await openSandboxPage();
  discordOf(page).post(kai, 'a **bold** word');
  const { chats, status, steps } = stateOf(await page.watch());
  expect(status).toEqual({ state: 'starting' });
  expect(steps).toEqual([]);
  expect(chats.map(({ platform, people, messages }) => [platform, people.map(({ name }) => name), messages.length])).toEqual([
    ['cometchat', ['Ana', 'Bo', 'Chidi'], 0],
    ['discord', ['Kai', 'Mei', 'Noor'], 1],
    ['telegram', ['Lin', 'Olu', 'Sofía'], 0],
  ]);
  expect(chats[1]?.messages[0]).toMatchObject({
    author: { name: 'Kai' },
    text: 'a bold word',
    body: ['a ', { style: 'bold', spans: ['bold'] }, ' word'],
    written: 'a **bold** word',
    viaApi: false,
    deleted: false,
  });
});

it('gives every person a picture that the page may show', async () => {
  const page = await openSandboxPage();
  for (const { people } of stateOf(await page.watch()).chats) {
    for (const { avatarUrl } of people) {
      const response = await fetch(avatarUrl);
      expect([response.status, response.headers.get('content-type')]).toEqual([200, expect.stringContaining('image/svg+xml')]);
      expect(response.headers.get('cross-origin-resource-policy')).toBe('cross-origin');
    }
  }
});

it('tells every page of every change', async () => {
  const page = await openSandboxPage();
  const watchers = await Promise.all([page.watch(), page.watch()]);
  discordOf(page).post(kai, 'one');
  const [message] = discordOf(page).simulator.messages(discordOf(page).room);
  discordOf(page).edit(message?.id ?? '', 'two');
  discordOf(page).remove(message?.id ?? '');
  for (const events of watchers) {
    await vi.waitFor(() => expect(events).toHaveLength(4), waiting);
    expect(events.slice(1)).toMatchObject([
      { kind: 'change', platform: 'discord', message: { text: 'one' } },
      { kind: 'change', platform: 'discord', message: { text: 'two', editedAt: expect.any(Number) } },
      { kind: 'change', platform: 'discord', message: { id: message?.id, text: '', body: [], deleted: true } },
    ]);
  }
});

it('says the same status once', async () => {
  const page = await openSandboxPage();
  const events = await page.watch();
  page.feed.setStatus({ state: 'starting' });
  page.feed.setStatus({ state: 'healthy' });
  page.feed.setStatus({ state: 'healthy' });
  page.feed.setStatus({ state: 'degraded', detail: 'discord: connecting' });
  page.feed.setStatus({ state: 'degraded', detail: 'discord: closed' });
  await vi.waitFor(() => expect(events).toHaveLength(4), waiting);
  expect(events.slice(1).map((event) => event.kind === 'status' && event.status)).toEqual([
    { state: 'healthy' },
    { state: 'degraded', detail: 'discord: connecting' },
    { state: 'degraded', detail: 'discord: closed' },
  ]);
  expect(stateOf(await page.watch()).status).toEqual({ state: 'degraded', detail: 'discord: closed' });
});

it('keeps the steps of the newest event for pages that open later', async () => {
  const page = await openSandboxPage();
  const events = await page.watch();
  const old = step('1', 1_000);
  const routed = step('2', 2_000, { targets: ['telegram'] });
  const delivered = step('2', 2_000, { step: 'delivered', target: 'telegram' });
  const late = step('1', 1_000, { step: 'delivered', target: 'telegram' });
  for (const one of [old, routed, delivered, late]) page.feed.step(one);
  await vi.waitFor(() => expect(events).toHaveLength(5), waiting);
  expect(stateOf(await page.watch()).steps).toEqual([routed, delivered]);
});

it('shows the last 200 messages, and says how many there were before', async () => {
  const page = await openSandboxPage();
  for (let number = 1; number <= 203; number += 1) discordOf(page).post(kai, `number ${number}`);
  const chat = stateOf(await page.watch()).chats[1];
  expect([chat?.older, chat?.messages.length, chat?.messages[0]?.text, chat?.messages.at(-1)?.text]).toEqual([
    3,
    200,
    'number 4',
    'number 203',
  ]);
});

it('forgets a page that has gone, and ends the others when it closes', async () => {
  const page = await openSandboxPage();
  const leaving = new AbortController();
  await page.ask('/api/events', { signal: leaving.signal });
  leaving.abort();
  const staying = await page.ask('/api/events');
  discordOf(page).post(kai, 'still told');
  page.feed.close();
  expect(await staying.text()).toContain('still told');
});
