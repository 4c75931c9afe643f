import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { install } from '../tests/support/processes.ts';
import { createWorld } from '../tests/support/world.ts';

const settleMs = 15_000;

/** Resident memory of one process with all roles and platforms, connected and idle. */
export async function idleMemory(redisUrl: string): Promise<readonly string[]> {
  const world = await createWorld();
  // As it is, and not through `startBridge`: what that adds for measuring takes memory.
  const bridge = await install({
    world,
    redisUrl,
    processes: ['ingress,gateway,router,sender,console'],
    run: 'built',
    env: { NODE_ENV: 'production' },
  });
  await sleep(settleMs);
  const status = await readFile(`/proc/${bridge.processes[0]?.pid}/status`, 'utf8');
  const kilobytes = Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]);
  await bridge.stop();
  await world.close();
  return [`resident memory, all roles in one process, idle: ${(kilobytes / 1024).toFixed(0)} MB`];
}
