import { tmpdir } from 'node:os';
import { createPasswordCheck } from '@bridge/runtime';
import { expect, test } from 'vitest';
import { runIn } from '../fixtures/fake-world.ts';

test('the hash of a line of standard input is printed, and checks', async () => {
  const { code, stdout, stderr } = await runIn(tmpdir(), ['hash-password'], {}, 'a long password');
  expect([code, stderr]).toEqual([0, '']);
  expect(await createPasswordCheck(stdout.trim())('a long password')).toBe(true);
});

test('nothing is no password', async () => {
  expect(await runIn(tmpdir(), ['hash-password'])).toMatchObject({
    code: 1,
    stdout: '',
    stderr: expect.stringContaining('standard input'),
  });
});
