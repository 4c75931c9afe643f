import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runIn } from '../fixtures/fake-world.ts';

const env = { PIGEON_TOKEN: 'a-token-of-pigeons', PIGEON_WEBHOOK_SECRET: 'ring', PUBLIC_URL: 'https://bridge.example' };
let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bridge-setup-'));
  await writeFile(join(folder, 'bridges.yaml'), 'bridges: []\n');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const setup = (args: readonly string[], change: Readonly<Record<string, string>> = {}) =>
  runIn(folder, ['setup', ...args], { ...env, ...change });

test('what was done, and what is left to do', async () => {
  const { code, stdout } = await setup(['pigeon']);
  expect([code, stdout]).toEqual([
    0,
    '✓ The loft knows the bridge.\n→ Tell the keeper to send to https://bridge.example/.\n\n→ is for you to do; `bridge doctor` says whether it worked.\n',
  ]);
});

test('what was tried and failed is exit 1', async () => {
  const { code, stdout } = await setup(['pigeon'], { PIGEON_TOKEN: 'a-bad-token' });
  expect([code, stdout.split('\n')[0]]).toEqual([1, '✗ The loft refuses the token.']);
});

test('a platform that is off says which variables it needs', async () => {
  const { code, stderr } = await setup(['pigeon'], { PIGEON_TOKEN: '', PIGEON_WEBHOOK_SECRET: '' });
  expect([code, stderr]).toEqual([1, expect.stringContaining('set PIGEON_TOKEN, PIGEON_WEBHOOK_SECRET')]);
});

test.for([[[]], [['pidgeon']], [['pigeon', 'post']]])('%o is not understood', async ([args]) => {
  const { code, stderr } = await setup(args ?? []);
  expect([code, stderr]).toEqual([2, expect.stringContaining('There are pigeon.')]);
});
