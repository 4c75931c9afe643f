// The bridge under PM2, one process per role: pm2 start deploy/pm2/ecosystem.config.cjs
// Redis runs beside it; .env and bridges.yaml stand in the folder of the repository.
const { join } = require('node:path');

const root = join(__dirname, '..', '..');
/** Every process serves its metrics on a port of its own. */
const roles = { ingress: 9464, gateway: 9465, router: 9466, sender: 9467, console: 9468 };

module.exports = {
  apps: Object.entries(roles).map(([role, metricsPort]) => ({
    name: `bridge-${role}`,
    cwd: root,
    script: join(root, 'services', 'cli', 'bin', 'bridge.mjs'),
    args: ['start', '--roles', role],
    // The Node.js that `npm run setup` installed.
    interpreter: join(root, '.bridge', 'bin', 'node'),
    env: { METRICS_PORT: String(metricsPort) },
    // Above the 10 s that a role takes at most to finish what is under way.
    kill_timeout: 20_000,
    exp_backoff_restart_delay: 500,
    max_memory_restart: '512M',
    merge_logs: true,
  })),
};
