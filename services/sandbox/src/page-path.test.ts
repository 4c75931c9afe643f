import { describe, expect, it } from 'vitest';
import { type Path, withStep } from './page/path.ts';
import { duration, short } from './page/words.ts';
import type { StepView } from './protocol.ts';

const base = { event: 'discord_7', eventKey: 'k7', type: 'message.created', receivedAt: 1_000 };
const routed: StepView = { ...base, step: 'routed', at: 1_010, routedAt: 1_010, targets: ['cometchat', 'telegram'] };
const delivered = (target: string, at: number, more: Partial<StepView> = {}): StepView => ({
  ...base,
  step: 'delivered',
  target,
  at,
  routedAt: 1_010,
  startedAt: 1_030,
  attempt: 1,
  messages: ['42'],
  ...more,
});
const pathOf = (...steps: readonly StepView[]) => steps.reduce<Path | undefined>(withStep, undefined);

describe('the path of an event', () => {
  it('shows where it goes as soon as it is routed', () => {
    expect(pathOf(routed)).toMatchObject({
      event: 'discord_7',
      routedMs: 10,
      branches: [
        { platform: 'cometchat', tone: 'going', outcome: 'on its way' },
        { platform: 'telegram', tone: 'going', outcome: 'on its way' },
      ],
    });
  });

  it('tells waiting from working', () => {
    expect(pathOf(routed, delivered('telegram', 1_075))?.branches).toEqual([
      { platform: 'cometchat', waitedMs: 0, workedMs: 0, outcome: 'on its way', detail: '', tone: 'going' },
      { platform: 'telegram', waitedMs: 20, workedMs: 45, outcome: 'delivered after 75 ms', detail: '#42', tone: 'good' },
    ]);
  });

  it('is the same in whatever order the steps come', () => {
    const [one, two] = [delivered('cometchat', 1_050), delivered('telegram', 1_060)];
    expect(pathOf(one, two, routed)).toEqual(pathOf(routed, one, two));
    expect(pathOf(routed, two, one)).toEqual(pathOf(routed, one, two));
  });

  it('shows a delivery that waits, and how it ends', () => {
    const waiting = delivered('telegram', 1_040, { step: 'waiting', reason: 'rate limited for 3 s', messages: [] });
    expect(pathOf(routed, waiting)?.branches[1]).toMatchObject({
      tone: 'warn',
      outcome: 'waiting to be tried again',
      detail: 'rate limited for 3 s',
    });
    const later = delivered('telegram', 4_100, { startedAt: 4_050, attempt: 2 });
    expect(pathOf(routed, waiting, later)?.branches[1]).toMatchObject({
      tone: 'good',
      waitedMs: 3_040,
      workedMs: 50,
      outcome: 'delivered after 3.1 s, attempt 2',
    });
  });

  it('shows what was not carried, and why', () => {
    const dead = delivered('telegram', 1_040, { step: 'dead-lettered', reason: 'chat not found' });
    expect(pathOf(routed, dead)?.branches[1]).toMatchObject({ tone: 'bad', outcome: 'could not be delivered', detail: 'chat not found' });
    const dropped = delivered('telegram', 1_040, { step: 'dropped', reason: 'nothing to show' });
    expect(pathOf(routed, dropped)?.branches[1]).toMatchObject({ tone: 'warn', outcome: 'not carried', detail: 'nothing to show' });
    expect(pathOf({ ...base, step: 'dropped', at: 1_002, reason: 'our own message' })).toMatchObject({
      dropped: 'our own message',
      branches: [],
    });
  });

  it('shortens long ids', () => {
    expect(pathOf(routed, delivered('cometchat', 1_050, { messages: ['1574062712919425024', '8'] }))?.branches[0]?.detail).toBe(
      '#…19425024, #8',
    );
  });

  it('is the newest event’s; a late step of an older one changes nothing', () => {
    const newer = { ...routed, event: 'discord_8', eventKey: 'k8', receivedAt: 2_000, at: 2_005, routedAt: 2_005 };
    expect(pathOf(routed, newer)).toMatchObject({ event: 'discord_8', routedMs: 5 });
    expect(pathOf(routed, newer, delivered('telegram', 2_100))).toEqual(pathOf(newer));
  });

  it('never shows a time below nothing, whatever the clocks say', () => {
    const odd = delivered('telegram', 900, { routedAt: 950, startedAt: 940 });
    expect(pathOf(odd)).toMatchObject({ routedMs: 0, branches: [{ waitedMs: 0, workedMs: 0 }] });
  });
});

describe('words', () => {
  it.each<[number, string]>([
    [0, '0 ms'],
    [12.4, '12 ms'],
    [999, '999 ms'],
    [1_000, '1.0 s'],
    [59_900, '59.9 s'],
    [120_000, '2 min'],
  ])('%d ms', (ms, text) => {
    expect(duration(ms)).toBe(text);
  });

  it('cuts between letters', () => {
    expect(short('  one\n two ', 20)).toBe('one two');
    expect(short('👍👍👍👍', 3)).toBe('👍👍…');
    expect(short('abc', 3)).toBe('abc');
  });
});
