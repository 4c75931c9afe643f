import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runIn } from '../fixtures/fake-world.ts';

const good = 'bridges:\n  - name: one\n    members:\n      - { platform: pigeon, loft: "1" }\n      - { platform: pigeon, loft: "2" }\n';
const env = { PIGEON_TOKEN: 'loft-token', PIGEON_WEBHOOK_SECRET: 'ring', PUBLIC_URL: 'https://b.example' };

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bridge-check-'));
});
afterEach(() => rm(folder, { recursive: true }));
const file = (name: string, text: string): Promise<void> => writeFile(join(folder, name), text);

describe('bridge check', () => {
  it('is content with a valid configuration', async () => {
    await file('bridges.yaml', good);
    expect(await runIn(folder, ['check'], env)).toEqual({
      code: 0,
      stderr: '',
      stdout: '✓ environment: Pigeon Post on\n✓ bridges.yaml: 1 bridge\nno problems\n',
    });
  });
  it('prints every problem of both, each with place and fix, and fails', async () => {
    await file('.env', 'PORT=x\nPIGEON_TOKEN=secret\n');
    await file('bridges.yaml', good.replace('"2"', '3').replace('name: one', 'name: one\n    enable: true'));
    const { code, stdout } = await runIn(folder, ['check']);
    expect(code).toBe(1);
    expect(stdout).toMatch(/✗ \.env:1: PORT is not valid: must be a port number.*\n {2}Fix: .+\n/);
    expect(stdout).toMatch(/✗ PIGEON_WEBHOOK_SECRET is missing: Pigeon Post is only half set up/);
    expect(stdout).toMatch(/✗ \.env:2: PIGEON_TOKEN is not valid: is too short\n {2}Fix: copy it again\. Loft → Token\n/);
    expect(stdout).toMatch(/✗ bridges\.yaml:3:5: a bridge has no key "enable"\n {2}Fix: did you mean enabled\?/);
    expect(stdout).toMatch(/✗ bridges\.yaml:6:35: loft must be text; here is the number 3\n {2}Fix: put it in quotes: loft: "3"\n/);
    expect(stdout).toMatch(/\n5 problems\n$/);
    expect(stdout).not.toContain('secret');
  });
  it('wants a platform and the file, in an empty folder', async () => {
    const { code, stdout } = await runIn(folder, ['check']);
    expect(code).toBe(1);
    expect(stdout).toMatch(/no platform is configured\n {2}Fix: .*PIGEON_TOKEN.*bridge init/);
    expect(stdout).toMatch(/bridges\.yaml: bridges\.yaml is not there\n {2}Fix: `npx bridge init`/);
  });
  it('looks at the file that BRIDGES_FILE names', async () => {
    await file('rooms.yaml', good);
    expect(await runIn(folder, ['check'], { ...env, BRIDGES_FILE: 'rooms.yaml' })).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('✓ rooms.yaml: 1 bridge'),
    });
  });
  it('names the member on a platform that is off', async () => {
    await file('bridges.yaml', good);
    expect((await runIn(folder, ['check'])).stdout).toMatch(
      /bridges\.yaml:4:9: Pigeon Post is off.*\n {2}Fix: set PIGEON_TOKEN, PIGEON_WEBHOOK_SECRET/,
    );
  });
  it('warns when webhooks have nowhere to go, and is content all the same', async () => {
    await file('bridges.yaml', good);
    const { PUBLIC_URL: _, ...rest } = env;
    const { code, stdout } = await runIn(folder, ['check'], rest);
    expect(code).toBe(0);
    expect(stdout).toMatch(/! PUBLIC_URL is not set, and Pigeon Post sends its messages to a public URL\n {2}Fix: .*PUBLIC_URL\/pigeon/);
    expect(stdout).toContain('no problems, 1 warning');
  });
  it('says that a folder is no file', async () => {
    expect((await runIn(folder, ['check'], { ...env, BRIDGES_FILE: '.' })).stdout).toMatch(/cannot be read \(EISDIR\)/);
  });
});

describe('bridge config', () => {
  it('prints what is in force, secrets masked', async () => {
    await file('.env', 'PIGEON_TOKEN=loft-token\nPIGEON_WEBHOOK_SECRET=ring\nPORT=4000\n');
    const { code, stdout } = await runIn(folder, ['config'], { LOG_LEVEL: 'debug' });
    expect(code).toBe(0);
    expect(stdout).toMatch(/PORT +"4000" {3}\(\.env:3\)/);
    expect(stdout).toMatch(/LOG_LEVEL +"debug" {3}\(environment\)/);
    expect(stdout).toMatch(/Pigeon Post: on\n {2}PIGEON_TOKEN +set \(hidden\)/);
    expect(stdout).not.toMatch(/loft-token|Not valid/);
  });
  it('does so also when it is invalid', async () => {
    const { code, stdout } = await runIn(folder, ['config'], { PORT: 'x' });
    expect(code).toBe(0);
    expect(stdout).toMatch(/PORT +"x" {3}\(environment\) {3}← not valid/);
    expect(stdout).toMatch(/Not valid: 1 problem\. `bridge check` says/);
  });
});
