import { which } from './shell.mjs';

/** @typedef {import('./steps.mjs').Context} Context */

/**
 * Installs packages of the distribution, where that is allowed without asking for a password: as root or with a sudo
 * that needs none.
 *
 * @param {Context} context
 * @param {{ packages: readonly string[], note?: string }} wanted `note` is said beforehand
 * @returns {Promise<{ ok: true } | { ok: false, reason: string, output: string }>}
 */
export async function installPackages(context, { packages, note = '' }) {
  const prefix = await rights(context);
  if (!Array.isArray(prefix)) return { ok: false, reason: prefix.reason, output: '' };
  const names = packages.join(' ');
  context.say(`Installing the package ${names} with ${[...prefix, 'apt-get'].join(' ')}.${note === '' ? '' : ` ${note}`}`);
  const install = ['install', '-y', '-q', '--no-install-recommends', '-o', 'DPkg::Lock::Timeout=120', ...packages];
  const first = await aptGet(context, prefix, install);
  if (first.code === 0) return { ok: true };
  // A fresh image has no package lists, so the first attempt fails there.
  await aptGet(context, prefix, ['update', '-q']);
  const second = await aptGet(context, prefix, install);
  return second.code === 0 ? { ok: true } : { ok: false, reason: `apt-get could not install ${names}`, output: second.output };
}

/** @param {Context} context */
async function rights(context) {
  if (which(['apt-get'], context.env['PATH']) === undefined) return { reason: 'this is not a Debian or Ubuntu (no apt-get)' };
  if (process.getuid?.() === 0) return /** @type {string[]} */ ([]);
  if (which(['sudo'], context.env['PATH']) === undefined) return { reason: 'apt-get needs root, and there is no sudo' };
  const { code } = await context.shell.run('sudo', ['-n', 'true'], { env: context.env });
  return code === 0 ? ['sudo', '-n'] : { reason: 'apt-get needs root, and sudo asks for a password' };
}

/** @param {Context} context @param {readonly string[]} prefix @param {readonly string[]} args */
function aptGet(context, prefix, args) {
  const [command = 'env', ...rest] = [...prefix, 'env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get', ...args];
  return context.shell.run(command, rest, { env: context.env });
}
