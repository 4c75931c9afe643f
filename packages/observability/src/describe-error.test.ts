import { expect, test } from 'vitest';
import { describeError } from './describe-error.ts';

const token = '123456:AAH-telegram-token';

/** As axios throws it: everything that may be logged by mistake hangs on it. */
class AxiosLikeError extends Error {
  override readonly name = 'AxiosError';
  readonly code = 'ERR_BAD_REQUEST';
  readonly status = 401;
  readonly config = { url: `https://api.example/bot${token}/send`, headers: { apikey: token }, data: '{"text":"people’s words"}' };
  readonly request = { path: `/bot${token}/send` };
  readonly response = { data: { message: token } };
  toJSON(): object {
    return { ...this };
  }
}

/** As @discordjs/rest throws it: its name is a getter. */
class DiscordLikeError extends Error {
  readonly code = 50_013;
  readonly status = 403;
  readonly method = 'POST';
  readonly url = `https://discord.com/api/v10/webhooks/1/${token}`;
  readonly requestBody = { json: { content: 'people’s words' }, files: [] };
  readonly rawError = { message: 'Missing Permissions' };
  override get name(): string {
    return `DiscordAPIError[${this.code}]`;
  }
}

test.each([
  ['axios', new AxiosLikeError('Request failed with status code 401'), { name: 'AxiosError', code: 'ERR_BAD_REQUEST', status: 401 }],
  ['discord.js', new DiscordLikeError('Missing Permissions'), { name: 'DiscordAPIError[50013]', code: '50013', status: 403 }],
])('of an error of %s only the allowed fields are told', (_library, error, expected) => {
  const described = describeError(error);
  expect(described).toEqual({ ...expected, message: error.message, stack: expect.stringMatching(/^\s+at /) });
  expect(JSON.stringify(described)).not.toMatch(/telegram-token|people/);
});

test.each([
  [`connect to https://api.telegram.org/bot${token}/getMe failed`, 'connect to https://api.telegram.org/… failed'],
  [`wss://gateway.discord.gg/?token=${token}, closed`, 'wss://gateway.discord.gg/… closed'],
  [`"redis://:hunter22@cache:6379/0"`, '"redis://cache:6379/…"'],
  ['https://[bad', '[url]'],
])('an address in %s keeps its host only', (message, expected) => {
  expect(describeError(new Error(message)).message).toBe(expected);
});

test('texts are cut, but not before they are cleaned: half a secret would not be recognised', () => {
  const secret = 'hunter-two-and-twenty';
  const clean = (text: string) => text.replaceAll(secret, '[secret]');
  const described = describeError(new Error(`${'x'.repeat(490)} ${secret}${'y'.repeat(100)}`), clean);
  expect(described.message).toHaveLength(501);
  expect(described.message).toMatch(/x \[secret\]?…?/);
  expect(described.message).not.toContain('hunter');
});

test('the stack has the frames without the message', () => {
  const { stack } = describeError(new Error('people’s words\nand more of them'));
  expect(stack).not.toContain('words');
  expect(stack?.split('\n').length).toBeLessThanOrEqual(8);
  expect(stack).toContain('describe-error.test.ts');
});

test('causes are told too, up to three, also when they go in circles', () => {
  const error = new Error('outer', { cause: new Error('inner', { cause: 'a word' }) });
  expect(describeError(error)).toMatchObject({
    message: 'outer',
    cause: { message: 'inner', cause: { name: 'NonError', message: 'a word' } },
  });
  const circle = new Error('circle');
  circle.cause = circle;
  expect(
    JSON.stringify(describeError(circle))
      .match(/circle/g)
      ?.filter(Boolean).length,
  ).toBeGreaterThanOrEqual(4);
  expect(describeError(circle).cause?.cause?.cause?.cause).toBeUndefined();
});

test.each([
  ['a string', 'plain words', { name: 'NonError', message: 'plain words' }],
  ['an object', { apikey: token }, { name: 'NonError', message: 'object' }],
  ['nothing', undefined, { name: 'NonError', message: 'undefined' }],
])('%s that was thrown is told safely', (_what, thrown, expected) => {
  expect(describeError(thrown)).toEqual(expected);
});

test('an error whose fields throw is still an answer', () => {
  class Hostile extends Error {
    override get message(): string {
      throw new Error('no');
    }
  }
  expect(describeError(new Hostile())).toEqual({ name: 'Error', message: 'an error that cannot be described' });
});
