import { expect, test } from 'vitest';
import { BudgetSpentError, createInvalidBudget } from './invalid-budget.ts';

const refusal = { status: 403, scope: null };

test('refusals are borne up to a number, and after ten minutes again', () => {
  let now = 0;
  const budget = createInvalidBudget({ max: 3, now: () => now });
  for (const status of [200, 404, 500]) budget.note({ status, scope: null });
  budget.note({ status: 429, scope: 'shared' });
  budget.note(refusal);
  now = 1_000;
  budget.note({ status: 401, scope: null });
  expect(() => budget.check()).not.toThrow();
  budget.note({ status: 429, scope: 'user' });
  expect(() => budget.check()).toThrow(BudgetSpentError);
  now = 600_000;
  expect(() => budget.check()).not.toThrow();
  budget.note(refusal);
  now = 600_500;
  expect(() => budget.check()).toThrow(expect.objectContaining({ retryAfterMs: 500 }));
});
