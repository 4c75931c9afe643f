import { expect, test } from 'vitest';
import { unlessAborted } from './unless-aborted.ts';

const never = new Promise<string>(() => undefined);

test('work that ends is what it ends as', async () => {
  const { signal } = new AbortController();
  expect(await unlessAborted(Promise.resolve('done'), signal)).toBe('done');
  expect(await unlessAborted(Promise.resolve('done'), undefined)).toBe('done');
  await expect(unlessAborted(Promise.reject(new Error('broken')), signal)).rejects.toThrow('broken');
});

test('work that goes on when it is to stop is left alone, also where it fails later', async () => {
  const stopping = new AbortController();
  const { promise, reject } = Promise.withResolvers<string>();
  const waiting = unlessAborted(promise, stopping.signal);
  stopping.abort(new Error('enough'));
  await expect(waiting).rejects.toThrow('enough');
  // Nobody listens any more: this would end the process.
  reject(new Error('too late'));
  await new Promise((resolve) => setImmediate(resolve));
});

test('what is to stop already does not wait at all', async () => {
  await expect(unlessAborted(never, AbortSignal.abort(new Error('enough')))).rejects.toThrow('enough');
});
