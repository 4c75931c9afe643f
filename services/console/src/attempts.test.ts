import { describe, expect, it } from 'vitest';
import { createAttempts } from './attempts.ts';

function clocked() {
  let now = 0;
  const attempts = createAttempts(() => now);
  return {
    attempts,
    pass: (ms: number) => void (now += ms),
    times: (address: string, count: number) => Array.from({ length: count }, () => attempts.tryFrom(address)),
  };
}

describe('tries of a password', () => {
  it('are five from one address, then one every half minute', () => {
    const { attempts, pass, times } = clocked();
    expect(times('192.0.2.1', 6)).toEqual([0, 0, 0, 0, 0, 30_000]);
    pass(29_999);
    expect(attempts.tryFrom('192.0.2.1')).toBe(1);
    pass(1);
    expect(times('192.0.2.1', 2)).toEqual([0, 30_000]);
  });

  it('of one address are not those of another, but of all together there are thirty, then one every two seconds', () => {
    const { attempts, pass } = clocked();
    const waits = Array.from({ length: 31 }, (_, n) => attempts.tryFrom(`192.0.2.${n}`));
    expect([waits.slice(0, 30).every((wait) => wait === 0), waits[30]]).toEqual([true, 2_000]);
    pass(2_000);
    expect(attempts.tryFrom('198.51.100.1')).toBe(0);
  });

  it('begin anew for an address whose password was right', () => {
    const { attempts, times } = clocked();
    times('192.0.2.1', 5);
    attempts.succeeded('192.0.2.1');
    expect(attempts.tryFrom('192.0.2.1')).toBe(0);
  });

  it.each([
    ['2001:db8:1:2::1', '2001:db8:1:2:ffff::9', true],
    ['2001:db8:1:2::1', '2001:db8:1:3::1', false],
    ['::ffff:192.0.2.1', '::ffff:192.0.2.2', false],
    ['::1', '::2', true],
  ])('from %s and %s are of the same household: %s', (one, other, same) => {
    const { attempts, times } = clocked();
    times(one, 5);
    expect(attempts.tryFrom(other) > 0).toBe(same);
  });

  it('take no more memory than ten thousand addresses', () => {
    const { attempts, pass } = clocked();
    for (let n = 0; n < 10_050; n += 1) {
      pass(2_000);
      attempts.tryFrom(`10.${n >> 16}.${(n >> 8) & 255}.${n & 255}`);
    }
    expect(attempts.tryFrom('10.0.0.1')).toBe(0);
  });
});
