import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DeliveryError } from '@bridge/core';
import { loadRole } from '@bridge/runtime';
import { type PigeonOptions, bridgeOf, createPigeon, setStage } from '@bridge/runtime/testing';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { runIn } from '../fixtures/fake-world.ts';

const stage = setStage();
const bridges = 'bridges:\n  - name: town\n    members: [{ platform: pigeon, loft: "1" }, { platform: pigeon, loft: "2" }]\n';
const env = {
  PIGEON_TOKEN: 'a-token-of-pigeons',
  PIGEON_WEBHOOK_SECRET: 'ring',
  PUBLIC_URL: 'http://127.0.0.1:3000',
  REDIS_URL: 'redis://127.0.0.1:1',
};

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bridge-send-'));
  await writeFile(join(folder, 'bridges.yaml'), bridges);
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const send = (args: readonly string[], change: Readonly<Record<string, string>> = {}) =>
  runIn(folder, ['send', ...args], { ...env, ...change });

/** A bridge that runs, and how to reach it. */
async function running(options: PigeonOptions = {}) {
  const { context, prefix } = await stage.open({ platforms: [createPigeon(options)], bridges: [bridgeOf('town', 'pigeon:1', 'pigeon:2')] });
  for (const name of ['router', 'sender'] as const) {
    const role = await (await loadRole(name)).start(context);
    stage.afterwards(() => role.stop(500));
  }
  return { REDIS_URL: stage.server().url, REDIS_PREFIX: prefix };
}

test('every room’s receipt is told, with the time it took', async () => {
  const { code, stdout, stderr } = await send(['town', 'is', 'this', 'on?'], await running());
  expect([code, stderr]).toEqual([0, '']);
  const [routed, ...delivered] = stdout.trim().split('\n');
  expect(routed).toMatch(/^routed to 2 rooms \(\d+ ms\)$/);
  expect(delivered.toSorted()).toEqual([
    expect.stringMatching(/^pigeon 1: delivered as pigeon\d \(\d+ ms\)$/),
    expect.stringMatching(/^pigeon 2: delivered as pigeon\d /),
  ]);
});

test('a room that refuses is exit 1 with its reason', async () => {
  const deliver = () => Promise.reject(new DeliveryError('The bot was thrown out.', { kind: 'permanent', reason: 'forbidden' }));
  const { code, stdout } = await send(['town', 'hello'], await running({ deliver }));
  expect(code).toBe(1);
  expect(stdout).toMatch(/^pigeon 1: dead-lettered: The bot was thrown out\. \(\d+ ms\)$/m);
});

describe('nothing is sent', () => {
  test.each([
    ['without a bridge', [], 'Say which bridge and what to send'],
    ['without a text', ['town', ' '], 'Say which bridge and what to send'],
    ['to a bridge that is not there', ['twon', 'hello'], 'There is no bridge "twon" in bridges.yaml; it has town.'],
  ])('%s', async (_what, args, message) => {
    expect(await send(args)).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining(message) });
  });

  test('with a configuration that is wrong', async () => {
    expect(await runIn(folder, ['send', 'town', 'hello'])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('REDIS_URL is missing'),
    });
    await writeFile(join(folder, 'bridges.yaml'), 'bridges: 1\n');
    expect(await send(['town', 'hello'])).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/bridges\.yaml:1.*bridges must be a list/s),
    });
  });

  test('without Redis, and the message says what to look at', async () => {
    const { code, stderr } = await send(['town', 'hello'], { REDIS_URL: 'redis://:hunter22@127.0.0.1:1' });
    expect([code, stderr]).toEqual([
      1,
      expect.stringMatching(
        /^bridge send failed: Redis did not answer .*ECONNREFUSED.* Check that it runs and that REDIS_URL is right\.\n$/,
      ),
    ]);
    expect(stderr).not.toContain('hunter22');
  });
});

test('words after -- are text, whatever they look like', async () => {
  const pigeon = await running();
  expect((await send(['town', '--', '--help'], pigeon)).code).toBe(0);
});
