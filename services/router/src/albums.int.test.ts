import { type BridgeEvent, conversationId, messageId, platformId } from '@bridge/core';
import { acceptEvent, loadRole } from '@bridge/runtime';
import { type TestContext, bridgeOf, createPigeon, pigeonEvent, setStage, soon, untilTaken } from '@bridge/runtime/testing';
import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { createRouter, role } from './index.ts';

const stage = setStage();
const source = platformId('pigeon');
const bridges = [bridgeOf('town', 'pigeon:loft', 'raven:tower')];
const platforms = [createPigeon(), createPigeon({ id: 'raven' })];
const open = (prefix?: string) => stage.open({ platforms, bridges, ...(prefix === undefined ? {} : { prefix }) });

const picture = (n: number, album?: string, text = '') =>
  pigeonEvent({
    id: `pigeon_m${n}`,
    message: `m${n}`,
    eventKey: `k${n}`,
    ...(album === undefined ? {} : { album }),
    content: {
      text,
      attachments: [{ kind: 'image', name: 'a.jpg', handle: `h${n}` }],
      metadata: {},
      body: text === '' ? [] : [{ type: 'paragraph', children: [{ type: 'text', text }] }],
    },
  });

const accept = ({ context }: TestContext, event: BridgeEvent) =>
  untilTaken(() =>
    acceptEvent(context, source, { eventKey: event.eventKey, conversation: event.channel.id, raw: JSON.parse(JSON.stringify(event)) }),
  );
async function start({ context }: TestContext, router = role) {
  const running = await router.start(context);
  stage.afterwards(() => running.stop(500));
  return running;
}
/** It looks again only when it is told to: however long the test takes, no part of an album comes too late. */
const patient = createRouter({ betweenMs: 600_000, longestMs: 600_000 });
const inbound = ({ context }: TestContext) => {
  const queue = context.queues.jobs.find(({ name }) => name === 'inbound');
  if (queue === undefined) throw new Error('no inbound queue');
  return queue;
};
/** Until a router waits for more of an album. */
const waiting = (world: TestContext) => vi.waitFor(async () => expect(await inbound(world).getDelayedCount()).toBe(1), soon);
async function lookAgain(world: TestContext) {
  await waiting(world);
  for (const job of await inbound(world).getDelayed()) await job.promote();
}
/** What waits for the raven's sender, as the ids of the messages that each delivery shows. */
const routed = async ({ redis, prefix }: TestContext): Promise<readonly (readonly string[])[]> =>
  (await redis.lrange(`{${prefix}:0}:mailbox:outbound-raven:tower`, 0, -1)).map((entry) => {
    const { event } = JSON.parse(entry.slice(entry.indexOf('\n') + 1));
    return [event.message, ...(event.parts ?? [])];
  });
const empty = ({ context }: TestContext) => vi.waitFor(async () => expect((await context.queues.depths())[0]?.waiting).toBe(0), soon);

describe('an album', () => {
  test('that arrives part by part is one message', async () => {
    const world = await open();
    await start(world, patient);
    await accept(world, picture(1, 'x'));
    await waiting(world);
    for (const n of [2, 3]) await accept(world, picture(n, 'x', n === 2 ? 'at the sea' : ''));
    await lookAgain(world);
    await waiting(world);
    await accept(world, picture(4, 'x'));
    await lookAgain(world);
    await empty(world);
    await accept(world, picture(5));
    await vi.waitFor(async () => expect(await routed(world)).toEqual([['m1', 'm2', 'm3', 'm4'], ['m5']]), soon);
    const steps = (await world.context.journeys.recent(50)).map(({ step, event, reason }) => [step, event, reason ?? '']);
    expect(steps).toEqual([
      ['routed', 'pigeon_m1', ''],
      ['dropped', 'pigeon_m2', 'album-part'],
      ['dropped', 'pigeon_m3', 'album-part'],
      ['dropped', 'pigeon_m4', 'album-part'],
      ['routed', 'pigeon_m5', ''],
    ]);
  });

  test('goes on at once when something else comes behind it', async () => {
    const world = await open();
    for (const event of [picture(1, 'x'), picture(2, 'x'), picture(3)]) await accept(world, event);
    await start(world, patient);
    await empty(world);
    expect(await routed(world)).toEqual([['m1', 'm2'], ['m3']]);
  });

  test('whose parts come far apart is two messages', async () => {
    const world = await open();
    await start(world);
    const began = performance.now();
    await accept(world, picture(1, 'x'));
    await empty(world);
    // It did wait for a second part, and then no longer.
    expect(performance.now() - began).toBeGreaterThan(300);
    await accept(world, picture(2, 'x'));
    await empty(world);
    expect(await routed(world)).toEqual([['m1'], ['m2']]);
  });

  test('that a router had begun to wait for when it was stopped is gathered by another', async () => {
    const first = await open();
    const running = await start(first, patient);
    await accept(first, picture(1, 'x'));
    await waiting(first);
    await running.stop(500);
    await accept(first, picture(2, 'x'));
    const other = await open(first.prefix);
    await start(other);
    await lookAgain(other);
    await empty(other);
    expect(await routed(other)).toEqual([['m1', 'm2']]);
  });

  test('is not gathered where it is not bridged, beyond a count', async () => {
    const world = await open();
    await start(world);
    const elsewhere = { channel: { id: 'elsewhere', name: 'e', type: 'group' } } as const;
    for (const n of [1, 2])
      await accept(world, { ...picture(n, 'x'), ...elsewhere, channel: { ...picture(n).channel, id: conversationId('elsewhere') } });
    await empty(world);
    expect([await routed(world), await world.context.journeys.recent(9)]).toEqual([[], []]);
  });
});

describe('whatever stands in a mailbox', () => {
  const mail = fc.array(fc.constantFrom<(string | undefined)[]>('x', 'x', 'x', 'y', undefined), { minLength: 1, maxLength: 40 });
  /** Runs of one album, ten at most. */
  const runs = (albums: readonly (string | undefined)[]) => {
    const expected: { readonly album: string | undefined; readonly ids: string[] }[] = [];
    for (const [n, album] of albums.entries()) {
      const last = expected.at(-1);
      if (last !== undefined && album !== undefined && last.album === album && last.ids.length < 10) last.ids.push(`m${n}`);
      else expected.push({ album, ids: [`m${n}`] });
    }
    return expected.map(({ ids }) => ids);
  };

  test('is taken once, in order, each album whole, by however many routers', { timeout: 120_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(mail, async (albums) => {
        const world = await open();
        for (const [n, album] of albums.entries()) await accept(world, picture(n, album));
        const others = await Promise.all([open(world.prefix), open(world.prefix)]);
        const roles = await Promise.all([world, ...others].map(({ context }) => role.start(context)));
        await empty(world);
        expect(await routed(world)).toEqual(runs(albums));
        await Promise.all(roles.map((running) => running.stop(500)));
      }),
      { numRuns: 15 },
    );
  });
});

test('an edit of, a reply and a reaction to any part find what became of the album', async () => {
  const raven = createPigeon({ id: 'raven' });
  const world = await stage.open({ platforms: [createPigeon(), raven], bridges });
  const sender = await (await loadRole('sender')).start(world.context);
  stage.afterwards(() => sender.stop(500));
  for (const event of [picture(1, 'x', 'at the sea'), picture(2, 'x'), picture(3, 'x')]) await accept(world, event);
  const about = (n: number, key: string, change: object) =>
    pigeonEvent({ ...picture(n), eventKey: key, type: 'message.created', ...change });
  await accept(
    world,
    about(3, 'e3', { type: 'message.edited', revision: '2', content: { ...picture(3, undefined, 'in the sea').content } }),
  );
  await accept(world, about(2, 'e2', { type: 'message.edited', revision: '3' }));
  await accept(world, about(2, 'l2', { type: 'reaction.added', emoji: '👍' }));
  await accept(world, about(9, 'k9', { replyTo: { message: 'm2' } }));
  await start(world);
  await vi.waitFor(() => expect(raven.instance.commands).toHaveLength(4), soon);
  const shown = raven.instance.commands.map((command) => [command.type, 'message' in command ? command.message : (command.replyTo ?? '')]);
  // The second edit left its part without words, which it never had.
  expect(shown).toEqual([
    ['send', ''],
    ['edit', 'raven1'],
    ['react', 'raven1'],
    ['send', 'raven1'],
  ]);
  expect(messageId('m1')).toBe('m1');
});
