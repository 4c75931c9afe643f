import { DiscordAPIError, HTTPError, RateLimitError } from '@discordjs/rest';
import { DeliveryError } from '@bridge/core';
import type { DeliveryFailure } from '@bridge/core';
import { describe, expect, test } from 'vitest';
import { toDeliveryError } from './failures.ts';
import type { FailureContext } from './failures.ts';
import { NoAnswerError } from './transport.ts';

const context: FailureContext = { effect: 'post', permission: 'Manage Webhooks', aborted: false };
const url = 'https://discord.com/api/v10/webhooks/1/SECRET-TOKEN';
const bodyData = { files: undefined, body: { content: 'PRIVATE WORDS' } };

const api = (status: number, code: number | undefined, errors?: object): DiscordAPIError =>
  new DiscordAPIError(
    { code: code ?? 0, message: 'PRIVATE WORDS', ...(errors === undefined ? {} : { errors: errors as never }) },
    code ?? String(code),
    status,
    'POST',
    url,
    bodyData,
  );
const limited = (fields: { scope?: 'user' | 'global' | 'shared'; global?: boolean; retryAfter?: number }): RateLimitError =>
  new RateLimitError({
    timeToReset: 0,
    limit: 5,
    method: 'POST',
    hash: 'h',
    url,
    route: '/webhooks/:id/:token',
    majorParameter: '1',
    global: false,
    retryAfter: 1_500,
    sublimitTimeout: 0,
    scope: 'user',
    ...fields,
  });

describe('answers of Discord', () => {
  test.each<[string, unknown, DeliveryFailure]>([
    ['401', api(401, 0), { kind: 'unauthorised' }],
    ['50014', api(401, 50014), { kind: 'unauthorised' }],
    ['50001', api(403, 50001), { kind: 'permanent', reason: 'forbidden' }],
    ['50013', api(403, 50013), { kind: 'permanent', reason: 'forbidden' }],
    ['10003', api(404, 10003), { kind: 'permanent', reason: 'not-found' }],
    ['10008', api(404, 10008), { kind: 'permanent', reason: 'message-gone' }],
    ['10015', api(404, 10015), { kind: 'transient' }],
    ['40005', api(413, 40005), { kind: 'permanent', reason: 'too-large' }],
    [
      '50035 of an empty name',
      api(400, 50035, { username: { _errors: [{ code: 'BASE_TYPE_REQUIRED', message: '' }] } }),
      { kind: 'permanent', reason: 'invalid' },
    ],
    [
      '50035 of a long text',
      api(400, 50035, { content: { _errors: [{ code: 'BASE_TYPE_MAX_LENGTH', message: '' }] } }),
      { kind: 'permanent', reason: 'too-large' },
    ],
    ['30007', api(400, 30007), { kind: 'rate-limited', retryAfterMs: 300_000, scope: 'conversation' }],
    ['30046', api(400, 30046), { kind: 'rate-limited', retryAfterMs: 60_000, scope: 'conversation' }],
    ['an unknown 400', api(400, 99_999), { kind: 'permanent', reason: 'invalid' }],
    ['an unknown 409', api(409, 99_999), { kind: 'transient' }],
    ["a proxy's 403", api(403, undefined), { kind: 'rate-limited', retryAfterMs: 300_000, scope: 'platform' }],
    ['500', new HTTPError(500, '', 'POST', url, bodyData), { kind: 'transient' }],
    ['504, where the request may have been carried out', new HTTPError(504, '', 'POST', url, bodyData), { kind: 'ambiguous' }],
    ['429 of a channel', limited({}), { kind: 'rate-limited', retryAfterMs: 1_500, scope: 'conversation' }],
    ['429 of a shared resource', limited({ scope: 'shared' }), { kind: 'rate-limited', retryAfterMs: 1_500, scope: 'conversation' }],
    ['429 of the bot', limited({ scope: 'global', retryAfter: 20.2 }), { kind: 'rate-limited', retryAfterMs: 21, scope: 'platform' }],
    ['429 that the client foresees', limited({ global: true }), { kind: 'rate-limited', retryAfterMs: 1_500, scope: 'platform' }],
    ['refused', new NoAnswerError('ECONNREFUSED', false), { kind: 'transient' }],
    ['no such host', new NoAnswerError('ENOTFOUND', false), { kind: 'transient' }],
    ['reset after the bytes had left', new NoAnswerError('ECONNRESET', true), { kind: 'ambiguous' }],
    ['timeout', new NoAnswerError('TIMEOUT', true), { kind: 'ambiguous' }],
    ['stopped before the bytes had left', new NoAnswerError('ABORTED', false), { kind: 'shutting-down' }],
    ['stopped after the bytes had left', new NoAnswerError('ABORTED', true), { kind: 'ambiguous' }],
    ['something else', new TypeError('SECRET-TOKEN'), { kind: 'transient' }],
    ['not even an error', 'SECRET-TOKEN', { kind: 'transient' }],
  ])('%s', (_name, error, failure) => {
    const result = toDeliveryError(error, context);
    expect(result.failure).toEqual(failure);
    expect(result.message.length).toBeGreaterThan(15);
  });
});

test('what may be repeated freely is never ambiguous', () => {
  const repeatable = { ...context, effect: 'repeatable' as const };
  expect(toDeliveryError(new NoAnswerError('ECONNRESET', true), repeatable).failure.kind).toBe('transient');
  expect(toDeliveryError(new HTTPError(504, '', 'PATCH', url, bodyData), repeatable).failure.kind).toBe('transient');
  expect(toDeliveryError(new NoAnswerError('ABORTED', true), repeatable).failure.kind).toBe('shutting-down');
});

test('the permission that is missing is named, and so is what Discord answered', () => {
  const error = toDeliveryError(api(403, 50013), context);
  expect(error.message).toContain('Manage Webhooks');
  expect(error.answer).toEqual({ status: 403, code: '50013' });
});

test.each([
  api(403, 50013),
  api(400, 50035),
  api(403, undefined),
  new HTTPError(500, 'PRIVATE WORDS', 'POST', url, bodyData),
  limited({}),
  new Error('PRIVATE WORDS SECRET-TOKEN'),
])('no error carries the token or the text (%#)', (error) => {
  const result = toDeliveryError(error, context);
  const all = [
    result.message,
    JSON.stringify(result),
    JSON.stringify(result.answer),
    String(result.cause),
    Object.keys(result).join(),
  ].join();
  expect(all).not.toMatch(/SECRET-TOKEN|PRIVATE WORDS/);
});

test('a DeliveryError stays what it is', () => {
  const error = new DeliveryError('x', { kind: 'transient' });
  expect(toDeliveryError(error, context)).toBe(error);
});
