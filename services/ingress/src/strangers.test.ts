import { expect, test } from 'vitest';
import { createStrangers } from './strangers.ts';

function set(options: Partial<Parameters<typeof createStrangers>[0]> = {}) {
  const clock = { now: 0 };
  const strangers = createStrangers({ burst: 3, perMinute: 6, now: () => clock.now, ...options });
  return { ...strangers, pass: (seconds: number) => (clock.now += seconds * 1_000) };
}

test('an address may be refused some times, then waits, and only that address', () => {
  const { refused, waitSeconds, pass } = set();
  for (const left of [0, 0, 10]) {
    expect(waitSeconds('192.0.2.1')).toBe(0);
    refused('192.0.2.1');
    expect(waitSeconds('192.0.2.1')).toBe(left);
  }
  expect(waitSeconds('192.0.2.2')).toBe(0);
  pass(9);
  expect(waitSeconds('192.0.2.1')).toBe(1);
  pass(1);
  expect(waitSeconds('192.0.2.1')).toBe(0);
  refused('192.0.2.1');
  expect(waitSeconds('192.0.2.1')).toBe(10);
});

test('however long somebody goes on, it is over soon after', () => {
  const { refused, waitSeconds, pass } = set();
  for (let n = 0; n < 10_000; n += 1) refused('192.0.2.1');
  pass(10);
  expect(waitSeconds('192.0.2.1')).toBe(0);
});

test.each([
  ['2001:db8:1:2::1', '2001:db8:1:2:ffff:ffff:ffff:ffff', true],
  ['2001:db8:1::5', '2001:db8:1:0:1:2:3:4', true],
  ['2001:db8::1', '2001:0DB8:0:0:1:1:1:1', true],
  ['fe80::1%eth0', 'fe80::2', true],
  ['::ffff:192.0.2.1', '192.0.2.1', true],
  ['2001:db8:1:2::1', '2001:db8:1:3::1', false],
  ['::ffff:192.0.2.1', '::ffff:192.0.2.2', false],
])('%s and %s are one: %s', (one, other, same) => {
  const { refused, waitSeconds } = set({ burst: 1 });
  refused(one);
  expect(waitSeconds(other) > 0).toBe(same);
});

test('a proxy’s header may hold anything', () => {
  const { refused, waitSeconds } = set({ burst: 1 });
  for (const address of ['', 'nonsense', '%', '::%', '[::1]', undefined]) {
    refused(address);
    expect(waitSeconds(address)).toBeGreaterThan(0);
  }
});

test('many addresses take no more memory than some', () => {
  const { refused, waitSeconds } = set({ burst: 1, mostAddresses: 2 });
  for (const address of ['a', 'b', 'a', 'c']) refused(address);
  expect(['a', 'b', 'c'].map((address) => waitSeconds(address) > 0)).toEqual([true, false, true]);
});
