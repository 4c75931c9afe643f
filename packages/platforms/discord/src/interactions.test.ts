import { describe, expect, test } from 'vitest';
import { createInteractions } from './interactions.ts';

const open = createInteractions({ publicKey: undefined, requireAuth: true });

describe('interactions', () => {
  test('a ping is answered with a pong', () =>
    void expect(open.receive({ type: 1 })).toEqual({ ok: false, reason: 'ping', reply: { type: 1 } }));
  test('a command is told that there is none, and only to whoever tried it', () => {
    expect(open.receive({ type: 2, data: { name: 'help' } })).toMatchObject({
      ok: false,
      reason: 'interaction',
      reply: { type: 4, data: { flags: 64, allowed_mentions: { parse: [] } } },
    });
  });
  test.each([null, [], 'x', {}, { type: '1' }])(
    '%j is not an interaction',
    (json) => void expect(open.receive(json)).toEqual({ ok: false, reason: 'not-an-interaction' }),
  );
  test('without a public key nothing is taken, and the variable is named', () => {
    expect(open.verify({ headers: {}, body: new Uint8Array() })).toMatchObject({
      ok: false,
      status: 401,
      reason: expect.stringContaining('DISCORD_PUBLIC_KEY'),
    });
  });
});
