import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createPigeon } from '@bridge/runtime/testing';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { runCli } from '../cli.ts';
import { runIn } from '../fixtures/fake-world.ts';

const env = {
  PIGEON_TOKEN: 'a-token-of-pigeons',
  PIGEON_WEBHOOK_SECRET: 'ring',
  PUBLIC_URL: 'http://127.0.0.1:3000',
  REDIS_URL: 'redis://127.0.0.1:1',
};
const bridges = 'bridges:\n  - name: town\n    members: [{ platform: pigeon, loft: "1" }, { platform: pigeon, loft: "2" }]\n';
const notStarted = 'The bridge was not started. `bridge check` says the same without starting it.\n';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bridge-start-'));
  await writeFile(join(folder, 'bridges.yaml'), bridges);
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const start = (args: readonly string[], change: Readonly<Record<string, string>> = env) => runIn(folder, ['start', ...args], change);

describe('a slip on the command line is a usage error with the choices', () => {
  test.each([
    ['an unknown role', ['--roles', 'router,sendr'], 'There is no role "sendr"; choose from sender, router, gateway, console, ingress.'],
    [
      'no role at all',
      ['--roles', ' , '],
      '--roles is empty; choose from sender, router, gateway, console, ingress, or leave it out for all.',
    ],
    ['an unknown platform', ['--platforms', 'dodo'], 'There is no platform "dodo"; choose from pigeon.'],
    ['no platform at all', ['--platforms', ''], '--platforms is empty; choose from pigeon, or leave it out for all.'],
    ['an option that is not there', ['--role', 'router'], '--role'],
  ])('%s', async (_what, args, message) => {
    const { code, stderr } = await start(args);
    expect([code, stderr]).toEqual([2, expect.stringContaining(message)]);
    expect(stderr).toContain('Usage: bridge start');
  });
});

describe('nothing is started', () => {
  test('with every problem of the environment told', async () => {
    const { code, stderr, stdout } = await start([], { PIGEON_TOKEN: 'a-token-of-pigeons' });
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/PIGEON_WEBHOOK_SECRET is missing/);
    expect(stderr).toMatch(/REDIS_URL is missing/);
    expect(stderr.endsWith(notStarted)).toBe(true);
  });

  test('without any platform', async () => {
    const { code, stderr } = await start([], { REDIS_URL: env.REDIS_URL });
    expect([code, stderr]).toEqual([1, expect.stringMatching(/no platform is configured.*PIGEON_TOKEN/s)]);
  });

  test('with a bridges.yaml that is wrong or not there', async () => {
    await writeFile(join(folder, 'bridges.yaml'), bridges.replace('loft: "1"', 'lofft: "1"'));
    expect(await start([])).toMatchObject({ code: 1, stderr: expect.stringMatching(/bridges\.yaml:3.*lofft.*loft/s) });
    await rm(join(folder, 'bridges.yaml'));
    expect(await start([])).toMatchObject({ code: 1, stderr: expect.stringContaining('bridges.yaml is not there') });
  });

  test('for a platform that is known but not configured', async () => {
    const stderr: string[] = [];
    const code = await runCli(['start', '--platforms', 'pigeon,raven'], {
      cwd: folder,
      env: { ...env, PIGEON_WEBHOOK_SECRET: undefined },
      stdout: () => undefined,
      stderr: (text) => void stderr.push(text),
      line: () => Promise.resolve(''),
      platforms: async () => [createPigeon().platform, createPigeon({ id: 'raven' }).platform],
    });
    expect([code, stderr.join('')]).toEqual([
      1,
      expect.stringMatching(/^--platforms names raven, which is not configured\. Fix: set its variables/),
    ]);
    expect(stderr.at(-1)).toBe(notStarted);
  });
});
