import { describe, expect, it } from 'vitest';
import { scrubbed, shown, shownPath } from './shown.ts';

describe('shown', () => {
  it('quotes a value', () => expect(shown('abc', [])).toBe('"abc"'));
  it('cuts at 60 characters', () => expect(shown('x'.repeat(500), [])).toBe(`"${'x'.repeat(59)}…"`));
  it('escapes what would break a line or a terminal', () => expect(shown('a\n\u001b[31m', [])).toBe('"a\\n\\u001b[31m"'));
  it('hides a value that holds a secret, also where only the cut would have hidden part of it', () => {
    expect(shown(`${'x'.repeat(55)}hunter2-hunter2`, ['hunter2-hunter2'])).toBe('(hidden)');
  });
  it('hides credentials in a URL', () => expect(shown('https://me:pw@example.com', [])).toBe('"https://(hidden)@example.com"'));
});

describe('shownPath', () => {
  it.each(['/run/secrets/token', './token', 'C:\\token', 'token.txt'])('prints %s', (path) =>
    expect(shownPath(path, [])).toContain('token'),
  );
  it.each(['123456:AAF_token-of-a-bot', 'MTk4NjIy.Cl2FMQ.ZnCjm1XVW7vRze4b7Cq4se7kKWs', 'hunter2'])(
    'keeps back what is no path: %s',
    (path) => {
      expect(shownPath(path, [])).not.toContain(path);
    },
  );
});

describe('scrubbed', () => {
  it('replaces the longest first', () => expect(scrubbed('got abcdef', ['abcd', 'abcdef'])).toBe('got (hidden)'));
  it('leaves words alone that merely equal a tiny secret', () => expect(scrubbed('a port', ['a'])).toBe('a port'));
});
