import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { checks } from './lib/checks.mjs';
import { readJson } from './lib/places.mjs';
import { Shell } from './lib/shell.mjs';
import { tallyVitest } from './lib/tally.mjs';
import { toolPath } from './lib/toolchain.mjs';
import { PlantedTree } from './planted-tree.ts';

/** Every check of `npm test` is run on a copy with mistakes planted in it, and has to name each of them. */
describe('each check can fail', { timeout: 120_000 }, () => {
  let tree: PlantedTree;
  beforeAll(() => {
    tree = new PlantedTree();
    plant(tree);
  }, 60_000);
  afterAll(() => tree.remove());

  const expected: Record<string, readonly RegExp[]> = {
    types: [/core\/src\/planted-type\.ts\(1,/],
    'types of the scripts': [/planted-type\.mjs\(2,/],
    'types of the page': [/planted-type\.ts\(1,/],
    lint: [
      /no-floating-promises[\s\S]*?planted-floating\.ts/,
      /no-misused-promises[\s\S]*?planted-misused\.ts/,
      /no-explicit-any[\s\S]*?planted-any\.ts/,
      /max-lines\)[\s\S]*?planted-long\.ts/,
      /no-console[\s\S]*?planted-console\.ts/,
      /consistent-type-imports[\s\S]*?planted-type-import\.ts/,
    ],
    format: [/planted-format\.ts/],
    'dead code': [/planted-dead\.ts/, /plantedExport/, /planted-dependency/],
    'dependency rule': [/planted-queue\.ts:1 packages\/core may not import @bridge\/queue/, /planted-testing\.ts:1 .*for tests only/],
    'generated files': [/\.env\.example/],
  };

  test('all of them are listed here', () => {
    expect(Object.keys(expected)).toEqual(checks.map(({ name }) => name));
  });

  test.for(checks)('$name', async ({ name, command, args }) => {
    const { code, output } = await inTree(command, args);
    expect(code, output).not.toBe(0);
    for (const pattern of expected[name] ?? []) expect(plain(output)).toMatch(pattern);
    // Nothing uses it, which is for the dead-code check alone to say.
    if (name !== 'dead code') expect(output).not.toContain('planted-sound');
  });

  test('the dependency rule notices that it sees nothing', async () => {
    const empty = new PlantedTree();
    try {
      await new Shell().run('sh', ['-c', 'find packages services -path "*/src/*" -name "*.ts" -not -path "*/node_modules/*" -delete'], {
        cwd: empty.path,
      });
      const { code, output } = await run(empty, 'node', ['scripts/check-dependencies.ts']);
      expect(output).toContain('the check is blind');
      expect(code).toBe(1);
    } finally {
      empty.remove();
    }
  });

  test('tests that fail, do not load, are skipped or are missing', async () => {
    const { report, code } = await vitest('scripts/planted');
    const { tally, problems } = tallyVitest({ report, code, maySkip: false, byName: false });
    expect(problems).toEqual([
      expect.stringContaining('planted-broken.test.ts did not load'),
      '"is left out" was skipped without a reason',
    ]);
    expect(tally).toEqual({ passed: 1, failed: 3, skipped: 0 });
    const none = await vitest('no-such-file');
    expect(tallyVitest({ ...none, maySkip: false, byName: false }).tally.failed).toBe(1);
  });

  async function vitest(filter: string): Promise<{ report: unknown; code: number }> {
    const file = `${tree.path}/results.json`;
    const { code } = await inTree('vitest', ['run', '--reporter=json', `--outputFile=${file}`, filter]);
    return { report: readJson(file), code };
  }

  const inTree = (command: string, args: readonly string[]) => run(tree, command, args);
});

function run(tree: PlantedTree, command: string, args: readonly string[]): Promise<{ code: number; output: string }> {
  const { VITEST: _vitest, NODE_OPTIONS: _options, ...env } = process.env;
  return new Shell().run(command, args, { cwd: tree.path, env: { ...env, PATH: toolPath(env), NO_COLOR: '1' } });
}

/** Lint wraps long lines and draws boxes; what is left are the words. */
function plain(output: string): string {
  return output.replace(/\r/g, '');
}

function plant(tree: PlantedTree): void {
  const core = (name: string, text: string) => tree.write(`packages/core/src/planted-${name}.ts`, text);
  core('sound', 'export const planted = 1;\n');
  core('type', "export const planted: number = 'text';\n");
  tree.write('services/sandbox/src/page/planted-type.ts', "export const planted: number = 'text';\n");
  tree.write('scripts/lib/planted-type.mjs', "/** @type {number} */\nexport const planted = 'text';\n");
  core('floating', 'const later = async () => 1;\nexport const planted = () => {\n  later();\n};\n');
  core('misused', 'const later = async () => true;\nexport const planted = () => {\n  if (later()) return 1;\n  return 2;\n};\n');
  core('any', 'export const planted = (value: any) => String(value);\n');
  core('long', `${Array.from({ length: 401 }, (_, index) => `export const planted${index} = ${index};`).join('\n')}\n`);
  core('console', "console.log('planted');\n");
  core('type-import', "import { Bridge } from './bridge.ts';\nexport type Planted = Bridge;\n");
  core('format', 'export const   planted = "x"\n');
  core('dead', 'export const planted = 1;\n');
  tree.append('scripts/lib/lock.mjs', '\nexport const plantedExport = 1;\n');
  tree.write(
    'packages/simulators/package.json',
    JSON.stringify({ ...manifest('packages/simulators'), dependencies: { 'planted-dependency': '1.0.0' } }),
  );
  core('queue', "export * from '@bridge/queue';\n");
  core('testing', "export * from '@bridge/testing';\n");
  tree.append('.env.example', '\nPLANTED=1\n');
  tree.write(
    'scripts/planted.test.ts',
    "import { expect, test } from 'vitest';\ntest('passes', () => expect(1).toBe(1));\ntest('fails', () => expect(1).toBe(2));\ntest.skip('is left out', () => undefined);\n",
  );
  tree.write('scripts/planted-broken.test.ts', "import './no-such-module.ts';\n");
}

function manifest(folder: string): object {
  const json = readJson(`${folder}/package.json`);
  return typeof json === 'object' && json !== null ? json : {};
}
