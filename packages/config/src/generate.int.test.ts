import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const repository = fileURLToPath(new URL('../../..', import.meta.url));

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bridge-generate-'));
});
afterEach(() => rm(folder, { recursive: true }));

function generate(...args: string[]): Promise<{ code: number; output: string }> {
  const { promise, resolve } = Promise.withResolvers<{ code: number; output: string }>();
  execFile(process.execPath, ['--conditions=source', join(repository, 'scripts/generate.ts'), ...args], (error, stdout, stderr) => {
    resolve({ code: typeof error?.code === 'number' ? error.code : 0, output: stdout + stderr });
  });
  return promise;
}

const paths = ['.env.example', 'bridges.example.yaml', 'bridges.schema.json', 'docs/configuration.md', 'docs/platforms.md'];

describe('scripts/generate.ts', () => {
  it('finds the files of this repository up to date', async () =>
    expect(await generate('--check')).toEqual({ code: 0, output: 'every generated file is up to date\n' }));

  it('writes every file, is content with them, and names each one that is altered or gone', async () => {
    expect((await generate('--root', folder)).output).toBe(paths.map((path) => `wrote ${path}\n`).join(''));
    expect((await generate('--root', folder, '--check')).code).toBe(0);
    await writeFile(join(folder, '.env.example'), `${await readFile(join(folder, '.env.example'), 'utf8')}\n`);
    await rm(join(folder, 'docs/platforms.md'));
    const { code, output } = await generate('--root', folder, '--check');
    expect(code).toBe(1);
    expect(
      output
        .match(/^\S+ is not what the code says\. Fix: node --conditions=source scripts\/generate\.ts$/gm)
        ?.map((line) => line.split(' ')[0]),
    ).toEqual(['.env.example', 'docs/platforms.md']);
  });

  it('checks the matrix in README.md', async () => {
    await generate('--root', folder);
    await writeFile(join(folder, 'README.md'), '<!-- platforms:start -->\nby hand\n<!-- platforms:end -->\n');
    expect(await generate('--root', folder, '--check')).toMatchObject({ code: 1, output: expect.stringMatching(/^README\.md is not/) });
  });
});
