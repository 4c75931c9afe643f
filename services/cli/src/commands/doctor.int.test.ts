import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setStage } from '@bridge/runtime/testing';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { z } from 'zod';
import { runIn } from '../fixtures/fake-world.ts';

const stage = setStage();
const bridges = 'bridges:\n  - name: town\n    members: [{ platform: pigeon, loft: "1" }, { platform: pigeon, loft: "2" }]\n';
const env = { PIGEON_TOKEN: 'a-token-of-pigeons', PIGEON_WEBHOOK_SECRET: 'ring', PUBLIC_URL: 'http://127.0.0.1:2' };

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bridge-doctor-'));
  await writeFile(join(folder, 'bridges.yaml'), bridges);
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const reportSchema = z.object({
  ok: z.boolean(),
  findings: z.array(z.object({ about: z.string(), check: z.string(), status: z.string(), detail: z.string(), fix: z.string().optional() })),
});

async function doctor(change: Readonly<Record<string, string>> = {}) {
  const { code, stdout } = await runIn(folder, ['doctor', '--json'], { ...env, REDIS_URL: stage.server().url, ...change });
  const { ok, findings } = reportSchema.parse(JSON.parse(stdout));
  const told = (about: string, check?: string) =>
    findings.find((one) => one.about === about && (check === undefined || one.check === check));
  return { code, ok, told, stdout };
}

test('what is well and what is not, each thing by itself', async () => {
  const { code, ok, told } = await doctor();
  expect([code, ok]).toEqual([1, false]);
  expect(told('configuration')?.status).toBe('pass');
  expect(told('redis', 'reachable')?.status).toBe('pass');
  expect(told('pigeon')?.detail).toBe('It is accepted; 2 lofts are bridged.');
  expect(told('processes')?.fix).toContain('npm start');
  expect(told('public-url')).toMatchObject({ status: 'fail', detail: 'Nothing listens at 127.0.0.1:2.' });
});

test('a look never tells a secret, even where a platform does', async () => {
  const { told, stdout } = await doctor({ PIGEON_TOKEN: 'a-bad-token' });
  expect(told('pigeon')).toMatchObject({ status: 'fail', fix: 'make a new one in the loft' });
  expect(stdout).not.toContain('a-bad-token');
});

test('Redis being away is one finding, and the rest is looked at all the same', async () => {
  const { told } = await doctor({ REDIS_URL: 'redis://127.0.0.1:1' });
  expect(told('redis')).toMatchObject({ check: 'reachable', status: 'fail' });
  expect(told('processes')).toBeUndefined();
  expect(told('pigeon')?.status).toBe('pass');
});

test('a configuration that does not hold is told with its place, and nothing else is guessed', async () => {
  await writeFile(join(folder, 'bridges.yaml'), bridges.replace('pigeon, loft: "2"', 'pidgin, loft: "2"'));
  expect((await doctor()).told('configuration')).toMatchObject({ status: 'fail', detail: expect.stringMatching(/^bridges.yaml:3/) });
  expect((await doctor({ PORT: 'many' })).told('configuration')?.detail).toContain('PORT');
});

test('words for people: each finding with its fix, and a count', async () => {
  const { code, stdout } = await runIn(folder, ['doctor'], { ...env, REDIS_URL: stage.server().url });
  expect(code).toBe(1);
  expect(stdout).toMatch(/^Configuration\n {2}✓ settings: /);
  expect(stdout).toMatch(/\n {2}✗ address: Nothing listens at 127\.0\.0\.1:2\.\n {4}Fix: start ingress/);
  expect(stdout).toMatch(/\n\d+ to mend, \d+ to look at, \d+ fine\n$/);
});
