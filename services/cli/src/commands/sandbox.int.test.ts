import { tmpdir } from 'node:os';
import { expect, test } from 'vitest';
import { runIn } from '../fixtures/fake-world.ts';

test('the sandbox without Redis says how to get one', { timeout: 60_000 }, async () => {
  expect(await runIn(tmpdir(), ['sandbox'])).toMatchObject({
    code: 1,
    stdout: '',
    stderr: expect.stringMatching(/^bridge sandbox failed: The sandbox needs Redis: use `npm start`/),
  });
});

test('it takes no argument', async () => {
  expect(await runIn(tmpdir(), ['sandbox', 'now'])).toMatchObject({ code: 2, stderr: expect.stringContaining('Usage: bridge sandbox') });
});
