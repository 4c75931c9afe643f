import { type ScryptOptions, randomBytes, scrypt, timingSafeEqual } from 'node:crypto';

/** Tells whether a password is the one. Takes some 50 ms and 16 MB on purpose. Never rejects. */
export type PasswordCheck = (password: string) => Promise<boolean>;

const cost = { N: 16_384, r: 8, p: 1 } as const;
const keyBytes = 32;
const format = /^scrypt\$(\d{4,7})\$(\d{1,2})\$(\d{1,2})\$([\w-]{16,})\$([\w-]{32,})$/;
/** A hash that asks for more memory than this is refused instead of filling the machine. */
const mostMemory = 256 * 1024 * 1024;

/** `scrypt$<N>$<r>$<p>$<salt>$<hash>`, the last two in base64url; what CONSOLE_PASSWORD may hold instead of the password. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16);
  const key = await derive(password, salt, { ...cost, bytes: keyBytes });
  return ['scrypt', cost.N, cost.r, cost.p, salt.toString('base64url'), key.toString('base64url')].join('$');
}

/** Keeps only the hash of what it is given, be that a password or its hash already. */
export function createPasswordCheck(passwordOrHash: string): PasswordCheck {
  const hash = format.test(passwordOrHash) ? Promise.resolve(passwordOrHash) : hashPassword(passwordOrHash);
  return async (password) => {
    try {
      const [, N, r, p, salt = '', expected = ''] = format.exec(await hash) ?? [];
      const wanted = Buffer.from(expected, 'base64url');
      const key = await derive(password, Buffer.from(salt, 'base64url'), {
        N: Number(N),
        r: Number(r),
        p: Number(p),
        bytes: wanted.length,
      });
      return timingSafeEqual(key, wanted);
    } catch {
      // Parameters that scrypt does not take: such a hash fits no password.
      return false;
    }
  };
}

function derive(password: string, salt: Buffer, { bytes, ...parameters }: ScryptOptions & { readonly bytes: number }): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    scrypt(password.normalize('NFKC'), salt, bytes, { ...parameters, maxmem: mostMemory }, (error, key) =>
      error ? reject(error) : resolve(key),
    );
  });
}
