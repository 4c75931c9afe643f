import { type InstallOptions, type Installation, install } from '../tests/support/processes.ts';

const profiles = process.env['BENCH_PROFILES'];
const options = profiles === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profiles}`];

interface Start extends Pick<InstallOptions, 'world' | 'redisUrl' | 'processes'> {
  /** Off where absent: Discord's 40 calls a second would be all that is measured. */
  readonly limits?: 'keep' | 'off';
}

/**
 * The bridge as users run it: built, with its usual log. With BENCH_PROFILES set to a folder, each process leaves a CPU
 * profile there when it ends.
 */
export function startBridge({ limits = 'off', ...what }: Start): Promise<Installation> {
  return install({ ...what, run: 'built', env: { NODE_ENV: 'production', NODE_OPTIONS: options.join(' '), OUTGOING_LIMITS: limits } });
}
