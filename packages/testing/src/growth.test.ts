import { expect, test } from 'vitest';
import { expectLinear, hostileUnits, repeated } from './growth.ts';

const perLetter = (size: number): number => {
  let sum = 0;
  for (let at = 0; at < size * 50; at += 1) sum = (sum * 31 + at) % 1_000_003;
  return sum;
};

test('work that grows with its input passes', () => {
  expect(() => expectLinear(perLetter)).not.toThrow();
});

/** What a run costs is what it says, so that no machine has a say in the proportion. */
const said = (run: () => unknown): number => Number(run());

test('work that grows with its square does not', () => {
  expect(() => expectLinear((size) => size ** 2, 1_000, said)).toThrow('4 times the input took 1000000 ms instead of 62500 ms');
  expect(() => expectLinear((size) => size ** 1.5, 1_000, said)).not.toThrow();
});

test('work is what it takes of the processor', () => {
  const burn = (): void => {
    const before = process.cpuUsage();
    while (process.cpuUsage(before).user < 100_000) perLetter(100);
  };
  expect(() => expectLinear((size) => (size === 4 ? burn() : undefined), 4)).toThrow(/times the input took/);
});

test('next to no work is never too much', () => {
  expect(() => expectLinear((size) => size)).not.toThrow();
});

test('a text of a unit is about as long as asked', () => {
  for (const unit of hostileUnits) {
    const { length } = repeated(unit, 1_000);
    expect(length).toBeGreaterThanOrEqual(1_000);
    expect(length).toBeLessThan(1_000 + unit.length);
  }
});
