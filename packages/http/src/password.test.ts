import { expect, test } from 'vitest';
import { createPasswordCheck, hashPassword } from './index.ts';

test('a password is known again, whether it was given as itself or as its hash', async () => {
  const hash = await hashPassword('correct horse');
  expect(hash).toMatch(/^scrypt\$16384\$8\$1\$[\w-]{22}\$[\w-]{43}$/);
  for (const known of ['correct horse', hash]) {
    const check = createPasswordCheck(known);
    expect([await check('correct horse'), await check('correct horse '), await check(''), await check(hash)]).toEqual([
      true,
      false,
      false,
      false,
    ]);
  }
});

test('two hashes of one password differ, and both are right', async () => {
  const [one, other] = await Promise.all([hashPassword('secret'), hashPassword('secret')]);
  expect(one).not.toBe(other);
  expect(await createPasswordCheck(other)('secret')).toBe(true);
});

test('the same password typed in another Unicode form is the same password', async () => {
  expect(await createPasswordCheck('caf\u00e9')('cafe\u0301')).toBe(true);
});

test('parameters that cannot be computed fit no password, and nothing is thrown', async () => {
  for (const parameters of ['9999$8$1', '1048576$99$1', '16384$0$1'])
    expect(await createPasswordCheck(`scrypt$${parameters}$${'a'.repeat(22)}$${'b'.repeat(43)}`)('b')).toBe(false);
});
