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
    changes.emit(() => 'a');
    changes.emit(() => 'b');
    expect(heard).toEqual(['first a', 'second a', 'second b']);
  });

  it('makes a change once for all who listen, and not at all for nobody', () => {
    const changes = createChanges<object>();
    let made = 0;
    const make = (): object => ({ made: (made += 1) });
    changes.emit(make);
    expect(made).toBe(0);
    const heard: object[] = [];
    const leave = [changes.on((change) => heard.push(change)), changes.on((change) => heard.push(change))];
    changes.emit(make);
    expect(heard).toEqual([{ made: 1 }, { made: 1 }]);
    for (const stop of leave) stop();
    changes.emit(make);
    expect(made).toBe(1);
  });
});
