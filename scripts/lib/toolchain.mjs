import { chmodSync, mkdirSync, readFileSync, readlinkSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, delimiter, join } from 'node:path';
import { packageFailure } from './explain.mjs';
import { Failure } from './failure.mjs';
import { bridgeDir, readJson, root } from './places.mjs';
import { step } from './steps.mjs';

/** @typedef {import('./steps.mjs').Context} Context */

const toolsDir = join(bridgeDir, 'tools');
const binDir = join(bridgeDir, 'bin');

/** The Node.js that the bridge runs on; `.node-version` is the one place that says it. */
export const nodeVersion = readFileSync(join(root, '.node-version'), 'utf8').trim();

/**
 * Node.js of our version and pnpm, both as ordinary packages of the registry: a machine that can install the
 * dependencies can install these, without a further download site.
 *
 * @param {Context} context
 * @returns {Promise<string>} the Node.js to run everything with
 */
export async function prepareToolchain(context) {
  const running = sameMajor(process.versions.node) ? process.versions.node : nodeVersion;
  const node = await step(context, { name: `Node.js ${running}` }, () => prepareNode(context));
  const version = pnpmVersion();
  await step(context, { name: `pnpm ${version}` }, () => install(context, { name: 'pnpm', version }));
  linkTools(node);
  return node;
}

/** @param {string} version */
function sameMajor(version) {
  return version.split('.')[0] === nodeVersion.split('.')[0];
}

/** @param {Context} context */
async function prepareNode(context) {
  if (sameMajor(process.versions.node)) return process.execPath;
  const name = `node-${process.platform}-${process.arch}`;
  const node = join(toolsDir, 'node_modules', name, 'bin', 'node');
  const fresh = await install(context, { name, version: nodeVersion });
  if (fresh) await checkNode(context, node);
  return node;
}

/** @param {Context} context @param {string} node */
async function checkNode(context, node) {
  const { code, output } = await context.shell.run(node, ['--version'], { env: context.env });
  if (code === 0) return;
  rmSync(join(toolsDir, 'node_modules'), { recursive: true, force: true });
  throw new Failure(`The Node.js ${nodeVersion} of the package registry does not run on this system.`, {
    fix: `install Node.js ${nodeVersion.split('.')[0]} the way your system does it, then run this again with that one`,
    output,
  });
}

function pnpmVersion() {
  const manifest = readJson(join(root, 'package.json'));
  const named = typeof manifest === 'object' && manifest !== null && 'packageManager' in manifest ? String(manifest.packageManager) : '';
  const version = /^pnpm@(\d+\.\d+\.\d+)/.exec(named)?.[1];
  if (version === undefined)
    throw new Failure('package.json does not pin pnpm.', { fix: 'put `"packageManager": "pnpm@<version>"` back into it' });
  return version;
}

/**
 * @param {Context} context
 * @param {{ name: string, version: string }} tool
 * @returns {Promise<boolean>} whether it had to be installed
 */
async function install(context, { name, version }) {
  const manifest = readJson(join(toolsDir, 'node_modules', name, 'package.json'));
  if (typeof manifest === 'object' && manifest !== null && 'version' in manifest && manifest.version === version) return false;
  mkdirSync(toolsDir, { recursive: true });
  const own = join(toolsDir, 'package.json');
  // Without a manifest of its own, npm would take the repository's for the project to install into.
  if (readJson(own) === undefined) writeFileSync(own, '{ "private": true }\n');
  const args = ['install', `${name}@${version}`, '--save-exact', '--ignore-scripts', '--no-audit', '--no-fund', '--no-update-notifier'];
  const npm = npmCommand(context.env);
  const { code, output } = await context.shell.run(npm.command, [...npm.args, ...args], { cwd: toolsDir, env: cleanEnv(context.env) });
  if (code !== 0) throw packageFailure({ output, command: `cd "${toolsDir}" && npm ${args.join(' ')}` });
  return true;
}

/**
 * The npm that started us, so that whoever has two uses the one they typed.
 *
 * @param {NodeJS.ProcessEnv} env
 */
export function npmCommand(env) {
  const script = env['npm_execpath'] ?? '';
  return basename(script) === 'npm-cli.js' ? { command: process.execPath, args: [script] } : { command: 'npm', args: [] };
}

/** Both tools under one short folder: for PATH, for `bridge`, and for people who develop here. */
function linkTools(/** @type {string} */ node) {
  mkdirSync(binDir, { recursive: true });
  link(node, join(binDir, 'node'));
  const pnpm = join(binDir, 'pnpm');
  const script = '#!/bin/sh\nhere=$(dirname "$0")\nexec "$here/node" "$here/../tools/node_modules/pnpm/bin/pnpm.cjs" "$@"\n';
  writeFileSync(pnpm, script);
  chmodSync(pnpm, 0o755);
}

/** Makes or corrects a symbolic link, at once for everybody who looks. @param {string} target @param {string} path */
export function link(target, path) {
  try {
    if (readlinkSync(path) === target) return;
  } catch {
    // Not there yet, or not a link: made below either way.
  }
  const draft = `${path}.${process.pid}`;
  symlinkSync(target, draft);
  renameSync(draft, path);
}

/** Nothing that set-up runs reports anything to anybody. */
const quiet = { TURBO_TELEMETRY_DISABLED: '1', DO_NOT_TRACK: '1', TURBO_NO_UPDATE_NOTIFIER: '1' };

/** Three attempts within seconds; the defaults of npm and pnpm keep a person without network waiting for over a minute. */
const patience = { npm_config_fetch_retries: '2', npm_config_fetch_retry_mintimeout: '1000', npm_config_fetch_retry_maxtimeout: '5000' };

/**
 * The environment for everything that set-up runs: what npm tells its scripts is taken out, since pnpm would read it as
 * its own settings, and so is NODE_ENV, since `production` would leave out the tools that build the bridge.
 *
 * @param {NodeJS.ProcessEnv} env
 * @returns {NodeJS.ProcessEnv}
 */
export function cleanEnv(env) {
  const chosen = /^npm_config_(registry|proxy|https?_proxy|noproxy|cafile|ca|strict_ssl|userconfig|globalconfig|cache|.*auth.*)$/i;
  const kept = Object.entries(env).filter(([name, value]) => {
    if (name === 'NODE_ENV' || value === '') return false;
    return !/^npm_/i.test(name) || chosen.test(name);
  });
  return { ...Object.fromEntries(kept), ...quiet, ...patience, PATH: toolPath(env) };
}

/** @param {NodeJS.ProcessEnv} env */
export function toolPath(env) {
  return [binDir, join(root, 'node_modules', '.bin'), env['PATH'] ?? ''].join(delimiter);
}
