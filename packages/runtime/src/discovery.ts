import { existsSync, readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Platform } from '@bridge/core';
import type { Role } from './role.ts';
import type { ServiceApp } from './service-app.ts';

const repository = fileURLToPath(new URL('../../..', import.meta.url));
/** Running from the sources, as tests do, finds the others' sources; running built finds the built ones. */
const entry = import.meta.url.endsWith('.ts') ? 'src/index.ts' : 'dist/index.js';

/** Where to look. */
export interface DiscoveryOptions {
  /** Holds `packages/platforms` and `services`; this repository by default. */
  readonly root?: string;
}

/**
 * Every platform in packages/platforms, by name. There is no list to edit: a folder that exports `platform` is one.
 * @throws when a folder there is none, with what to do: left out in silence, its messages would go nowhere.
 */
export async function discoverPlatforms({ root = repository }: DiscoveryOptions = {}): Promise<readonly Platform[]> {
  return Promise.all(
    packagesIn(root, 'packages/platforms').map(async (name) => {
      const folder = join('packages', 'platforms', name);
      const platform = await exported({ root, folder, name: 'platform', is: isPlatform });
      if (platform.id !== name) throw new Error(`${folder} exports a platform with the id ${platform.id}; it must be the folder's name.`);
      return platform;
    }),
  );
}

/** The roles that one installation is made of, in the order in which they start. */
export const roleNames = ['sender', 'router', 'gateway', 'console', 'ingress'] as const;
export type RoleName = (typeof roleNames)[number];
export const isRoleName = (name: string): name is RoleName => roleNames.some((role) => role === name);

/**
 * The role that a service exports as `role`.
 * @throws when it is not built or exports none, with what to do.
 */
export const loadRole = (name: RoleName, { root = repository }: DiscoveryOptions = {}): Promise<Role> =>
  exported({ root, folder: join('services', name), name: 'role', is: isRole });

/**
 * A program under services/ that is not a role, by its folder's name.
 * @throws when there is none, with what to do.
 */
export const loadApp = (name: string, { root = repository }: DiscoveryOptions = {}): Promise<ServiceApp> =>
  exported({ root, folder: join('services', name), name: 'app', is: isApp });

/** A folder without a package.json is only what an earlier version left behind. */
function packagesIn(root: string, folder: string): string[] {
  return readdirSync(join(root, folder))
    .filter((name) => existsSync(join(root, folder, name, 'package.json')))
    .sort();
}

interface Wanted<T> {
  readonly root: string;
  readonly folder: string;
  readonly name: string;
  is(value: unknown): value is T;
}

async function exported<T>({ root, folder, name, is }: Wanted<T>): Promise<T> {
  const path = join(root, folder, entry);
  const file = relative(root, path);
  if (!existsSync(path)) throw new Error(`${folder} is not built (${file} is missing); run \`npm run setup\`.`);
  const module: unknown = await import(pathToFileURL(path).href);
  const exports = typeof module === 'object' && module !== null ? Object.entries(module) : [];
  const value: unknown = exports.find(([key]) => key === name)?.[1];
  if (!is(value)) throw new Error(`${file} does not export a \`${name}\`; it must, or the folder has to go.`);
  return value;
}

const has = (value: unknown, ...keys: readonly string[]): boolean =>
  typeof value === 'object' && value !== null && keys.every((key) => key in value);
const isPlatform = (value: unknown): value is Platform => has(value, 'id', 'settings', 'capabilities', 'create');
const isRole = (value: unknown): value is Role => has(value, 'name', 'start');
const isApp = (value: unknown): value is ServiceApp => has(value, 'name', 'run');
