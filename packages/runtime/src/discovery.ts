import { existsSync, readdirSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { join } from 'node:path';
import type { Platform } from '@bridge/core';
import type { Role } from './role.ts';
import type { ServiceApp } from './service-app.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
/** Running from the sources, as tests do, finds the others' sources; running built finds the built ones. */
const entry = import.meta.url.endsWith('.ts') ? 'src/index.ts' : 'dist/index.js';

/**
 * Every platform in packages/platforms, by name. There is no list to edit: a folder that exports `platform` is one.
 * @throws when a folder's entry exports none.
 */
export async function discoverPlatforms(): Promise<readonly Platform[]> {
  const folder = join(root, 'packages', 'platforms');
  return Promise.all(entriesOf(folder).map((path) => exported<Platform>(path, 'platform')));
}

/** The roles that can be started: every service that exports `role`. */
export async function discoverRoles(): Promise<ReadonlyMap<string, () => Promise<Role>>> {
  const folder = join(root, 'services');
  const roles = new Map<string, () => Promise<Role>>();
  for (const path of entriesOf(folder)) {
    const name = path.slice(folder.length + 1).split(/[/\\]/)[0] ?? '';
    if (isRoleName(name)) roles.set(name, () => exported<Role>(path, 'role'));
  }
  return roles;
}

/** The roles that one installation is made of, in the order in which they start. */
export const roleNames = ['sender', 'router', 'gateway', 'ingress'] as const;
export type RoleName = (typeof roleNames)[number];
export const isRoleName = (name: string): name is RoleName => roleNames.some((role) => role === name);

/**
 * A program under services/ that is not a role, by its folder's name.
 * @throws when there is none, with what to do.
 */
export async function loadApp(name: string): Promise<ServiceApp> {
  const path = join(root, 'services', name, entry);
  if (!existsSync(path)) throw new Error(`The ${name} is not built; run \`npm run setup\`.`);
  return exported<ServiceApp>(path, 'app');
}

function entriesOf(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter((item) => item.isDirectory())
    .map((item) => join(folder, item.name, entry))
    .filter((path) => existsSync(path))
    .sort();
}

async function exported<T>(path: string, name: string): Promise<T> {
  const module: Record<string, T | undefined> = await import(pathToFileURL(path).href);
  const value = module[name];
  if (value === undefined) throw new Error(`${path} does not export \`${name}\`; every folder beside it must.`);
  return value;
}
