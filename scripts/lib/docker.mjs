import { which } from './shell.mjs';

/** @typedef {import('./steps.mjs').Context} Context */

/** What the image is built from and what the stack runs. */
const images = ['node:24-bookworm-slim', 'redis:8-alpine'];

/**
 * Whether the tests of the stack can run: with an engine, and without downloading gigabytes behind anybody's back.
 *
 * @param {Context} context
 * @returns {Promise<{ version: string } | { reason: string, fix: string }>}
 */
export async function findDocker({ env, shell }) {
  const ask = (/** @type {readonly string[]} */ args) => shell.run('docker', args, { env, timeoutMs: 20_000 });
  const engine = which(['docker'], env['PATH']) !== undefined && (await ask(['info'])).code === 0;
  if (!engine) return { reason: 'no Docker engine answers', fix: 'install Docker and start it; `docker info` then works' };
  const { code, output } = await ask(['compose', 'version', '--short']);
  if (code !== 0) return { reason: 'Docker has no compose plugin', fix: 'install docker-compose-plugin' };
  for (const image of images) {
    const there = (await ask(['image', 'inspect', image])).code === 0;
    if (!there)
      return { reason: `the base image ${image} is not on this machine`, fix: images.map((one) => `docker pull ${one}`).join(' && ') };
  }
  return { version: output.trim() };
}
