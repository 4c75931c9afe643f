import { describe, expect, test } from 'vitest';
import { addTallies, summary, tallyVitest } from './tally.mjs';

const run = { code: 0, maySkip: false, byName: false };
const file = (statuses: readonly string[], status = 'passed') => ({
  name: 'a.test.ts',
  status,
  message: 'Cannot find module\nat line 2',
  assertionResults: statuses.map((value, index) => ({ fullName: `test ${index}`, status: value })),
});
const report = (...testResults: unknown[]) => ({ testResults });

describe('the last line', () => {
  test.for([
    [{ passed: 3, failed: 0, skipped: 0 }, '3 passed, 0 failed'],
    [{ passed: 3, failed: 1, skipped: 2 }, '3 passed, 1 failed, 2 skipped'],
  ] as const)('%j', ([tally, line]) => {
    expect(summary(tally)).toBe(line);
  });

  test('checks and tests add up', () => {
    expect(addTallies({ passed: 1, failed: 2, skipped: 3 }, { passed: 10, failed: 20, skipped: 30 })).toEqual({
      passed: 11,
      failed: 22,
      skipped: 33,
    });
  });
});

describe('nothing passes by not running', () => {
  test('all passed', () => {
    expect(tallyVitest({ ...run, report: report(file(['passed', 'passed'])) })).toEqual({
      tally: { passed: 2, failed: 0, skipped: 0 },
      problems: [],
    });
  });

  test.for([
    ['no report', undefined, 1],
    ['no test', report(), 1],
    ['only files without tests', report(file([])), 0],
    ['an empty answer', {}, 0],
  ] as const)('%s', ([, given, code]) => {
    const { tally, problems } = tallyVitest({ ...run, code, report: given });
    expect(tally).toEqual({ passed: 0, failed: 1, skipped: 0 });
    expect(problems).toEqual(['vitest ran no test; is the filter right?']);
  });

  test('a file that does not load', () => {
    const { tally, problems } = tallyVitest({ ...run, code: 1, report: report(file(['passed']), file([], 'failed')) });
    expect(tally).toEqual({ passed: 1, failed: 1, skipped: 0 });
    expect(problems).toEqual(['a.test.ts did not load: Cannot find module']);
  });

  test('a failing test is counted once, not again as a file', () => {
    expect(tallyVitest({ ...run, code: 1, report: report(file(['failed', 'passed'], 'failed')) }).tally).toEqual({
      passed: 1,
      failed: 1,
      skipped: 0,
    });
  });

  test('an error outside of the tests', () => {
    const { tally, problems } = tallyVitest({ ...run, code: 1, report: report(file(['passed'])) });
    expect(tally.failed).toBe(1);
    expect(problems[0]).toContain('ended with code 1');
  });

  test.for(['pending', 'skipped', 'todo'])('%s without a reason', (status) => {
    const { tally, problems } = tallyVitest({ ...run, report: report(file(['passed', status])) });
    expect(tally).toEqual({ passed: 1, failed: 1, skipped: 0 });
    expect(problems).toEqual(['"test 1" was skipped without a reason']);
  });

  test('a skip whose reason was printed', () => {
    expect(tallyVitest({ ...run, maySkip: true, report: report(file(['passed', 'pending'])) }).tally).toEqual({
      passed: 1,
      failed: 0,
      skipped: 1,
    });
  });

  test('tests left out by name are not skips', () => {
    expect(tallyVitest({ ...run, byName: true, report: report(file(['passed', 'pending'])) }).tally).toEqual({
      passed: 1,
      failed: 0,
      skipped: 0,
    });
  });
});
