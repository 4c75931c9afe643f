import { mkdir, mkdtemp, readFile, readlink, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { runIn } from '../fixtures/fake-world.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bridge-stack-'));
  for (const name of ['redis', 'shared', 'config']) await mkdir(join(folder, name));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const at = (...path: readonly string[]) => join(folder, ...path);
const read = (...path: readonly string[]) => readFile(at(...path), 'utf8');

async function stack(args: readonly string[] = [], env: Readonly<Record<string, string>> = {}) {
  const folders = ['--redis', at('redis'), '--shared', at('shared'), '--config', at('config')];
  const { code, stderr } = await runIn(folder, ['stack', ...folders, ...args], env);
  expect([code, stderr]).toEqual([0, '']);
}

test('without a .env it is the sandbox, and a second run changes nothing that is in use', async () => {
  await stack();
  const [conf, env, bridges] = [await read('redis', 'redis.conf'), await read('shared', '.env'), await read('shared', 'bridges.yaml')];
  const password = (await read('redis', 'password')).trim();
  expect(conf).toContain(`requirepass ${password}\n`);
  expect(env).toContain(`REDIS_URL=redis://:${password}@redis:6379\n`);
  expect(env).toMatch(/^DISCORD_API_URL=http:\/\/sandbox:9002\/api$/m);
  expect(bridges).toContain('name: community');
  await stack();
  expect([await read('redis', 'redis.conf'), await read('shared', '.env')]).toEqual([conf, env]);
});

test('with a .env it bridges real platforms: nothing of the sandbox is left', async () => {
  await stack();
  await writeFile(at('config', '.env'), 'DISCORD_BOT_TOKEN=x\n');
  await stack();
  expect(await read('shared', '.env')).toMatch(/^REDIS_URL=\S+\n$/);
  expect(await readlink(at('shared', 'bridges.yaml'))).toBe(at('config', 'bridges.yaml'));
  await expect(read('shared', 'sandbox')).rejects.toThrow('ENOENT');
});

test('BRIDGES_FILE is found where the user has it', async () => {
  await stack([], { DISCORD_BOT_TOKEN: 'x', BRIDGES_FILE: 'rooms/town.yaml' });
  expect(await readlink(at('shared', 'rooms', 'town.yaml'))).toBe(at('config', 'rooms', 'town.yaml'));
});

test('back in the sandbox, a file of the user is not written into', async () => {
  await writeFile(at('config', '.env'), 'DISCORD_BOT_TOKEN=x\n');
  await writeFile(at('config', 'bridges.yaml'), 'bridges: []\n');
  await stack();
  await rm(at('config', '.env'));
  await stack();
  expect(await read('config', 'bridges.yaml')).toBe('bridges: []\n');
  expect(await read('shared', 'bridges.yaml')).toContain('name: community');
});

test('a new password is everywhere at once', async () => {
  await stack();
  const before = (await read('redis', 'password')).trim();
  await stack(['--new-password']);
  const after = (await read('redis', 'password')).trim();
  expect(after).not.toBe(before);
  expect(await read('redis', 'redis.conf')).toContain(`requirepass ${after}\n`);
  expect(await read('shared', '.env')).toContain(`:${after}@redis`);
});
