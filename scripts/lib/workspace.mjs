import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageFailure } from './explain.mjs';
import { Failure } from './failure.mjs';
import { bridgeDir, readJson, root } from './places.mjs';
import { filesUnder, fingerprint, Stamps } from './stamps.mjs';
import { step } from './steps.mjs';
import { cleanEnv, link } from './toolchain.mjs';

/** @typedef {import('./steps.mjs').Context} Context */

/**
 * The workspace folders, read from pnpm-workspace.yaml without a YAML parser, which is not installed yet. Only
 * `folder` and `folder/*` are understood; those are the patterns used.
 *
 * @param {string} [base]
 * @returns {string[]}
 */
export function workspaceFolders(base = root) {
  const text = readFileSync(join(base, 'pnpm-workspace.yaml'), 'utf8');
  const list = /^packages:\n((?:[ \t]+-.*\n)+)/m.exec(text)?.[1] ?? '';
  const patterns = [...list.matchAll(/-\s*["']?([^"'\s]+)/g)].map((match) => match[1] ?? '');
  const folders = patterns.flatMap((pattern) => {
    if (!pattern.endsWith('/*')) return [pattern];
    const parent = pattern.slice(0, -2);
    return existsSync(join(base, parent)) ? readdirSync(join(base, parent)).map((name) => `${parent}/${name}`) : [];
  });
  return [...new Set(folders)].map((folder) => join(base, folder)).filter((folder) => existsSync(join(folder, 'package.json')));
}

/** @param {Context} context @param {string} node */
export async function prepareDependencies(context, node) {
  const stamps = new Stamps(join(bridgeDir, 'stamps.json'));
  const folders = workspaceFolders();
  await step(context, { name: 'dependencies', show: String }, async () => {
    const manifests = ['package.json', 'pnpm-lock.yaml', 'pnpm-workspace.yaml', '.npmrc'].map((name) => join(root, name));
    const wanted = fingerprint(
      [...manifests.filter((file) => existsSync(file)), ...folders.map((folder) => join(folder, 'package.json'))],
      [node],
    );
    if (stamps.matches('dependencies', wanted) && installed(folders)) return 'unchanged';
    await installDependencies(context);
    // Not as a dependency of the root package: turbo would then build everything anew after any change to it.
    link('../../services/cli/bin/bridge.mjs', join(root, 'node_modules', '.bin', 'bridge'));
    stamps.set('dependencies', wanted);
    return '';
  });
}

/** @param {readonly string[]} folders */
function installed(folders) {
  const needed = folders.filter((folder) => {
    const manifest = readJson(join(folder, 'package.json'));
    return typeof manifest === 'object' && manifest !== null && ('dependencies' in manifest || 'devDependencies' in manifest);
  });
  const made = [join('node_modules', '.modules.yaml'), join('node_modules', '.bin', 'bridge')].map((name) => join(root, name));
  return [...made, ...needed.map((folder) => join(folder, 'node_modules'))].every((path) => existsSync(path));
}

/** @param {Context} context */
async function installDependencies(context) {
  // CI keeps pnpm from asking anything; nobody could answer.
  const env = { ...cleanEnv(context.env), CI: 'true' };
  const { code, output } = await context.shell.run('pnpm', ['install', '--frozen-lockfile', '--prod=false'], { env });
  if (code !== 0) throw packageFailure({ output, command: '.bridge/bin/pnpm install --frozen-lockfile' });
}

/** @param {Context} context */
export async function buildWorkspace(context) {
  const stamps = new Stamps(join(bridgeDir, 'stamps.json'));
  const built = workspaceFolders().filter(hasBuild);
  await step(context, { name: 'build', show: String }, async () => {
    const shared = ['tsconfig.base.json', 'turbo.json', 'pnpm-lock.yaml'].map((name) => join(root, name));
    const wanted = fingerprint([...shared, ...built.flatMap((folder) => filesUnder(folder))]);
    if (stamps.matches('build', wanted) && built.every(isBuilt)) return 'unchanged';
    const args = ['run', 'build', '--output-logs=errors-only', '--concurrency=100%'];
    const { code, output } = await context.shell.run('turbo', args, { env: cleanEnv(context.env) });
    if (code !== 0) throw new Failure('The build failed.', { fix: 'mend the errors above, then run this again', output });
    stamps.set('build', wanted);
    return '';
  });
}

/** @param {string} folder */
function hasBuild(folder) {
  const manifest = readJson(join(folder, 'package.json'));
  if (typeof manifest !== 'object' || manifest === null || !('scripts' in manifest)) return false;
  return typeof manifest.scripts === 'object' && manifest.scripts !== null && 'build' in manifest.scripts;
}

/** @param {string} folder */
function isBuilt(folder) {
  const dist = join(folder, 'dist');
  return existsSync(dist) && readdirSync(dist).length > 0;
}
