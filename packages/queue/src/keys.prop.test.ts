import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createKeys, keyPart } from './keys.ts';

// Anything, also what is not well-formed UTF-16, and texts built to look like what keyPart makes.
const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc.string({ unit: fc.constantFrom('\ud800', '\udc00', 'a', '~', '%'), maxLength: 60 }),
  fc.string({ unit: fc.constantFrom('%', '2', '0', '~', ' ', ':', '/', 'x'), maxLength: 120 }),
);

describe('keyPart', () => {
  it('holds nothing that means something in a key', () => {
    fc.assert(fc.property(text, (value) => /^[A-Za-z0-9_.!~*'()%-]+$/.test(keyPart(value)) && keyPart(value).length <= 130));
  });

  it('is different for different texts', () => {
    fc.assert(fc.property(text, text, (a, b) => (a === b) === (keyPart(a) === keyPart(b))));
  });

  it('never takes a text for the digest of another', () => {
    fc.assert(fc.property(text, (value) => keyPart(keyPart(value)) !== keyPart(value) || keyPart(value) === value));
  });
});

describe('keys', () => {
  it('of a cell all lie in its slot, whatever the names', () => {
    fc.assert(
      fc.property(text, text, (a, b) => {
        const keys = createKeys({ prefix: 'bridge' });
        const ref = { platform: a, conversation: b, message: a };
        const made = [
          keys.mailbox('inbound', keyPart(a)),
          keys.seen(a, b),
          keys.copies(ref),
          keys.source(ref),
          keys.place(ref),
          keys.thread(ref),
          keys.limit(a, b),
          keys.limitLine(a, b),
          keys.limitDeadlines(a, b),
          keys.lease(a),
          keys.heartbeat(b),
        ];
        return made.every((key) => key.startsWith('{bridge:0}:') && key.indexOf('{', 1) === -1);
      }),
    );
  });

  it('of two prefixes or cells never meet', () => {
    fc.assert(
      fc.property(text, text, (a, b) => {
        fc.pre(a !== b);
        return (
          createKeys({ prefix: a }).journeys !== createKeys({ prefix: b }).journeys &&
          createKeys({ prefix: a, cell: 1 }).journeys !== createKeys({ prefix: a }).journeys
        );
      }),
    );
  });

  it('keep short plain names readable', () => {
    const keys = createKeys({ prefix: 'bridge' });
    expect(keys.mailbox('outbound-telegram', keyPart('-4969601855'))).toBe('{bridge:0}:mailbox:outbound-telegram:-4969601855');
    expect(keyPart('a b')).toBe('a%20b');
    expect(keyPart('x'.repeat(10_000))).toMatch(/^x{40}~[\w-]{43}$/);
  });
});
