#!/usr/bin/env node
// Whether the bridge in this container is alive: 0 or 1. Containers ask every few seconds, so it loads nothing of the bridge.
const [port = process.env['METRICS_PORT'] || '9464'] = process.argv.slice(2);

try {
  const response = await fetch(`http://127.0.0.1:${port}/livez`, { signal: AbortSignal.timeout(3_000) });
  process.exitCode = response.ok ? 0 : 1;
} catch {
  process.exitCode = 1;
}
