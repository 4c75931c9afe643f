import { posix } from 'node:path';
import type { Edge } from './module-graph.ts';

/** What the modules of one folder may import. Node's own modules are open to all. */
export type Layer = {
  /** `packages/platforms/*` stands for every folder in it. */
  readonly folder: string;
  /** Workspace packages, without `@bridge/`. */
  readonly bridge: readonly string[];
  /** Packages of the registry; `declared` leaves that to the folder's package.json. */
  readonly registry: 'declared' | readonly string[];
  readonly never?: readonly string[];
};

/** The queue's own libraries: whoever may not know the queue may not reach it through them either. */
const queueLibraries = ['bullmq', 'ioredis'];

const sharedByServices = ['core', 'runtime'];

/** The dependency rule of ARCHITECTURE.md. The first folder that fits a module decides. */
const layers: readonly Layer[] = [
  { folder: 'packages/core', bridge: [], registry: ['zod'] },
  { folder: 'packages/config', bridge: ['core'], registry: 'declared', never: queueLibraries },
  { folder: 'packages/http', bridge: ['core'], registry: 'declared', never: queueLibraries },
  { folder: 'packages/observability', bridge: ['core'], registry: 'declared', never: queueLibraries },
  { folder: 'packages/queue', bridge: ['core'], registry: 'declared' },
  { folder: 'packages/store', bridge: ['core', 'queue'], registry: 'declared' },
  { folder: 'packages/platforms/*', bridge: ['core'], registry: 'declared', never: queueLibraries },
  { folder: 'packages/simulators', bridge: [], registry: 'declared', never: queueLibraries },
  { folder: 'packages/runtime', bridge: ['core', 'config', 'queue', 'store', 'http', 'observability'], registry: 'declared' },
  { folder: 'packages/testing', bridge: ['core'], registry: 'declared' },
  { folder: 'services/cli', bridge: [...sharedByServices, 'config'], registry: 'declared' },
  { folder: 'services/sandbox', bridge: [...sharedByServices, 'simulators'], registry: 'declared' },
  { folder: 'services/*', bridge: sharedByServices, registry: 'declared' },
];

/** Platforms and services are discovered, never named: in one place, and by the program that hands over to the build. */
const discovery = ['packages/runtime/src/discovery.ts', 'services/cli/bin/bridge.mjs'];

/** Tests and what only they use; they may reach for more, and nothing else may reach for `testing`. */
const testCode = /\.test\.ts$|\/src\/(fixtures|testing)\//;
const testTools = ['testing', 'simulators'];

export type Manifest = { readonly dependencies: readonly string[]; readonly devDependencies: readonly string[] };

/** @returns why this import may not be, in words; undefined where it may */
export function violation(edge: Edge, folder: string, manifest: Manifest): string | undefined {
  const layer = layers.find((candidate) => fits(candidate.folder, folder));
  if (layer === undefined) return `${folder} has no rule yet; give it a line in scripts/dependencies/rule.ts`;
  const isTest = testCode.test(edge.from);
  if (edge.to === undefined)
    return isTest || discovery.includes(edge.from) ? undefined : `computes what it imports; only ${discovery[0]} may`;
  if (edge.to.startsWith('node:')) return undefined;
  if (edge.to.startsWith('.')) return leaves(edge.from, edge.to, folder);
  const name = packageName(edge.to);
  const bridge = name.startsWith('@bridge/') ? name.slice('@bridge/'.length) : undefined;
  if (bridge !== undefined) return bridgeViolation({ bridge, layer, isTest, folder });
  return registryViolation({ name, layer, isTest, manifest });
}

function fits(pattern: string, folder: string): boolean {
  return pattern.endsWith('/*') ? posix.dirname(folder) === pattern.slice(0, -2) : pattern === folder;
}

function leaves(from: string, to: string, folder: string): string | undefined {
  const target = posix.join(posix.dirname(from), to);
  return target.startsWith(`${folder}/`) ? undefined : `reaches into another package by path (${to})`;
}

type BridgeImport = { readonly bridge: string; readonly layer: Layer; readonly isTest: boolean; readonly folder: string };

function bridgeViolation({ bridge, layer, isTest, folder }: BridgeImport): string | undefined {
  if (bridge === 'testing' && !isTest) return 'imports @bridge/testing, which is for tests only';
  if (layer.bridge.includes(bridge) || (isTest && testTools.includes(bridge))) return undefined;
  return `${folder} may not import @bridge/${bridge} (only ${layer.bridge.map((name) => `@bridge/${name}`).join(', ') || 'none of ours'})`;
}

type RegistryImport = { readonly name: string; readonly layer: Layer; readonly isTest: boolean; readonly manifest: Manifest };

function registryViolation({ name, layer, isTest, manifest }: RegistryImport): string | undefined {
  if (isTest)
    return manifest.devDependencies.includes(name) || manifest.dependencies.includes(name) || name === 'vitest'
      ? undefined
      : undeclared(name);
  if (layer.never?.includes(name)) return `imports ${name}; only the queue and the store know how messages are kept`;
  if (layer.registry !== 'declared')
    return layer.registry.includes(name) ? undefined : `may import ${layer.registry.join(', ')} only, not ${name}`;
  return manifest.dependencies.includes(name) ? undefined : undeclared(name);
}

function undeclared(name: string): string {
  return `imports ${name}, which its package.json does not declare`;
}

function packageName(specifier: string): string {
  return specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
}
