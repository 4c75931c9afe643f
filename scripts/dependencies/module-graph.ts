import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { parseSync, Visitor } from 'oxc-parser';

/** One import of one module, however it is written: a statement, a re-export, `import()` or a type's `import('…')`. */
export type Edge = {
  /** The importing file, relative to the repository. */
  readonly from: string;
  readonly line: number;
  /** The specifier as written; undefined where it is computed at run time. */
  readonly to: string | undefined;
};

export type ModuleGraph = { readonly modules: readonly string[]; readonly edges: readonly Edge[] };

const source = /\.(ts|tsx|mts|js|mjs)$/;
const skipped = new Set(['node_modules', 'dist', '.turbo']);

/** Every module below the given folders, parsed anew each time: no cache can go stale and no `typescript` library is needed. */
export function readGraph(root: string, folders: readonly string[]): ModuleGraph {
  const modules = folders.flatMap((folder) => sourcesUnder(join(root, folder))).map((file) => relative(root, file));
  return { modules, edges: modules.flatMap((file) => importsOf(root, file)) };
}

function sourcesUnder(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return skipped.has(entry.name) ? [] : sourcesUnder(path);
    return source.test(entry.name) ? [path] : [];
  });
}

function importsOf(root: string, from: string): Edge[] {
  const text = readFileSync(join(root, from), 'utf8');
  const { program, errors } = parseSync(from, text);
  if (errors[0] !== undefined) throw new Error(`${from} cannot be parsed: ${errors[0].message}`);
  const edges: Edge[] = [];
  const add = (at: number, to: unknown) => {
    edges.push({ from, line: text.slice(0, at).split('\n').length, to: typeof to === 'string' ? to : undefined });
  };
  new Visitor({
    ImportDeclaration: (node) => add(node.start, node.source.value),
    ExportAllDeclaration: (node) => add(node.start, node.source.value),
    ExportNamedDeclaration: (node) => node.source !== null && add(node.start, node.source.value),
    ImportExpression: (node) => add(node.start, node.source.type === 'Literal' ? node.source.value : undefined),
    TSImportType: (node) => add(node.start, node.source.value),
  }).visit(program);
  return edges;
}
