import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DeliveryError, conversationId, messageId, platformId } from '@bridge/core';
import { loadRole } from '@bridge/runtime';
import { bridgeOf, createPigeon, pigeonEvent, setStage, soon, untilTaken } from '@bridge/runtime/testing';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { runIn } from '../fixtures/fake-world.ts';

const stage = setStage();
const bridges = 'bridges:\n  - name: town\n    members: [{ platform: pigeon, loft: "1" }, { platform: pigeon, loft: "2" }]\n';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bridge-dead-'));
  await writeFile(join(folder, 'bridges.yaml'), bridges);
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** A bridge whose second loft refuses until it is mended, with three messages that died there. */
async function world() {
  const state = { broken: true, unanswered: 0, sent: [] as string[] };
  const deliver = async () => {
    if ((state.unanswered -= 1) >= 0) throw new DeliveryError('The pigeon did not come back.', { kind: 'ambiguous' });
    if (state.broken) throw new DeliveryError('The loft is locked. Open it.', { kind: 'permanent', reason: 'forbidden' });
    state.sent.push('sent');
    return { message: messageId(`c${state.sent.length}`), messageUrl: `https://pigeon.example/2/c${state.sent.length}` };
  };
  const { context, prefix } = await stage.open({
    platforms: [createPigeon({ deliver })],
    bridges: [bridgeOf('town', 'pigeon:1', 'pigeon:2')],
  });
  for (const name of ['router', 'sender'] as const) {
    const role = await (await loadRole(name)).start(context);
    stage.afterwards(() => role.stop(500));
  }
  for (const n of [1, 2, 3]) {
    const event = pigeonEvent({
      id: `pigeon_m${n}`,
      message: `m${n}`,
      eventKey: `k${n}`,
      channel: { id: '1', name: 'Loft', type: 'group' },
    });
    const raw: unknown = JSON.parse(JSON.stringify(event));
    await untilTaken(() =>
      context.queues.accept({
        v: 1,
        platform: platformId('pigeon'),
        conversation: conversationId('1'),
        eventKey: `k${n}`,
        receivedAt: Date.now(),
        raw: raw as never,
      }),
    );
  }
  const env = {
    PIGEON_TOKEN: 'a-token-of-pigeons',
    PIGEON_WEBHOOK_SECRET: 'ring',
    PUBLIC_URL: 'http://127.0.0.1:3000',
    REDIS_URL: stage.server().url,
    REDIS_PREFIX: prefix,
  };
  const run = (...args: string[]) => runIn(folder, args, env);
  await vi.waitFor(async () => expect((await run('dead', 'list')).stdout).toMatch(/^3 in outbound-pigeon.*\n {2}why {6}forbidden/), soon);
  return { state, run };
}

const ids = (text: string) => [...text.matchAll(/dead-[a-z0-9]+/g)].map(([id]) => id);

describe('bridge dead', () => {
  test('list groups them, and names each on demand', async () => {
    const { run } = await world();
    const { code, stdout, stderr } = await run('dead', 'list');
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(
      /^3 in outbound-pigeon, conversation 2\n {2}why {6}forbidden: The loft is locked\. Open it\.\n {2}when .*\n {2}behind {3}0 waiting/,
    );
    expect(ids((await run('dead', 'list', '--all')).stdout)).toHaveLength(3);
    expect(JSON.parse((await run('dead', 'list', '--json')).stdout)).toMatchObject([{ count: 3, conversation: '2' }]);
    expect(await run('dead', 'list', '--conversation', 'nowhere')).toMatchObject({ code: 0, stdout: 'There are no dead letters.\n' });
  });

  test('show tells one, and what was written only when asked', async () => {
    const { run } = await world();
    const [id = ''] = ids((await run('dead', 'list', '--all')).stdout);
    const { stdout } = await run('dead', 'show', 'outbound-pigeon', id);
    expect(JSON.parse(stdout)).toMatchObject({ reason: 'forbidden', attempts: 1, conversation: '2' });
    expect(stdout).not.toContain('hello');
    expect((await run('dead', 'show', 'outbound-pigeon', id, '--message')).stdout).toContain('hello');
    expect(await run('dead', 'show', 'outbound-pigeon', 'dead-x')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('There is no dead letter dead-x'),
    });
  });

  test('retry puts one or all back, and they arrive', async () => {
    const { run, state } = await world();
    state.broken = false;
    const [id = ''] = ids((await run('dead', 'list', '--all')).stdout);
    expect(await run('dead', 'retry', 'outbound-pigeon', id)).toMatchObject({
      code: 0,
      stdout: '1 put back at the end of their conversations.\n',
    });
    expect(await run('dead', 'retry', '--all', '--conversation', '2')).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^2 put back/),
    });
    await vi.waitFor(() => expect(state.sent).toHaveLength(3), soon);
    expect(await run('dead', 'retry', 'outbound-pigeon', id)).toMatchObject({ code: 1, stderr: expect.stringContaining('1 is not there') });
  });

  test('discard removes them for good', async () => {
    const { run } = await world();
    expect(await run('dead', 'discard', '--all')).toMatchObject({ code: 0, stdout: '3 discarded.\n' });
    expect(await run('dead', 'list')).toMatchObject({ stdout: 'There are no dead letters.\n' });
  });

  test.each([
    [[], 'list, show, retry or discard'],
    [['bury'], 'list, show, retry or discard'],
    [['retry'], 'or say --all'],
    [['retry', 'outbound-pigeon', 'x', '--all'], 'or say --all'],
    [['show', 'outbound-pigeon'], 'Name the queue and the id'],
  ])('%j is a usage error', async (args, message) => {
    expect(await runIn(folder, ['dead', ...args], { REDIS_URL: stage.server().url })).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(message),
    });
  });

  test('says what to look at where Redis is not', async () => {
    expect(await runIn(folder, ['dead', 'list'], { REDIS_URL: 'redis://127.0.0.1:1' })).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/REDIS_URL is right/),
    });
    expect(await runIn(folder, ['dead', 'list'])).toMatchObject({ code: 1, stderr: expect.stringContaining('REDIS_URL is missing') });
  });
});

describe('bridge trace', () => {
  test('tells a message’s journey by its id, its copy’s id, a link or its text', async () => {
    const { run, state } = await world();
    state.broken = false;
    await run('dead', 'retry', '--all');
    await vi.waitFor(async () => expect((await run('trace', 'pigeon', 'm3')).stdout).toContain('delivered'), soon);
    const { code, stdout, stderr } = await run('trace', 'pigeon', 'm1');
    expect([code, stderr]).toEqual([0, '']);
    const steps = stdout.split('\n').map((line) => line.replace(/\d+ ms/g, 'n ms').trim());
    expect(steps).toEqual([
      expect.stringMatching(/^pigeon_m1 in pigeon 1, received 20/),
      '+n ms  routed to pigeon 2',
      '+n ms  dead-lettered pigeon 2, attempt 1, n ms of work: The loft is locked. Open it.',
      '+n ms  retried pigeon 2, attempt 1: by a person',
      '+n ms  delivered pigeon 2, attempt 1, n ms of work as c1 https://pigeon.example/2/c1',
      '',
    ]);
    for (const args of [['pigeon', 'c1'], ['https://pigeon.example/2/c1'], ['pigeon_m1']])
      expect((await run('trace', ...args)).stdout).toBe(stdout);
    expect((await run('trace', 'HELLO')).stdout).toContain('pigeon_m1');
  });

  test('says which attempt may have been the second to arrive', async () => {
    const { run, state } = await world();
    Object.assign(state, { broken: false, unanswered: 1 });
    await run('dead', 'retry', '--all');
    const delivered = /delivered pigeon 2, attempt 2, an earlier one may have arrived, \d+ ms of work/;
    const traces = async () => Promise.all(['m1', 'm2', 'm3'].map(async (id) => (await run('trace', 'pigeon', id)).stdout));
    await vi.waitFor(async () => expect((await traces()).join('')).toMatch(delivered), soon);
  });

  test('is exit 1 with what is kept when nothing is known, and usage without a message', async () => {
    const env = { REDIS_URL: stage.server().url };
    expect(await runIn(folder, ['trace', 'pigeon', 'nothing'], env)).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringContaining('7 days, at most 25,000 messages'),
    });
    expect(await runIn(folder, ['trace'], env)).toMatchObject({ code: 2, stderr: expect.stringContaining('Say which message') });
  });
});
