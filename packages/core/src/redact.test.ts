import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { scrub, scrubber } from './redact.ts';

const secret = 'p@ss/w+rd&"é';

describe('a secret is replaced', () => {
  test.each([
    ['as it is', `token ${secret}!`, 'token [secret]!'],
    ['twice', `${secret}${secret}`, '[secret][secret]'],
    ['in a path', `https://a.example/bot${encodeURIComponent(secret)}/send`, 'https://a.example/bot[secret]/send'],
    [
      'in a query, with small hexadecimal digits',
      `?key=${encodeURIComponent(secret).replace(/%../g, (code) => code.toLowerCase())}&a=1`,
      '?key=[secret]&a=1',
    ],
    ['in JSON', JSON.stringify({ key: secret }), '{"key":"[secret]"}'],
    ['as base64', Buffer.from(secret).toString('base64'), '[secret]'],
    ['as base64 for URLs', Buffer.from(secret).toString('base64url'), '[secret]'],
  ])('%s', (_name, text, expected) => {
    expect(scrub(text, [secret])).toBe(expected);
  });

  test.each(['', 'u', 'us', 'usr', 'user'])('in HTTP Basic, behind "%s:"', (user) => {
    const header = Buffer.from(`${user}:${secret}`).toString('base64');
    const scrubbed = scrub(`authorization: Basic ${header}`, [secret]);
    expect(scrubbed).toContain('[secret]');
    const left = Buffer.from(scrubbed.replace('authorization: Basic ', '').replace(/\[secret\].*/, ''), 'base64').toString();
    expect(left.startsWith(`${user}:`)).toBe(true);
    expect(left.length).toBeLessThanOrEqual(user.length + 2);
  });

  test('whole, where another secret is its beginning', () => {
    expect(scrub('abcdef123456 abcdef', ['abcdef', 'abcdef123456'])).toBe('[secret] [secret]');
  });

  test('literally, where it looks like an expression', () => {
    expect(scrub('a.c.e.g abcdefg (x|y)*$', ['a.c.e.g', '(x|y)*$'])).toBe('[secret] abcdefg [secret]');
  });
});

test('short and empty secrets do not blank out words', () => {
  expect(scrub('the short word', ['', 'short', ' '])).toBe('the short word');
});

test('no text survives that holds a secret in any form, and text without one is untouched', () => {
  const secrets = fc
    .string({ unit: 'grapheme', minLength: 6, maxLength: 40 })
    .map((text) => text.toWellFormed())
    .filter((text) => !'[secret][secret]'.includes(text));
  const wraps: ((text: string) => string)[] = [
    (text) => text,
    encodeURIComponent,
    (text) => Buffer.from(text).toString('base64'),
    (text) => Buffer.from(text).toString('base64url'),
    (text) => JSON.stringify(text).slice(1, -1),
    (text) => new URLSearchParams([['', text]]).toString().slice(1),
  ];
  fc.assert(
    fc.property(secrets, fc.constantFrom(...wraps), (value, wrap) => {
      const scrubbed = scrub(`<<${wrap(value)}>>`, [value]);
      expect(scrubbed).toBe('<<[secret]>>');
      expect(scrub('nothing to hide', [`${value}0`])).toBe('nothing to hide');
    }),
  );
});

test('a scrubber keeps no state between texts', () => {
  const clean = scrubber(['hunter2hunter2']);
  expect([clean('a hunter2hunter2'), clean('hunter2hunter2 b'), clean('c')]).toEqual(['a [secret]', '[secret] b', 'c']);
});
