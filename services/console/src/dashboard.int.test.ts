import { setStage, soon } from '@bridge/runtime/testing';
import { describe, expect, test, vi } from 'vitest';
import { type World, dying, groups, openWorld } from './fixtures/world.ts';
import type { MessagesView } from './protocol.ts';

const stage = setStage();
const world = (options: Parameters<typeof openWorld>[1] = {}) => openWorld(stage, options);

describe('the BullMQ dashboard', () => {
  test('loads nothing from elsewhere', async () => {
    const it = await world({ roles: [] });
    const html = await (await it.ask('/bullmq/')).text();
    expect(html).toContain('<base href="/bullmq/"');
    expect(html).toContain('<title>BullMQ dashboard</title>');
    expect(html).not.toMatch(/https?:\/\//);
    const scripts = [...html.matchAll(/src="([^"]+)"/g)].map(([, path]) => path ?? '');
    expect(scripts.length).toBeGreaterThan(2);
    for (const path of scripts) expect((await it.ask(`/bullmq/${path}`)).status).toBe(200);
  });

  test('shows every queue, and of what people wrote nothing', async () => {
    const it = await world();
    await dying(it, 1);
    const text = await (await it.ask('/bullmq/api/queues?activeQueue=outbound-raven-dead&status=failed&page=1&jobsPerPage=10')).text();
    expect(text).toContain('The raven was thrown out');
    expect(text).toContain('(hidden; CONSOLE_SHOW_MESSAGES=true shows it)');
    expect(text).not.toContain('hello');
    const { id } = JSON.parse(text).queues.find(({ name }: { name: string }) => name === 'outbound-raven-dead').jobs[0];
    for (const path of [
      `/bullmq/api/queues/outbound-raven-dead/${id}`,
      `/bullmq/api/queues/outbound-raven-dead/${id}/flow`,
      `/bullmq/api/queues/outbound-raven-dead/${id}/logs`,
    ])
      expect(await (await it.ask(path)).text()).not.toContain('hello');
    expect(JSON.parse(text).queues.map(({ name }: { name: string }) => name)).toEqual([
      'inbound',
      'inbound-dead',
      'outbound-pigeon',
      'outbound-pigeon-dead',
      'outbound-raven',
      'outbound-raven-dead',
    ]);
  });

  const put = (it: World, path: string, method = 'PUT') =>
    it.ask(`/bullmq/api/queues/${path}`, {
      method,
      headers: { 'sec-fetch-site': 'same-origin', 'content-type': 'application/json' },
      body: '{}',
    });

  test('only shows, unless more is allowed', async () => {
    const it = await world();
    await dying(it, 1);
    for (const path of ['outbound-raven-dead/retry/failed', 'inbound/pause', 'inbound/obliterate'])
      expect([(await put(it, path)).status, await (await put(it, path)).text()]).toEqual([
        403,
        expect.stringContaining('CONSOLE_DASHBOARD_WRITES'),
      ]);
    expect((await groups(it)).total).toBe(1);
  });

  test('retries where that is allowed, and still does nothing that would lose a message', async () => {
    const it = await world({ dashboardWrites: true });
    await dying(it, 1, 2);
    for (const [path, method] of [
      ['inbound/obliterate', 'PUT'],
      ['inbound/empty', 'PUT'],
      ['inbound/add', 'POST'],
      ['outbound-raven-dead/x/update-data', 'PATCH'],
      ['inbound/concurrency', 'PUT'],
      ['pause', 'PUT'],
    ] as const)
      expect([path, (await put(it, path, method)).status]).toEqual([path, 403]);
    expect((await put(it, 'outbound-raven-dead/retry/failed')).status).toBe(200);
    await vi.waitFor(async () => expect((await groups(it)).total).toBe(0), soon);
    for (const n of [1, 2])
      await vi.waitFor(
        async () => expect((await it.get<MessagesView>(`/api/messages?q=m${n}`)).journeys[0]?.steps.at(-1)?.step).toBe('delivered'),
        soon,
      );
  });
});
