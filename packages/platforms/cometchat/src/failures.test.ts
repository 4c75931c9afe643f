import { DeliveryError } from '@bridge/core';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { NoAnswer, Refusal } from './client.ts';
import { type Stage, toDeliveryError } from './failures.ts';

const refusal = (status: number, code: string, headers: Readonly<Record<string, unknown>> = {}) =>
  new Refusal(status, { code, detail: 'hush' }, headers);
const of = (error: unknown, stage: Stage = 'acting'): DeliveryError => toDeliveryError(error, stage);
const permanent = (reason: string) => ({ kind: 'permanent', reason });
const transient = { kind: 'transient' };

test.each<[number, string, object, RegExp]>([
  [401, 'AUTH_ERR_APIKEY_NOT_FOUND', { kind: 'unauthorised' }, /COMETCHAT_API_KEY/],
  [400, 'AUTH_ERR_EMPTY_APIKEY', { kind: 'unauthorised' }, /COMETCHAT_API_KEY/],
  [401, '', { kind: 'unauthorised' }, /COMETCHAT_REGION/],
  [403, 'ERR_PLAN_RESTRICTION', permanent('forbidden'), /Billing/],
  [404, 'ERR_GUID_NOT_FOUND', permanent('not-found'), /`group`/],
  [404, 'ERR_UID_NOT_FOUND', permanent('not-found'), /`user`/],
  [404, 'ERR_MESSAGE_ID_NOT_FOUND', permanent('message-gone'), /any more/],
  [404, 'ERR_MSG_NOT_FOUND', permanent('message-gone'), /any more/],
  [400, 'ERR_MESSAGE_ALREADY_DELETED', permanent('message-gone'), /any more/],
  [400, 'ERR_BANNED_GROUPMEMBER', permanent('forbidden'), /Unban/],
  [400, 'ERR_NO_VACANCY', permanent('forbidden'), /full/],
  [400, 'ERR_GROUP_NOT_JOINED', permanent('forbidden'), /dashboard/],
  [400, 'ERR_BLOCKED_RECEIVER', permanent('forbidden'), /blocked/],
  [400, 'ERR_BLOCKED_BY_EXTENSION', permanent('forbidden'), /moderation/],
  [400, 'ERR_MESSAGE_NO_ACCESS', permanent('forbidden'), /user/],
  [400, 'ERR_EMPTY_MESSAGE_TEXT', permanent('invalid'), /refuses/],
  [400, 'ERR_INVALID_MESSAGE_DATA', permanent('invalid'), /refuses/],
  [400, 'ERR_BAD_REQUEST', permanent('invalid'), /refuses/],
  [400, 'ERR_MESSAGE_TOO_LARGE', permanent('too-large'), /longer/],
  [413, '', permanent('too-large'), /longer/],
  [400, 'ERR_OPERATION_FAILED', transient, /again/],
  [500, 'ERR_GUID_NOT_FOUND', transient, /again/],
  [502, '', transient, /again/],
  [302, '', transient, /COMETCHAT_API_URL/],
  [403, 'ERR_OF_TOMORROW', permanent('forbidden'), /allow/],
  [403, '', transient, /proxy/],
  [404, '', transient, /proxy/],
  [401, 'ERR_EXCEPTION', { kind: 'unauthorised' }, /COMETCHAT_API_KEY/],
  [400, 'ERR_REACTION_LIMIT_EXCEEDED', permanent('invalid'), /25/],
  [409, 'ERR_CONFLICT_OF_TOMORROW', transient, /again/],
  [400, 'ERR_OF_TOMORROW', transient, /again/],
])('%i %s', (status, code, failure, say) => {
  const error = of(refusal(status, code));
  expect(error.failure).toEqual(failure);
  expect(error.message).toMatch(say);
  expect(error.message).not.toContain('hush');
  expect(error.answer).toEqual({ status, ...(code ? { code } : {}) });
});

describe('rate limits are those of the app', () => {
  const now = Date.UTC(2026, 5, 1);
  const later = now / 1000 + 40;
  beforeAll(() => void vi.useFakeTimers({ toFake: ['Date'], now }));
  afterAll(() => void vi.useRealTimers());
  test.each<[string, Readonly<Record<string, unknown>>, number]>([
    ['Retry-After', { 'retry-after': '15' }, 15_000],
    ['Retry-After before the other', { 'retry-after': '15', 'x-rate-limit-reset': String(later) }, 15_000],
    ['X-Rate-Limit-Reset', { 'x-rate-limit-reset': String(later) }, 40_000],
    ['X-Rate-Limit-Reset in milliseconds', { 'x-rate-limit-reset': String(later * 1000) }, 40_000],
    ['Retry-After as a date', { 'retry-after': new Date(now + 40_000).toUTCString() }, 40_000],
    ['a reset in the past', { 'x-rate-limit-reset': '1625143246' }, 15_000],
    ['neither', {}, 15_000],
    ['nonsense', { 'retry-after': 'soon', 'x-rate-limit-reset': 'later' }, 15_000],
    ['too long to be true', { 'retry-after': '99999999' }, 3_600_000],
  ])('%s', (_name, headers, retryAfterMs) => {
    for (const error of [refusal(429, '', headers), refusal(400, 'ERR_TOO_MANY_REQUESTS', headers)]) {
      const { failure } = of(error);
      expect(failure).toEqual({ kind: 'rate-limited', retryAfterMs, scope: 'platform' });
    }
  });
});

test.each<[string, boolean, Stage, string]>([
  ['ECONNREFUSED', false, 'acting', 'transient'],
  ['ECONNRESET', true, 'acting', 'ambiguous'],
  ['ECONNABORTED', true, 'acting', 'ambiguous'],
  ['ECONNRESET', true, 'preparing', 'transient'],
  ['aborted', false, 'acting', 'shutting-down'],
  ['aborted', true, 'acting', 'ambiguous'],
  ['aborted', true, 'preparing', 'shutting-down'],
])('no answer: %s, sent %s, %s', (code, sent, stage, kind) => {
  expect(of(new NoAnswer(code, sent), stage).failure).toEqual({ kind });
});

test('what is no error of ours says nothing of its content', () => {
  for (const error of [new Error('hush'), 'hush', { hush: 1 }, undefined]) {
    const told = of(error);
    expect(told.failure).toEqual(transient);
    expect(told.message).not.toContain('hush');
  }
  const same = new DeliveryError('x', { kind: 'ambiguous' });
  expect(of(same)).toBe(same);
});
