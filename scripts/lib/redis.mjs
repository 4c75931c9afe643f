import { redisCommand } from './resp.mjs';
import { installPackages } from './apt.mjs';
import { readDotenv } from './dotenv.mjs';
import { Failure } from './failure.mjs';
import { dockerAnswers, startDockerRedis } from './redis-docker.mjs';
import { startLocalRedis } from './redis-local.mjs';
import { which } from './shell.mjs';

/**
 * @typedef {import('./steps.mjs').Context} Context
 * @typedef {{ url: string | undefined, how: string, stop: () => Promise<void> }} FoundRedis
 *   `url` is undefined where the bridge's own configuration says more than a URL does
 */

const nothingToStop = () => Promise.resolve();

/**
 * The Redis to run on, in the order that the README promises: REDIS_URL, a server on the PATH, Docker, the
 * distribution's package.
 *
 * @param {Context} context
 * @returns {Promise<FoundRedis>} `stop` ends what was started here and nothing else
 */
export async function findRedis(context) {
  const configured = await configuredRedis({ ...readDotenv(), ...context.env });
  if (configured !== undefined) return configured;
  const program = serverProgram(context.env);
  if (program !== undefined) return startLocalRedis(context, program);
  const reasons = ['there is no redis-server or valkey-server on the PATH'];
  if (await dockerAnswers(context)) {
    const started = await startDockerRedis(context);
    if ('url' in started) return started;
    reasons.push(started.reason);
  } else {
    reasons.push('Docker is not there or does not answer');
  }
  return startLocalRedis(context, await installServer(context, reasons));
}

/**
 * What the tests need: they start Redis servers of their own, from the PATH or in Docker.
 *
 * @param {Context} context
 * @returns {Promise<string>} how, in words
 */
export async function ensureRedisForTests(context) {
  const program = serverProgram(context.env);
  if (program !== undefined) return program;
  if (await dockerAnswers(context)) return 'in Docker';
  return installServer(context, ['there is no redis-server or valkey-server on the PATH', 'Docker is not there or does not answer']);
}

/** @param {NodeJS.ProcessEnv} env */
function serverProgram(env) {
  return which(['redis-server', 'valkey-server'], env['PATH']);
}

/**
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<FoundRedis | undefined>}
 */
async function configuredRedis(env) {
  const elsewhere = ['REDIS_SENTINELS', 'REDIS_URL_FILE'].find((name) => (env[name] ?? '') !== '');
  if (elsewhere !== undefined) return { url: undefined, how: elsewhere, stop: nothingToStop };
  const url = env['REDIS_URL'] ?? '';
  if (url === '') return undefined;
  // The nodes of a cluster are separated by commas; one that answers will do.
  const attempts = await Promise.all(url.split(',').map((node) => ping(node.trim())));
  if (attempts.includes(undefined)) return { url, how: 'REDIS_URL', stop: nothingToStop };
  throw new Failure(`The Redis of REDIS_URL does not answer: ${attempts[0]}.`, {
    fix: 'start it or correct REDIS_URL; or unset it (`unset REDIS_URL`, or its line in .env) and a Redis is started for you',
  });
}

/** @param {string} url @returns {Promise<string | undefined>} why it does not answer, without the URL, which may hold a password */
async function ping(url) {
  if (!/^rediss?:\/\/[^/]/.test(url)) return 'it has to begin with redis:// or rediss://';
  try {
    await redisCommand(url, ['PING']);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message || String(error) : String(error);
  }
}

/**
 * @param {Context} context
 * @param {readonly string[]} reasons why nothing before this was it
 * @returns {Promise<string>} the program
 */
async function installServer(context, reasons) {
  const note = 'It may start a Redis of its own on port 6379; the bridge leaves that one alone.';
  const installed = await installPackages(context, { packages: ['redis-server'], note });
  const program = serverProgram(context.env);
  if (installed.ok && program !== undefined) return program;
  const last = installed.ok ? 'the package redis-server brought no program' : installed.reason;
  throw new Failure(`No Redis: ${[...reasons, last].join('; ')}.`, {
    fix:
      'type one of\n  sudo apt-get update && sudo apt-get install -y redis-server\n' +
      '  export REDIS_URL=redis://host:6379\nor start Docker; then run this again',
    output: installed.ok ? '' : installed.output,
  });
}
