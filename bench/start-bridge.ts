import { type InstallOptions, type Installation, install } from '../tests/support/processes.ts';

const profiles = process.env['BENCH_PROFILES'];

/**
 * The bridge as users run it: built, with its usual log. With BENCH_PROFILES set to a folder, each process leaves a CPU
 * profile there when it ends.
 */
export function startBridge(options: Pick<InstallOptions, 'world' | 'redisUrl' | 'processes'>): Promise<Installation> {
  const env = { NODE_ENV: 'production', ...(profiles === undefined ? {} : { NODE_OPTIONS: `--cpu-prof --cpu-prof-dir=${profiles}` }) };
  return install({ ...options, run: 'built', env });
}
