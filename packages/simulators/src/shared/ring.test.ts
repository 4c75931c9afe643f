import { describe, expect, it } from 'vitest';
import { createChanges } from './changes.ts';
import { createRing } from './ring.ts';

describe('ring', () => {
  it('keeps the last entries, oldest first', () => {
    const ring = createRing<number>(3);
    expect(ring.list()).toEqual([]);
    for (const n of [1, 2]) ring.push(n);
    expect(ring.list()).toEqual([1, 2]);
    for (const n of [3, 4, 5, 6, 7]) ring.push(n);
    expect(ring.list()).toEqual([5, 6, 7]);
  });

  it('is empty after clear and begins anew', () => {
    const ring = createRing<number>(2);
    for (const n of [1, 2, 3]) ring.push(n);
    ring.clear();
    ring.push(9);
    expect(ring.list()).toEqual([9]);
  });
});

describe('changes', () => {
  it('tells every listener in order until it leaves, also when it leaves while being told', () => {
    const changes = createChanges<string>();
    const heard: string[] = [];
    const leave = changes.on((change) => {
      heard.push(`first ${change}`);
      leave();
    });
    changes.on((change) => heard.push(`second ${change}`));
    changes.emit('a');
    changes.emit('b');
    expect(heard).toEqual(['first a', 'second a', 'second b']);
  });
});
