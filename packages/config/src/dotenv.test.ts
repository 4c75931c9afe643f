import { describe, expect, it } from 'vitest';
import { parseDotenv } from './dotenv.ts';

const values = (text: string): Record<string, string> =>
  Object.fromEntries(parseDotenv(text, '.env').entries.map((entry) => [entry.name, entry.value]));

describe('parseDotenv', () => {
  it.each([
    ['A=1', '1'],
    ['A = 1 ', '1'],
    ['export A=1', '1'],
    ['  A=1', '1'],
    ['A=', ''],
    ['A= # nothing', ''],
    ['A=pass#word', 'pass#word'],
    ['A=word # remark', 'word'],
    ['A="a # b" # remark', 'a # b'],
    ["A='a\\nb'", 'a\\nb'],
    ['A="a\\nb"', 'a\nb'],
    ['A="say \\"hi\\""', 'say "hi"'],
    ['A="one\ntwo"', 'one\ntwo'],
    ['A=b=c', 'b=c'],
    ['\uFEFFA=1', '1'],
    ['A=1\r\nB=2\r\n', '1'],
    ['A=1\nA=2', '2'],
  ])('%j', (text, value) => expect(values(text)['A']).toBe(value));

  it('knows the line of each variable, past a value of several lines', () => {
    const { entries } = parseDotenv('# remark\n\nA="x\ny"\nB=2\n', '.env');
    expect(entries.map(({ name, line }) => [name, line])).toEqual([
      ['A', 3],
      ['B', 5],
    ]);
  });

  it('names the line that it does not understand, and reads on', () => {
    const { entries, problems } = parseDotenv('A=1\nTOKEN secret-value\nB=2', '.env');
    expect(problems).toEqual([expect.objectContaining({ file: '.env', line: 2, message: expect.stringContaining('not NAME=value') })]);
    expect(JSON.stringify(problems)).not.toContain('secret-value');
    expect(entries.map((entry) => entry.name)).toEqual(['A', 'B']);
  });

  it('names the quote that is never closed', () => {
    const { problems } = parseDotenv('A=1\nB="two\nC=3', '.env');
    expect(problems).toEqual([
      expect.objectContaining({ variable: 'B', line: 2, message: expect.stringMatching(/quote .* B is never closed/) }),
    ]);
  });
});
