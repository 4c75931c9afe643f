import { ownPort, startRedis } from '@bridge/testing';
import { seededRandom } from '@bridge/simulators';
import { rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { environmentOf, folderFor, startBridge } from '../support/processes.ts';
import { createWorld } from '../support/world.ts';
import { chaosRoles } from './schedule.ts';

// `node --conditions=source tests/chaos/stops.ts [rounds] [seed] [ms]`: each role is started and asked to stop at a moment of
// chance within 3 s (or what is given), also while it still starts, as Redis is killed and started around it and Discord's gateway
// is cut. Every such process must end with 0.
const [rounds = 20, seed = Math.floor(Math.random() * 1_000_000) + 1, latestMs = 3_000] = process.argv.slice(2).map(Number);
/** Generous. */
const nodeStartsMs = 500;
const say = (line: string) => void process.stdout.write(`${line}\n`);
const random = seededRandom(seed);

const redis = await startRedis({ appendfsync: 'always' });
const world = await createWorld({ bridges: 2 });
const cwd = await folderFor(world);
const env = { ...environmentOf(world, redis.url), LOG_LEVEL: 'info' };
const ended: Record<string, number> = {};
try {
  const { port } = await ownPort();
  for (let round = 0; round < rounds; round += 1) {
    for (const roles of chaosRoles) {
      const stopMs = Math.round(random() * latestMs);
      const killMs = Math.round(random() * stopMs);
      const awayMs = Math.round(random() * 1_000);
      const one = startBridge({ roles, cwd, env: { ...env, PORT: String(port) } });
      const redisGone = random() < 0.5 ? kill(killMs, awayMs) : undefined;
      const gatewayCut = random() < 0.5 ? cut(Math.round(random() * stopMs)) : undefined;
      await sleep(stopMs);
      one.kill('SIGTERM');
      const code = await one.exit;
      await Promise.all([redisGone, gatewayCut]);
      ended[`${roles} ${code}`] = (ended[`${roles} ${code}`] ?? 0) + 1;
      // Before Node.js has read a line of the program, a signal just ends it.
      if (code === 0 || (code === null && stopMs < nodeStartsMs && one.output() === '')) continue;
      process.exitCode = 1;
      say(
        `${roles} ended with ${code}; asked after ${stopMs} ms, Redis ${redisGone ? `gone after ${killMs} ms for ${awayMs} ms` : 'there'}`,
      );
      say(one.output().split('\n').slice(-20).join('\n'));
    }
  }
} finally {
  await world.close();
  await redis.stop();
  await rm(cwd, { recursive: true, force: true });
}
say(`seed ${seed}: ${JSON.stringify(ended)}`);

async function kill(atMs: number, awayMs: number): Promise<void> {
  await sleep(atMs);
  await redis.kill9();
  await sleep(awayMs);
  await redis.restart();
}

async function cut(atMs: number): Promise<void> {
  await sleep(atMs);
  world.simulators.discord.gateway.dropAll();
}
