import { execFile } from 'node:child_process';
import { appendFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
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
  it('finds the files of this repository up to date', { timeout: 60_000 }, async () =>
    expect(await generate('--check')).toEqual({ code: 0, output: 'every generated file is up to date\n' }),
  );

  it('writes every file, and names each one that is altered or gone', { timeout: 60_000 }, async () => {
    await writeFile(join(folder, 'README.md'), '<!-- platforms:start -->\nby hand\n<!-- platforms:end -->\n');
    expect((await generate('--root', folder)).output).toBe(
      [...paths, 'README.md', 'docs/metrics.md'].map((path) => `wrote ${path}\n`).join(''),
    );
    await appendFile(join(folder, '.env.example'), '\n');
    await rm(join(folder, 'docs/platforms.md'));
    const readme = await readFile(join(folder, 'README.md'), 'utf8');
    await writeFile(join(folder, 'README.md'), readme.replace('| yes |', '| no |'));
    const { code, output } = await generate('--root', folder, '--check');
    expect(code).toBe(1);
    const named = output.match(/^\S+(?= is not what the code says\. Fix: node --conditions=source scripts\/generate\.ts$)/gm);
    expect(named).toEqual(['.env.example', 'docs/platforms.md', 'README.md']);
  });
});
