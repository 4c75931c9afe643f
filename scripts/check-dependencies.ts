import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import type { Edge } from './dependencies/module-graph.ts';
import { readGraph } from './dependencies/module-graph.ts';
import type { Manifest } from './dependencies/rule.ts';
import { violation } from './dependencies/rule.ts';

/** Below these the graph was not read whole, and finding nothing in it would say nothing. */
const fewest = { modules: 150, edges: 400 };

const root = fileURLToPath(new URL('..', import.meta.url));
const folders = ['packages', 'packages/platforms', 'services'].flatMap((parent) =>
  readdirSync(join(root, parent), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name !== 'platforms')
    .map((entry) => `${parent}/${entry.name}`),
);

function readManifest(folder: string): Manifest {
  const json: unknown = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'));
  return { dependencies: keysAt(json, 'dependencies'), devDependencies: keysAt(json, 'devDependencies') };
}

function keysAt(json: unknown, name: string): string[] {
  const value: unknown = typeof json === 'object' && json !== null ? Object.entries(json).find(([key]) => key === name)?.[1] : undefined;
  return Object.keys(typeof value === 'object' && value !== null ? value : {});
}

function problemsOf(folder: string, edges: readonly Edge[]): string[] {
  const manifest = readManifest(folder);
  return edges.flatMap((edge) => {
    const problem = violation(edge, folder, manifest);
    return problem === undefined ? [] : [`${edge.from}:${edge.line} ${problem}`];
  });
}

const graphs = folders.map((folder) => ({ folder, ...readGraph(root, [folder]) }));
const modules = graphs.flatMap((graph) => graph.modules).length;
const edges = graphs.flatMap((graph) => graph.edges).length;
const empty = graphs.filter((graph) => graph.modules.length === 0).map(({ folder }) => `${folder} has no module`);
const small =
  modules < fewest.modules || edges < fewest.edges ? [`only ${modules} modules and ${edges} imports were seen; the check is blind`] : [];
const problems = [...empty, ...small, ...graphs.flatMap((graph) => problemsOf(graph.folder, graph.edges))];
for (const problem of problems) console.log(problem);
console.log(`${modules} modules, ${edges} imports, ${problems.length} against the dependency rule`);
process.exitCode = problems.length === 0 ? 0 : 1;
