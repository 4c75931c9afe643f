import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runIn } from '../fixtures/fake-world.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bridge-init-'));
});
afterEach(() => rm(folder, { recursive: true }));
const text = (name: string): Promise<string> => readFile(join(folder, name), 'utf8');

describe('bridge init', () => {
  it('writes .env for its owner alone, with secrets that CometChat’s webhook would take', async () => {
    const { code, stdout } = await runIn(folder, ['init']);
    expect(code).toBe(0);
    expect((await stat(join(folder, '.env'))).mode & 0o777).toBe(0o600);
    const values = parseEnv(await text('.env'));
    const made = ['PIGEON_WEBHOOK_SECRET', 'CONSOLE_PASSWORD', 'JWT_SECRET'].map((name) => values[name] ?? '');
    for (const value of made) expect(value).toMatch(/^[A-Za-z0-9]{32,100}$/);
    expect(new Set(made).size).toBe(3);
    expect(values['PIGEON_TOKEN']).toBe('');
    expect(stdout).toContain('made up PIGEON_WEBHOOK_SECRET, CONSOLE_PASSWORD, JWT_SECRET');
    for (const value of made) expect(stdout).not.toContain(value);
    expect(stdout).toMatch(/Next:[^]*bridge check[^]*npm start/);
  });
  it('makes up other secrets each time', async () => {
    await runIn(folder, ['init']);
    const first = await text('.env');
    await rm(join(folder, '.env'));
    await runIn(folder, ['init']);
    expect(await text('.env')).not.toBe(first);
  });
  it('never overwrites, and still writes the other file', async () => {
    await writeFile(join(folder, '.env'), 'mine');
    const { code, stdout } = await runIn(folder, ['init']);
    expect([code, await text('.env')]).toEqual([0, 'mine']);
    expect(stdout).toContain('kept .env as it is');
    expect(stdout).not.toContain('made up');
    expect(await text('bridges.yaml')).toContain('bridges:');
    await writeFile(join(folder, 'bridges.yaml'), 'mine too');
    await runIn(folder, ['init']);
    expect(await text('bridges.yaml')).toBe('mine too');
  });
  it('leaves what check then asks for by name', async () => {
    await runIn(folder, ['init']);
    const { code, stdout } = await runIn(folder, ['check']);
    expect(code).toBe(1);
    expect(stdout).toMatch(
      /PIGEON_TOKEN is missing: Pigeon Post is only half set up.*\n {2}Fix: set PIGEON_TOKEN \(Loft → Token\), or remove PIGEON_WEBHOOK_SECRET/,
    );
  });
  it('is complete once that is filled in', async () => {
    await runIn(folder, ['init']);
    await writeFile(
      join(folder, 'bridges.yaml'),
      (await text('bridges.yaml')).replace(/( +- )\{ platform: pigeon.*\n/, '$&$1{ platform: pigeon, loft: "2" }\n'),
    );
    expect(await runIn(folder, ['check'], { PIGEON_TOKEN: 'loft-token' })).toMatchObject({ code: 0 });
  });
  it('can be told the platforms', async () => {
    expect(await runIn(folder, ['init', '--platforms', 'pigeon'])).toMatchObject({ code: 0 });
    expect(await runIn(folder, ['init', '--platforms', 'pidgeon'])).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/no platform "pidgeon"\. Did you mean pigeon\?/),
    });
  });
  it('says that it may not write here', async () => {
    await writeFile(join(folder, 'file'), '');
    expect(await runIn(join(folder, 'file'), ['init'])).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/\.env cannot be written \(ENOTDIR\)\. Fix: /),
    });
  });
});
