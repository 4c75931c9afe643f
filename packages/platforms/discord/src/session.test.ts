import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Progress, readCheckpoint, writeCheckpoint } from './session.ts';
import type { Session } from './session.ts';

const session: Session = { sessionId: 's', resumeURL: 'wss://gateway.test', sequence: 0, shardId: 0, shardCount: 1 };
const at = (sequence: number): Session => ({ ...session, sequence });

describe('the checkpoint', () => {
  test('is read as it was written', () => {
    const checkpoint = { guilds: 2, sessions: [at(5)], last: { 7: '9' } };
    expect(readCheckpoint(writeCheckpoint(checkpoint))).toEqual(checkpoint);
  });
  test.each([
    undefined,
    '',
    'x',
    '{',
    '{"v":2}',
    '[]',
    '{"v":1,"sessions":[{"sessionId":1}]}',
    '{"v":1,"sessions":[{"sessionId":"s","resumeURL":"http://x.test","sequence":1,"shardId":0,"shardCount":1}]}',
  ])('%j costs a new session and nothing else', (text) => void expect(readCheckpoint(text)).toEqual({ guilds: 0, sessions: [], last: {} }));
});

describe('progress', () => {
  test('begins where the last process was', () => void expect(new Progress(at(3)).safe?.sequence).toBe(3));

  test('moves over what is done and stops at what is not', () => {
    const progress = new Progress(undefined);
    const [one, two, three] = [progress.begin(at(1)), progress.begin(at(2)), progress.begin(at(3))];
    three();
    expect(progress.safe).toBeUndefined();
    one();
    expect(progress.safe?.sequence).toBe(1);
    two();
    expect(progress.safe?.sequence).toBe(3);
  });

  test('in whatever order events finish, it is the longest finished prefix', () => {
    const orders = fc
      .integer({ min: 1, max: 2_500 })
      .chain((count) => fc.shuffledSubarray([...Array(count).keys()], { minLength: 0 }).map((done) => ({ count, done })));
    fc.assert(
      fc.property(orders, ({ count, done }) => {
        const progress = new Progress(undefined);
        const finish = Array.from({ length: count }, (_, index) => progress.begin(at(index)));
        for (const index of done) finish[index]?.();
        const finished = new Set(done);
        const firstOpen = [...Array(count).keys()].find((index) => !finished.has(index)) ?? count;
        expect(progress.safe?.sequence).toBe(firstOpen === 0 ? undefined : firstOpen - 1);
      }),
      { numRuns: 50 },
    );
  });

  test('a session that is over stays the checkpoint until its last event is safe', () => {
    const progress = new Progress(undefined);
    const old = progress.begin(at(9));
    progress.begin({ ...at(1), sessionId: 'new' })();
    expect(progress.safe).toBeUndefined();
    old();
    expect(progress.safe).toMatchObject({ sessionId: 'new', sequence: 1 });
  });
});
