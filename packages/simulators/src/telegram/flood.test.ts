import { describe, expect, it } from 'vitest';
import { createFloodLimits } from './flood.ts';
import { createWorld } from './world.ts';

const rooms = Array.from({ length: 40 }, (_, n) => ({ id: String(-1_001_000_000_001 - n), name: `r${n}` }));
const world = createWorld({ bot: { id: 42 }, people: [], rooms: [...rooms, { id: '501', name: 'Ana' }] });
const chats = [...world.chats.values()];
const chat = (n: number) => {
  const found = chats[n];
  if (!found) throw new Error(`no chat ${n}`);
  return found;
};

describe('flood limits', () => {
  it('let a burst into a chat, then about one a second', () => {
    let now = 1_000_000;
    const limits = createFloodLimits(() => now);
    expect([1, 2, 3, 4, 5].map(() => limits.take(chat(0)))).toEqual(Array(5).fill(undefined));
    expect(limits.take(chat(0))).toBe(5);
    now += 4_001;
    expect(limits.take(chat(0))).toBe(1);
    now += 1_000;
    expect(limits.take(chat(0))).toBeUndefined();
  });

  it('let 20 a minute into a group, but not so in private chats', () => {
    let now = 1_000_000;
    const limits = createFloodLimits(() => now);
    const spread = (n: number) => Array.from({ length: 22 }, () => ((now += 1_001), limits.take(chat(n))));
    expect(spread(0).filter((wait) => wait !== undefined)).toHaveLength(2);
    expect(spread(40).every((wait) => wait === undefined)).toBe(true);
  });

  it('let 30 a second out in all', () => {
    const limits = createFloodLimits(() => 5_000_000);
    const waits = rooms.map((_room, n) => limits.take(chat(n)));
    expect(waits.filter((wait) => wait === undefined)).toHaveLength(30);
    expect(waits.at(-1)).toBe(1);
  });
});
