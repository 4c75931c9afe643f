import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { bestOf, startStopwatch } from './stopwatch.ts';

it('gives a limit more room where the machine kept this process waiting', async () => {
  const watch = startStopwatch();
  await sleep(30);
  const calm = watch.slackMs();
  const busyUntil = performance.now() + 300;
  while (performance.now() < busyUntil);
  await sleep(30);
  expect(watch.elapsedMs()).toBeGreaterThanOrEqual(355);
  expect(watch.slackMs()).toBeGreaterThan(20 * 250);
  expect(calm).toBeLessThanOrEqual(watch.slackMs());
});

it('takes one attempt that is right, and the error of the last where none is', async () => {
  const upTo = (right: number) => async (number: number) => {
    if (number < right) throw new Error(`attempt ${number} came too late`);
    return number;
  };
  expect(await bestOf(3, upTo(1))).toBe(1);
  expect(await bestOf(3, upTo(3))).toBe(3);
  await expect(bestOf(3, upTo(4))).rejects.toThrow('attempt 3 came too late');
  const onlyTheFirst = (error: unknown) => String(error).includes('attempt 1');
  expect(await bestOf(3, upTo(2), onlyTheFirst)).toBe(2);
  await expect(bestOf(3, upTo(3), onlyTheFirst)).rejects.toThrow('attempt 2 came too late');
});
