// Writes the files that are made from the code, or with --check says which of them have drifted.
// Run: node --conditions=source scripts/generate.ts [--check]
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { generatedFiles } from '../packages/config/src/index.ts';
import { discoverPlatforms } from '../packages/runtime/src/discovery.ts';
import { metricsDoc } from './metrics-doc.ts';

const { values } = parseArgs({ options: { check: { type: 'boolean', default: false }, root: { type: 'string' } } });
/** Another folder than the repository, for the test of this script. */
const root = resolve(values.root ?? fileURLToPath(new URL('..', import.meta.url)));

const current = (path: string): string | undefined => (existsSync(join(root, path)) ? readFileSync(join(root, path), 'utf8') : undefined);

const files = [...generatedFiles(await discoverPlatforms(), current('README.md')), { path: 'docs/metrics.md', text: await metricsDoc() }];
const drifted = files.filter((file) => current(file.path) !== file.text);

for (const file of drifted) {
  if (values.check) {
    console.error(`${file.path} is not what the code says. Fix: node --conditions=source scripts/generate.ts`);
    process.exitCode = 1;
  } else {
    mkdirSync(dirname(join(root, file.path)), { recursive: true });
    writeFileSync(join(root, file.path), file.text);
    console.log(`wrote ${file.path}`);
  }
}
if (drifted.length === 0) console.log('every generated file is up to date');
