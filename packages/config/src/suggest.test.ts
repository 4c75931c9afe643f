import { describe, expect, it } from 'vitest';
import { distance, meant, nearest } from './suggest.ts';

describe('distance', () => {
  it.each([
    ['', '', 0],
    ['abc', '', 3],
    ['', 'abc', 3],
    ['kitten', 'sitting', 3],
    ['TELEGRAM_BOT_TOKNE', 'TELEGRAM_BOT_TOKEN', 1],
    ['ab', 'ba', 1],
    ['abcdef', 'abcdef', 0],
  ])('%s → %s is %i', (a, b, edits) => {
    expect(distance(a, b)).toBe(edits);
    expect(distance(b, a)).toBe(edits);
  });
});

describe('suggestions', () => {
  const words = ['discord', 'telegram', 'cometchat'];
  it('finds what was meant, whatever the case', () => expect(meant('Telegarm', words)).toBe('telegram'));
  it('says nothing when nothing is near', () => expect(meant('slack', words)).toBeUndefined());
  it('has a nearest one all the same', () => expect(nearest('slack', words)).toBeDefined());
  it.each([
    ['TELEGRAM_TOKEN', 'TELEGRAM_BOT_TOKEN'],
    ['TELEGRAM_SECRET', 'TELEGRAM_WEBHOOK_SECRET'],
    ['TELEGRAM_MOED', 'TELEGRAM_MODE'],
  ])('takes %s for %s', (typed, word) =>
    expect(nearest(typed, ['TELEGRAM_MODE', 'TELEGRAM_BOT_TOKEN', 'TELEGRAM_WEBHOOK_SECRET'])).toBe(word),
  );
  it('has none of no words', () => expect(nearest('x', [])).toBeUndefined());
  it('is quick with a very long word', () => expect(meant('x'.repeat(1_000_000), words)).toBeUndefined());
});
