import { describe, expect, it } from 'vitest';
import { decodeEntry, encodeEntry, entryBody, eventId, inboundMailbox, nextLife, readable } from './entry.ts';

describe('an entry', () => {
  it('carries its value behind its id', () => {
    const value = { text: 'two\nlines', n: 1 };
    const entry = encodeEntry('d1', value);
    expect(entry.startsWith('d1\n')).toBe(true);
    expect(decodeEntry(entry)).toEqual(value);
  });

  it.each(['', 'garbage', 'id\nnot json', 'id\n'])('that is not one (%j) decodes to nothing', (entry) => {
    expect(decodeEntry(entry)).toBeUndefined();
  });

  it('without an id is all body', () => expect(entryBody('garbage')).toBe('garbage'));

  it('has another id in each life', () => {
    expect(nextLife('abc')).toBe('abc.r2');
    expect(nextLife('abc.r2')).toBe('abc.r3');
    expect(nextLife('abc.r9')).toBe('abc.r10');
    expect(nextLife('')).toBe('.r2');
  });
});

describe('names', () => {
  it('keep platforms apart that use the same ids', () => {
    expect(inboundMailbox('telegram', '1')).not.toBe(inboundMailbox('discord', '1'));
    expect(eventId('a', 'b/c')).not.toBe(eventId('a/b', 'c'));
  });

  it('are short and on one line for people', () => {
    expect(readable('a\n b')).toBe('a b');
    expect(readable('x'.repeat(500))).toHaveLength(100);
    expect(readable('a\ud800').isWellFormed()).toBe(true);
  });
});
