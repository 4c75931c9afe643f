import { expect, test, vi } from 'vitest';
import { createBrief } from './brief.ts';

const answers = (...values: readonly string[]) => {
  const ask = vi.fn<() => Promise<string>>();
  for (const value of values) ask.mockResolvedValueOnce(value);
  return ask;
};

test('is asked once, until it is forgotten', async () => {
  const brief = createBrief<string>({ forMs: 60_000, most: 10 });
  const ask = answers('one', 'two');
  expect([await brief.get('a', ask), await brief.get('a', ask)]).toEqual(['one', 'one']);
  brief.forget('a');
  expect(await brief.get('a', ask)).toBe('two');
});

test('asks again when the time is over', async () => {
  const brief = createBrief<string>({ forMs: 0, most: 10 });
  const ask = answers('one', 'two');
  expect([await brief.get('a', ask), await brief.get('a', ask)]).toEqual(['one', 'two']);
});

test('forgets the oldest for want of room', async () => {
  const brief = createBrief<string>({ forMs: 60_000, most: 2 });
  for (const key of ['a', 'b', 'c']) await brief.get(key, answers(key));
  expect([await brief.get('b', answers('new')), await brief.get('c', answers('new')), await brief.get('a', answers('new'))]).toEqual([
    'b',
    'c',
    'new',
  ]);
});

test('keeps no refusal', async () => {
  const brief = createBrief<string>({ forMs: 60_000, most: 2 });
  await expect(brief.get('a', () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(await brief.get('a', answers('yes'))).toBe('yes');
});
