import { randomBytes } from 'node:crypto';

/** Texts of random characters; the same ones in the same order for the same seed. */
export interface Random {
  /** Lower-case hexadecimal digits. */
  hex(length: number): string;
  /** Of the alphabet of webhook tokens. */
  token(length: number): string;
}

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** Unpredictable without a seed. */
export function createRandom(seed?: number): Random {
  const byte = seed === undefined ? () => randomBytes(1)[0] ?? 0 : mulberry(seed);
  const pick = (length: number, letters: string): string => Array.from({ length }, () => letters[byte() % letters.length]).join('');
  return { hex: (length) => pick(length, '0123456789abcdef'), token: (length) => pick(length, alphabet) };
}

/** Bytes of Mulberry32, a generator of 32 bits of state. */
function mulberry(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) & 0xff;
  };
}
