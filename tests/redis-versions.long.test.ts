import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const run = promisify(execFile);
const cwd = fileURLToPath(new URL('..', import.meta.url));

/** The tests of everything that speaks to Redis by itself, on servers that this machine's package manager may not have. */
test.for(['redis:8-alpine', 'valkey/valkey:8-alpine'])(
  'the queues and what is remembered work on %s',
  { timeout: 900_000 },
  async (image) => {
    const env = { ...process.env, TEST_REDIS_IMAGE: image, TESTCONTAINERS_RYUK_DISABLED: 'true', LONG_TESTS: undefined };
    const args = ['run', 'packages/queue', 'packages/store', '--reporter=dot'];
    const { stdout } = await run('vitest', args, { cwd, env, maxBuffer: 64_000_000 });
    expect(stdout).toMatch(/Tests .*\d+ passed/);
  },
);
