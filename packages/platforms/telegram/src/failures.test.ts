import { DeliveryError, type DeliveryFailure } from '@bridge/core';
import { NetworkError, TelegramApiError, TimeoutError } from 'node-telegram-bot-api';
import { describe, expect, test } from 'vitest';
import { ForeignAnswer, NoAnswer } from './api.ts';
import { toDeliveryError } from './failures.ts';

const never = new AbortController().signal;
const token = '123:SECRET';
const scrub = (text: string) => text.replaceAll(token, '[secret]');
const of = (error: unknown, signal = never): DeliveryError => toDeliveryError(error, signal, scrub);
const permanent = (reason: string) => ({ kind: 'permanent', reason });

test.each<[number, string, object, RegExp]>([
  [401, 'Unauthorized', { kind: 'unauthorised' }, /@BotFather/],
  [404, 'Not Found', { kind: 'unauthorised' }, /TELEGRAM_API_URL/],
  [403, 'Forbidden: bot was blocked by the user', permanent('forbidden'), /unblock/],
  [403, 'Forbidden: bot was kicked from the supergroup chat', permanent('forbidden'), /Add it again/],
  [403, 'Forbidden: bot is not a member of the channel chat', permanent('forbidden'), /Add it again/],
  [403, 'Forbidden: user is deactivated', permanent('forbidden'), /deleted/],
  [403, "Forbidden: bot can't initiate conversation with a user", permanent('forbidden'), /\/start/],
  [403, 'Forbidden: something new', permanent('forbidden'), /administrator/],
  [400, 'Bad Request: not enough rights to send text messages to the chat', permanent('forbidden'), /administrator/],
  [400, 'Bad Request: CHAT_WRITE_FORBIDDEN', permanent('forbidden'), /administrator/],
  [400, "Bad Request: message can't be deleted for everyone", permanent('forbidden'), /48 hours/],
  [400, "Bad Request: message can't be edited", permanent('forbidden'), /own/],
  [400, 'Bad Request: chat not found', permanent('not-found'), /bridges\.yaml/],
  [400, 'Bad Request: message thread not found', permanent('not-found'), /topic/],
  [400, 'Bad Request: TOPIC_CLOSED', permanent('forbidden'), /Reopen/],
  [400, 'Bad Request: message to edit not found', permanent('message-gone'), /exist/],
  [400, 'Bad Request: MESSAGE_ID_INVALID', permanent('message-gone'), /exist/],
  [400, 'Bad Request: message is too long', permanent('too-large'), /longer/],
  [413, 'Request Entity Too Large', permanent('too-large'), /larger/],
  [413, 'Payload', permanent('too-large'), /longer/],
  [400, 'Bad Request: file is too big', permanent('too-large'), /50 MB/],
  [400, 'Bad Request: user restricted receiving of voice note messages', permanent('forbidden'), /voice/],
  [400, 'Bad Request: REACTION_INVALID', permanent('invalid'), /emoji/],
  [400, 'Bad Request: message text is empty', permanent('invalid'), /refuses/],
  [409, 'Conflict: terminated by other getUpdates request', { kind: 'transient' }, /Another program/],
  [500, 'Internal Server Error', { kind: 'transient' }, /again/],
  [502, 'chat not found while failing', { kind: 'transient' }, /again/],
  [418, 'something that nobody knows', { kind: 'transient' }, /report/],
])('%i %s', (code, description, failure, say) => {
  const error = of(new TelegramApiError(code, description));
  expect(error.failure).toEqual(failure);
  expect(error.message).toMatch(say);
  expect(error.answer).toEqual({ status: code, code: description });
});

describe('answers with data', () => {
  test.each<[number | undefined, number]>([
    [7, 7_000],
    [0, 1_000],
    [undefined, 1_000],
    [Number.NaN, 1_000],
  ])('429 with retry_after %s waits %i ms', (seconds, retryAfterMs) => {
    const error = of(new TelegramApiError(429, 'Too Many Requests', seconds === undefined ? undefined : { retry_after: seconds }));
    expect(error.failure).toEqual({ kind: 'rate-limited', retryAfterMs, scope: 'conversation' });
  });

  test('a moved group', () => {
    const error = of(new TelegramApiError(400, 'Bad Request: group chat was upgraded', { migrate_to_chat_id: -1001 }));
    expect(error.failure).toEqual({ kind: 'permanent', reason: 'moved', movedTo: '-1001' });
    expect(error.message).toContain('"-1001"');
  });
});

describe('no answer', () => {
  const page = (status: number) => new ForeignAnswer(status, { retryAfterMs: undefined, cut: false });
  const lost = (sent: boolean, code = 'ECONNRESET') => new NoAnswer('connection', { name: 'Error', sent, code });
  test.each<[string, unknown, DeliveryFailure]>([
    ['before the request left', new NetworkError('x', { cause: lost(false) }), { kind: 'transient' }],
    ['after it left', new NetworkError('x', { cause: lost(true) }), { kind: 'ambiguous' }],
    ['a time-out before it left', new TimeoutError('x', { cause: lost(false) }), { kind: 'transient' }],
    ['a time-out after it left', new TimeoutError('x', { cause: lost(true) }), { kind: 'ambiguous' }],
    ['of unknown cause, which may have left', new NetworkError('x'), { kind: 'ambiguous' }],
    ['a 5xx page', new NetworkError('x', { cause: page(502) }), { kind: 'transient' }],
    ['a page that is not the API', new NetworkError('x', { cause: page(200) }), { kind: 'transient' }],
    ['a page that says 413', new NetworkError('x', { cause: page(413) }), { kind: 'permanent', reason: 'too-large' }],
    ['a mistake of ours', new TypeError('x is undefined'), { kind: 'transient' }],
    ['not even an error', 'text', { kind: 'transient' }],
  ])('%s', (_name, error, failure) => {
    expect(of(error).failure).toEqual(failure);
  });

  test('stopping is ambiguous only where the request may have left', () => {
    expect(of(lost(false), AbortSignal.abort()).failure).toEqual({ kind: 'shutting-down' });
    expect(of(lost(true), AbortSignal.abort()).failure).toEqual({ kind: 'ambiguous' });
  });

  test('a refusal that came before the stop stays a refusal', () => {
    expect(of(new TelegramApiError(403, 'Forbidden'), AbortSignal.abort()).failure).toEqual({ kind: 'permanent', reason: 'forbidden' });
  });
});

test('the token is in no message, whoever wrote it there', () => {
  const leaky = `https://api.telegram.org/bot${token}/sendMessage failed`;
  const errors = [
    new TelegramApiError(400, leaky),
    new NetworkError(leaky, { cause: new NoAnswer(leaky, { name: 'Error', sent: false, code: 'X' }) }),
    new TypeError(leaky),
    leaky,
  ];
  for (const error of errors) {
    const told = of(error);
    expect(`${told.message} ${JSON.stringify(told.answer)}`).not.toContain(token);
  }
});

test('a DeliveryError stays itself', () => {
  const error = new DeliveryError('x', { kind: 'transient' });
  expect(of(error)).toBe(error);
});
