import { readFile } from 'node:fs/promises';
import { Redis } from 'ioredis';
import type { RoleProcess } from '../tests/support/processes.ts';

/** CPU seconds used so far, by what used them. */
type Used = ReadonlyMap<string, number>;

export interface CpuMeter {
  /** Begins to count anew. */
  reset(): Promise<void>;
  /** Seconds since `reset` per thousand of `messages`, as one line, the bridge's own processes first. */
  perThousand(messages: number): Promise<string>;
  close(): void;
}

/**
 * Counts the CPU time of each part while they share the machine. Wall-clock figures change with whatever else runs there; these
 * much less. `here` says what this process does meanwhile, which is no part of the bridge.
 */
export function createCpuMeter(redisUrl: string, here: string, processes: readonly RoleProcess[] = []): CpuMeter {
  const redis = new Redis(redisUrl);
  const read = async (): Promise<Used> => {
    const own = process.cpuUsage();
    const used = new Map<string, number>();
    for (const { roles, pid } of processes) used.set(roles, (used.get(roles) ?? 0) + (await cpuSecondsOf(pid)));
    return used.set('Redis', redisSeconds(await redis.info('cpu'))).set(here, (own.user + own.system) / 1_000_000);
  };
  let before: Used = new Map();
  return {
    reset: async () => void (before = await read()),
    async perThousand(messages) {
      const after = await read();
      const parts = [...after].map(([name, seconds]) => [name, ((seconds - (before.get(name) ?? 0)) * 1000) / messages] as const);
      const together = parts.reduce((sum, [, seconds]) => sum + seconds, 0);
      const each = parts.map(([name, seconds]) => `${name} ${seconds.toFixed(2)}`).join(', ');
      return `    CPU seconds per 1,000 messages: ${each}; together ${together.toFixed(2)}`;
    },
    close: () => redis.disconnect(),
  };
}

/** What this process is while the bridge is measured. */
export const simulatorsAndLoad = 'simulators and load';

/** Linux counts in hundredths of a second; elsewhere there is no such file and the figure is missing. */
async function cpuSecondsOf(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  // The name of the program may hold spaces; it ends with the last bracket.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

function redisSeconds(info: string): number {
  const field = (name: string) => Number(new RegExp(`^${name}:([\\d.]+)`, 'm').exec(info)?.[1]);
  return field('used_cpu_user') + field('used_cpu_sys');
}
