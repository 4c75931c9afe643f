import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DeliveryError, defaultRetryPolicy, verdict } from './failure.ts';
import type { AttemptState, DeliveryFailure, RetryPolicy, Verdict } from './failure.ts';

const first: AttemptState = { attempt: 1, ageMs: 0, random: 0.5 };
const late: AttemptState = { attempt: 30, ageMs: defaultRetryPolicy.maxAgeMs, random: 0.5 };

test.each<[string, DeliveryFailure, AttemptState, Partial<Verdict> & { readonly delayMs?: number }]>([
  ['transient', { kind: 'transient' }, first, { action: 'retry', delayMs: 1_000 }],
  ['transient, second', { kind: 'transient' }, { ...first, attempt: 2 }, { action: 'retry', delayMs: 5_000 }],
  ['transient, long after', { kind: 'transient' }, { ...first, attempt: 29 }, { action: 'retry', delayMs: 3_600_000 }],
  ['transient, a moment before a day', { kind: 'transient' }, { ...late, ageMs: late.ageMs - 1 }, { action: 'retry' }],
  ['transient, after a day', { kind: 'transient' }, late, { action: 'dead-letter' }],
  ['ambiguous', { kind: 'ambiguous' }, first, { action: 'retry', delayMs: 1_000 }],
  ['ambiguous, after a day', { kind: 'ambiguous' }, late, { action: 'dead-letter' }],
  [
    'rate-limited conversation',
    { kind: 'rate-limited', retryAfterMs: 3_000, scope: 'conversation' },
    late,
    { action: 'hold-conversation', delayMs: 3_000 },
  ],
  [
    'rate-limited platform',
    { kind: 'rate-limited', retryAfterMs: 3_000, scope: 'platform' },
    late,
    { action: 'hold-platform', delayMs: 3_000 },
  ],
  [
    'rate-limited without a time',
    { kind: 'rate-limited', retryAfterMs: Number.NaN, scope: 'platform' },
    first,
    { action: 'hold-platform', delayMs: 1_000 },
  ],
  [
    'rate-limited for ever',
    { kind: 'rate-limited', retryAfterMs: Infinity, scope: 'platform' },
    first,
    { action: 'hold-platform', delayMs: 86_400_000 },
  ],
  [
    'rate-limited for no time',
    { kind: 'rate-limited', retryAfterMs: -5, scope: 'conversation' },
    first,
    { action: 'hold-conversation', delayMs: 1 },
  ],
  ['permanent', { kind: 'permanent', reason: 'not-found' }, first, { action: 'dead-letter', reason: 'not-found' }],
  ['unauthorised', { kind: 'unauthorised' }, late, { action: 'pause-platform' }],
  ['shutting-down', { kind: 'shutting-down' }, late, { action: 'requeue' }],
])('%s', (_name, failure, state, expected) => {
  expect(verdict(failure, state)).toMatchObject(expected);
});

test('the policy may forbid to retry what may have arrived', () => {
  expect(verdict({ kind: 'ambiguous' }, first, { ...defaultRetryPolicy, retryAmbiguous: false })).toMatchObject({ action: 'dead-letter' });
  expect(verdict({ kind: 'transient' }, first, { ...defaultRetryPolicy, retryAmbiguous: false })).toMatchObject({ action: 'retry' });
});

test('an attempt counted from 0 by mistake is retried, not given up', () => {
  expect(verdict({ kind: 'transient' }, { ...first, attempt: 0 })).toMatchObject({ action: 'retry', delayMs: 1_000 });
});

const failures: fc.Arbitrary<DeliveryFailure> = fc.oneof(
  fc.record({ kind: fc.constant('rate-limited'), retryAfterMs: fc.double(), scope: fc.constantFrom('conversation', 'platform') }),
  fc.constantFrom<DeliveryFailure>({ kind: 'transient' }, { kind: 'ambiguous' }, { kind: 'unauthorised' }, { kind: 'shutting-down' }),
  fc.record({
    kind: fc.constant('permanent'),
    reason: fc.constantFrom('message-gone', 'not-found', 'forbidden', 'too-large', 'invalid', 'moved'),
  }),
);
const states: fc.Arbitrary<AttemptState> = fc.record({
  attempt: fc.integer({ min: 1, max: 100_000 }),
  ageMs: fc.integer({ min: 0, max: 200_000_000 }),
  random: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
});
const policies: fc.Arbitrary<RetryPolicy> = fc.record({
  schedule: fc.array(fc.integer({ min: 0, max: 10_000_000 }), { minLength: 1 }),
  maxAgeMs: fc.integer({ min: 1, max: 100_000_000 }),
  jitter: fc.double({ min: 0, max: 4, noNaN: true }),
  retryAmbiguous: fc.boolean(),
});

describe('whatever fails, whenever, under whatever policy', () => {
  test('there is a verdict, and every delay is a whole number from 1 ms to a day', () => {
    fc.assert(
      fc.property(failures, states, policies, (failure, state, policy) => {
        const result = verdict(failure, state, policy);
        expect(['retry', 'hold-conversation', 'hold-platform', 'pause-platform', 'dead-letter', 'requeue']).toContain(result.action);
        if ('delayMs' in result) expect(Number.isInteger(result.delayMs) && result.delayMs >= 1 && result.delayMs <= 86_400_000).toBe(true);
        if ('reason' in result) expect(result.reason).not.toBe('');
      }),
    );
  });

  test('only what is permanent, forbidden to retry or too old is given up', () => {
    fc.assert(
      fc.property(failures, states, policies, (failure, state, policy) => {
        const tooOld = state.ageMs >= policy.maxAgeMs && (failure.kind === 'transient' || failure.kind === 'ambiguous');
        const forbidden = failure.kind === 'ambiguous' && !policy.retryAmbiguous;
        expect(verdict(failure, state, policy).action === 'dead-letter').toBe(failure.kind === 'permanent' || forbidden || tooOld);
      }),
    );
  });

  test('jitter spreads a delay around its middle, by no more than its share', () => {
    fc.assert(
      fc.property(states, (state) => {
        const result = verdict({ kind: 'transient' }, { ...state, ageMs: 0 });
        const base = defaultRetryPolicy.schedule[Math.min(state.attempt, 7) - 1] ?? 0;
        expect('delayMs' in result && Math.abs(result.delayMs - base) <= base * 0.1 + 1).toBe(true);
      }),
    );
    expect(verdict({ kind: 'transient' }, { ...first, random: 0 })).not.toEqual(verdict({ kind: 'transient' }, { ...first, random: 0.9 }));
  });
});

test('a delivery error carries its failure and the platform’s answer', () => {
  const error = new DeliveryError(
    'the chat is gone; remove it from bridges.yaml',
    { kind: 'permanent', reason: 'not-found' },
    { status: 404, code: '10003' },
  );
  expect(error).toBeInstanceOf(Error);
  expect(error).toMatchObject({
    name: 'DeliveryError',
    failure: { kind: 'permanent', reason: 'not-found' },
    answer: { status: 404, code: '10003' },
  });
  expect(new DeliveryError('down', { kind: 'transient' }).answer).toEqual({});
});
