import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { readGraph } from './module-graph.ts';

const root = mkdtempSync(join(tmpdir(), 'graph '));
afterAll(() => rmSync(root, { recursive: true }));

test('every way to write an import is seen, and build results are not', () => {
  mkdirSync(join(root, 'a/src'), { recursive: true });
  mkdirSync(join(root, 'a/dist'), { recursive: true });
  writeFileSync(join(root, 'a/dist/index.js'), "import 'built';");
  const lines = [
    "import value from 'default';",
    "import type { Only } from 'type';",
    "import 'effect';",
    "export * from 'all';",
    "export { one } from 'named';",
    "export const lazy = () => import('lazy');",
    'export const computed = (name: string) => import(name);',
    "export type T = import('in-type').U<Only>;",
    "export const text = \"import 'no-import'\"; // import 'nor-this'",
    'export const used = value;',
  ];
  writeFileSync(join(root, 'a/src/index.ts'), lines.join('\n'));
  const { modules, edges } = readGraph(root, ['a', 'missing']);
  expect(modules).toEqual(['a/src/index.ts']);
  expect(edges.map(({ to, line }) => [line, to])).toEqual([
    [1, 'default'],
    [2, 'type'],
    [3, 'effect'],
    [4, 'all'],
    [5, 'named'],
    [6, 'lazy'],
    [7, undefined],
    [8, 'in-type'],
  ]);
});

test('a file that cannot be parsed is an error, not an empty module', () => {
  mkdirSync(join(root, 'b'), { recursive: true });
  writeFileSync(join(root, 'b/broken.ts'), 'import { from;');
  expect(() => readGraph(root, ['b'])).toThrow('b/broken.ts cannot be parsed');
});
