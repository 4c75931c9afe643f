import { spawn } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { errorCode, Failure, lastLines } from './failure.mjs';
import { redisCommand } from './resp.mjs';
import { durability, freePort, loopbackUrl, ownedByAnother, RedisHome } from './redis-state.mjs';
import { alive, ended } from './shell.mjs';

/**
 * @typedef {import('./redis.mjs').FoundRedis} FoundRedis
 * @typedef {import('./redis-state.mjs').RedisState & { pid: number }} LocalState
 */

/**
 * A Redis server of this machine, with its data under `.bridge/redis`. One that an interrupted start left behind is
 * taken over, since it has the data open.
 *
 * @param {import('./steps.mjs').Context} context
 * @param {string} program
 * @returns {Promise<FoundRedis>}
 */
export async function startLocalRedis(context, program) {
  const home = new RedisHome(context.dir);
  const former = await formerServer(home);
  if (former !== undefined) return adopt(home, former);
  mkdirSync(home.dir, { recursive: true });
  const port = await freePort(home.read()?.port);
  const pid = await launch({ program, port, home, env: context.env });
  return { url: loopbackUrl(port), how: `${basename(program)} on port ${port}`, stop: () => stopServer({ port, pid, home }) };
}

/** @param {RedisHome} home @returns {Promise<LocalState | undefined>} a server of ours that still runs, proven by its own word, not by its number alone */
async function formerServer(home) {
  const state = home.read();
  if (state?.pid === undefined || !alive(state.pid)) return undefined;
  try {
    const info = String(await redisCommand(loopbackUrl(state.port), ['INFO', 'server']));
    return info.includes(`process_id:${state.pid}\r`) ? { ...state, pid: state.pid } : undefined;
  } catch {
    return undefined;
  }
}

/** @param {RedisHome} home @param {LocalState} state @returns {FoundRedis} */
function adopt(home, state) {
  const { port, pid } = state;
  const url = loopbackUrl(port);
  if (ownedByAnother(state)) return { url, how: `on port ${port}, shared with process ${state.owner}`, stop: () => Promise.resolve() };
  home.write({ port, pid, owner: process.pid });
  return { url, how: `on port ${port}, left by an earlier start`, stop: () => stopServer({ port, pid, home }) };
}

/**
 * @param {{ program: string, port: number, home: RedisHome, env: NodeJS.ProcessEnv }} options
 * @returns {Promise<number>} its process id
 */
async function launch({ program, port, home, env }) {
  const log = openSync(join(home.dir, 'redis.log'), 'w');
  // In a group of its own: Ctrl-C reaches the bridge first, which still needs Redis to finish.
  const options = ['--bind', '127.0.0.1', '--port', String(port), '--daemonize', 'no', '--dir', '.', ...durability];
  const child = spawn(program, options, { cwd: home.dir, env, detached: true, stdio: ['ignore', log, log] });
  closeSync(log);
  child.once('error', () => undefined);
  child.unref();
  // Before it answers, so that a start interrupted here is found by the next one.
  if (child.pid !== undefined) home.write({ port, pid: child.pid, owner: process.pid });
  while (!(await answers(port))) {
    if (ended(child)) {
      home.forget();
      throw didNotStart(program, home);
    }
    await delay(30);
  }
  return child.pid ?? 0;
}

/** @param {number} port false while it still loads its data */
async function answers(port) {
  try {
    return (await redisCommand(loopbackUrl(port), ['PING'])) === 'PONG';
  } catch {
    return false;
  }
}

/** @param {string} program @param {RedisHome} home */
function didNotStart(program, home) {
  const logFile = join(home.dir, 'redis.log');
  return new Failure(`${program} did not start.`, {
    fix: `look at ${logFile}; where it is the data that cannot be read, \`mv "${home.dir}" "${home.dir}.broken"\` starts with an empty one`,
    output: existsSync(logFile) ? lastLines(readFileSync(logFile, 'utf8'), 15) : '',
  });
}

/** @param {{ port: number, pid: number, home: RedisHome }} server */
async function stopServer({ port, pid, home }) {
  try {
    // Not a signal: Redis itself refuses a shutdown that would lose data.
    await redisCommand(loopbackUrl(port), ['SHUTDOWN', 'NOSAVE'], { timeoutMs: 10_000 });
  } catch {
    // It closes the connection instead of answering.
  }
  for (let waited = 0; alive(pid) && waited < 10_000; waited += 50) await delay(50);
  if (alive(pid)) terminate(pid);
  home.forget();
}

/** @param {number} pid */
function terminate(pid) {
  try {
    process.kill(pid, 'SIGTERM');
  } catch (error) {
    if (errorCode(error) !== 'ESRCH') throw error;
  }
}
