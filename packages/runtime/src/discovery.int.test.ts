import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { discoverPlatforms, isRoleName, loadApp, loadRole, roleNames } from './discovery.ts';

let root = '';
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'bridge-discovery-'));
  await mkdir(join(root, 'packages', 'platforms'), { recursive: true });
});
afterEach(() => rm(root, { recursive: true, force: true }));

async function put(folder: string, files: Readonly<Record<string, string>>): Promise<void> {
  await mkdir(join(root, folder, 'src'), { recursive: true });
  for (const [name, text] of Object.entries(files)) await writeFile(join(root, folder, name), text);
}
const pack = { 'package.json': '{"type":"module"}' };
const exportsPlatform = (id: string) => ({
  'src/index.ts': `export const platform = { id: '${id}', settings: {}, capabilities: {}, create() {} };`,
});

describe('platforms', () => {
  test('are the folders that export one, by name', async () => {
    await put('packages/platforms/zeppelin', { ...pack, ...exportsPlatform('zeppelin') });
    await put('packages/platforms/arrow', { ...pack, ...exportsPlatform('arrow') });
    expect((await discoverPlatforms({ root })).map(({ id }) => id)).toEqual(['arrow', 'zeppelin']);
  });

  test('of this repository are all found', async () => {
    const folders = await readdir(fileURLToPath(new URL('../../platforms', import.meta.url)));
    expect((await discoverPlatforms()).map(({ id }) => id)).toEqual(folders.toSorted());
  }, 60_000);

  test('that are not built are an error with the fix, not a platform less', async () => {
    await put('packages/platforms/arrow', pack);
    await expect(discoverPlatforms({ root })).rejects.toThrow(
      'packages/platforms/arrow is not built (packages/platforms/arrow/src/index.ts is missing); run `npm run setup`.',
    );
  });

  test.each([
    ['nothing', 'export const other = 1;'],
    ['something else under that name', "export const platform = { id: 'arrow' };"],
    ['it as default only', 'export default {};'],
  ])('that export %s are an error that names the file', async (_what, text) => {
    await put('packages/platforms/arrow', { ...pack, 'src/index.ts': text });
    await expect(discoverPlatforms({ root })).rejects.toThrow(
      'packages/platforms/arrow/src/index.ts does not export a `platform`; it must, or the folder has to go.',
    );
  });

  test('go by the name of their folder', async () => {
    await put('packages/platforms/arrow', { ...pack, ...exportsPlatform('bow') });
    await expect(discoverPlatforms({ root })).rejects.toThrow(
      "packages/platforms/arrow exports a platform with the id bow; it must be the folder's name.",
    );
  });

  test('do not include what an earlier version left behind', async () => {
    await put('packages/platforms/ghost', {});
    expect(await discoverPlatforms({ root })).toEqual([]);
  });
});

describe('services', () => {
  test('export their role or their program', async () => {
    await put('services/router', { ...pack, 'src/index.ts': "export const role = { name: 'router', start() {} };" });
    await put('services/sandbox', { ...pack, 'src/index.ts': "export const app = { name: 'sandbox', run() {} };" });
    expect((await loadRole('router', { root })).name).toBe('router');
    expect((await loadApp('sandbox', { root })).name).toBe('sandbox');
  });

  test('that are missing say what to do', async () => {
    await expect(loadRole('sender', { root })).rejects.toThrow('services/sender is not built');
    await expect(loadApp('nonsense', { root })).rejects.toThrow('run `npm run setup`');
  });

  test('of this repository have every role', async () => {
    for (const name of roleNames) expect((await loadRole(name)).name).toBe(name);
  }, 60_000);
});

test('a role is known by its name', () => {
  expect([isRoleName('router'), isRoleName('console'), isRoleName('constructor'), isRoleName('')]).toEqual([true, true, false, false]);
});
