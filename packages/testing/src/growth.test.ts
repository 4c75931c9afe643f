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

test('work that grows with its square does not', () => {
  expect(() => expectLinear((size) => perLetter((size * size) / 200), 20_000)).toThrow(/times the input took/);
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
