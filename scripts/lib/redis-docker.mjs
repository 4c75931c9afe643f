import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { root } from './places.mjs';
import { redisCommand } from './resp.mjs';
import { durability, loopbackUrl, ownedByAnother, RedisHome } from './redis-state.mjs';
import { which } from './shell.mjs';

/**
 * @typedef {import('./steps.mjs').Context} Context
 * @typedef {import('./redis.mjs').FoundRedis} FoundRedis
 */

const image = 'redis:8-alpine';
/** One container and volume per clone of the repository. */
const name = `bridge-redis-${createHash('sha256').update(root).digest('hex').slice(0, 10)}`;

/** @param {Context} context */
export async function dockerAnswers(context) {
  if (which(['docker'], context.env['PATH']) === undefined) return false;
  return (await docker(context, ['info'], 10_000)).code === 0;
}

/** @param {Context} context @param {readonly string[]} args @param {number} [timeoutMs] */
function docker(context, args, timeoutMs = 0) {
  return context.shell.run('docker', args, { env: context.env, timeoutMs });
}

/**
 * @param {Context} context
 * @returns {Promise<FoundRedis | { reason: string }>}
 */
export async function startDockerRedis(context) {
  const former = await publishedPort(context);
  const home = new RedisHome(context.dir);
  const state = home.read();
  if (former !== undefined && state !== undefined && ownedByAnother(state)) {
    return { url: loopbackUrl(former), how: `in Docker, shared with process ${state.owner}`, stop: () => Promise.resolve() };
  }
  const port = former ?? (await createContainer(context));
  if (typeof port !== 'number') return port;
  if (!(await answersInTime(port))) {
    await docker(context, ['rm', '-f', name]);
    return { reason: `Redis in Docker cannot be reached on 127.0.0.1:${port}` };
  }
  home.write({ port, owner: process.pid });
  return { url: loopbackUrl(port), how: `${image} in Docker on port ${port}`, stop: () => stopContainer(context, home) };
}

/** @param {Context} context @returns {Promise<number | undefined>} undefined where no container of ours runs */
async function publishedPort(context) {
  const { code, output } = await docker(context, ['port', name, '6379/tcp']);
  const port = Number(/:(\d+)\s*$/m.exec(output)?.[1]);
  return code === 0 && port > 0 ? port : undefined;
}

/** @param {Context} context @returns {Promise<number | { reason: string }>} */
async function createContainer(context) {
  await docker(context, ['rm', '-f', name]);
  context.say(`Starting ${image} in Docker as ${name}.`);
  const where = ['--name', name, '-p', '127.0.0.1::6379', '-v', `${name}:/data`];
  const { code, output } = await docker(context, ['run', '-d', '--rm', ...where, image, 'redis-server', ...durability]);
  if (code !== 0) return { reason: `Docker could not run ${image} (${output.trim().split('\n').at(-1)})` };
  return (await publishedPort(context)) ?? { reason: `Docker publishes no port of ${name}` };
}

/** @param {number} port */
async function answersInTime(port) {
  for (const until = Date.now() + 60_000; Date.now() < until; await delay(100)) {
    try {
      if ((await redisCommand(loopbackUrl(port), ['PING'])) === 'PONG') return true;
    } catch {
      // Not up yet, or still loading its data.
    }
  }
  return false;
}

/** @param {Context} context @param {RedisHome} home */
async function stopContainer(context, home) {
  await docker(context, ['stop', name]);
  home.forget();
}
