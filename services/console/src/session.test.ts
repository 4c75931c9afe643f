import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createSessions } from './session.ts';

const secret = 's'.repeat(40);
const sessions = (change: Partial<Parameters<typeof createSessions>[0]> = {}) => createSessions({ secret, password: 'pigeon', ...change });

describe('a session', () => {
  it('is valid where it was issued, and in every process with the same secret and password', () => {
    const token = sessions().issue();
    expect(token).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+$/);
    expect([sessions().isValid(token), sessions().isValid(undefined), sessions().isValid('')]).toEqual([true, false, false]);
  });

  it.each([
    ['another secret', { secret: 't'.repeat(40) }],
    ['another password', { password: 'dove' }],
  ])('ends with %s', (_what, change) => expect(sessions(change).isValid(sessions().issue())).toBe(false));

  it('ends with the process where there is no secret', () => {
    const [one, other] = [createSessions({ password: 'pigeon' }), createSessions({ password: 'pigeon' })];
    const token = one.issue();
    expect([one.isValid(token), other.isValid(token)]).toEqual([true, false]);
  });

  it('ends after twelve hours', () => {
    let now = Date.UTC(2025, 9, 7);
    const here = sessions({ now: () => now });
    const token = here.issue();
    now += 12 * 3_600_000 - 1_000;
    expect(here.isValid(token)).toBe(true);
    now += 2_000;
    expect(here.isValid(token)).toBe(false);
  });

  it('ends when one logs out, and no other with it', () => {
    const here = sessions();
    const [one, other] = [here.issue(), here.issue()];
    here.end(one);
    here.end('nonsense');
    expect([here.isValid(one), here.isValid(other)]).toEqual([false, true]);
  });
});

describe('what was not signed here is no session', () => {
  const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const [head = '', body = '', signature = ''] = sessions().issue().split('.');
  const later = { jti: 'x', exp: 99_999_999_999 };
  it.each([
    ['no signature', `${head}.${body}.`],
    ['half a signature', `${head}.${body}.${signature.slice(0, 20)}`],
    ['another body', `${head}.${encode(later)}.${signature}`],
    ['no algorithm', `${encode({ alg: 'none', typ: 'JWT' })}.${encode(later)}.`],
    ['the bare secret as key', signedWith(secret, `${head}.${encode(later)}`)],
    ['a fourth part', `${head}.${body}.${signature}.x`],
    ['one part', 'x'],
    ['text that is not base64', `${head}.${body}.???`],
  ])('%s', (_what, token) => expect(sessions().isValid(token)).toBe(false));

  function signedWith(key: string, text: string): string {
    return `${text}.${createHmac('sha256', key).update(text).digest('base64url')}`;
  }
});
