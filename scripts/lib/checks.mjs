/**
 * @typedef {{ name: string, command: string, args: readonly string[], fix: string }} Check
 */

/**
 * What `npm test` runs before the tests, in this order, each counted as one test. tests/checks proves of each that it
 * can fail.
 *
 * @type {readonly Check[]}
 */
export const checks = [
  { name: 'types', command: 'tsc', args: ['-p', 'tsconfig.json'], fix: 'mend the lines above; `npm run typecheck` runs this alone' },
  {
    name: 'types of the scripts',
    command: 'tsc',
    args: ['-p', 'scripts/tsconfig.json'],
    fix: 'mend the lines above; `npm run typecheck` runs this alone',
  },
  {
    name: 'types of the page',
    command: 'tsc',
    args: ['-p', 'services/sandbox/src/page', '--noEmit'],
    fix: 'mend the lines above; `npm run typecheck` runs this alone',
  },
  { name: 'lint', command: 'oxlint', args: [], fix: '`npm run lint -- --fix` mends some of it; the rest is up to you' },
  { name: 'format', command: 'biome', args: ['format', '--error-on-warnings', '--max-diagnostics=none', '.'], fix: '`npm run format`' },
  {
    name: 'dead code',
    command: 'knip',
    args: ['--no-progress', '--no-config-hints'],
    fix: 'delete what is unused, or use it; `npm run dead-code` runs this alone',
  },
  {
    name: 'dependency rule',
    command: 'node',
    args: ['scripts/check-dependencies.ts'],
    fix: 'move the code to where it may import that; ARCHITECTURE.md has the rule',
  },
  {
    name: 'generated files',
    command: 'node',
    args: ['--conditions=source', 'scripts/generate.ts', '--check'],
    fix: '`npm run generate`, then commit what changed',
  },
];
