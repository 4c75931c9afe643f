import type { Problem } from './problem.ts';

/** One variable of a `.env` file. */
export interface DotenvEntry {
  readonly name: string;
  readonly value: string;
  /** 1-based. */
  readonly line: number;
}
/** A `.env` file read: what was understood, and a problem for each line that was not. */
export interface Dotenv {
  readonly entries: readonly DotenvEntry[];
  readonly problems: readonly Problem[];
}

const assignment = /^\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=[ \t]*(.*)$/;

/**
 * Reads a `.env` file the way Docker Compose does: `#` begins a comment at the start of a line or after white space,
 * single quotes keep text as it is, double quotes know `\n` and may span lines. Not Node's own parser, as that gives
 * no lines, passes over what it does not understand, and cuts an unquoted password at its `#`.
 */
export function parseDotenv(text: string, file: string): Dotenv {
  const entries: DotenvEntry[] = [];
  const problems: Problem[] = [];
  const lines = text.replace(/^\uFEFF/, '').split(/\r?\n/);
  for (let index = 0; index < lines.length; index += 1) {
    const line = lines[index] ?? '';
    if (/^\s*(#|$)/.test(line)) continue;
    const [, name, rest] = assignment.exec(line) ?? [];
    if (name === undefined || rest === undefined) {
      problems.push(notAnAssignment(file, index + 1));
      continue;
    }
    const read = readValue(rest, lines, index);
    if (read === undefined) {
      problems.push(openQuote(file, index + 1, name));
      break;
    }
    entries.push({ name, value: read.value, line: index + 1 });
    index = read.lastLine;
  }
  return { entries, problems };
}

interface ReadValue {
  readonly value: string;
  readonly lastLine: number;
}

function readValue(rest: string, lines: readonly string[], index: number): ReadValue | undefined {
  const quote = rest[0];
  if (quote !== '"' && quote !== "'") return { value: rest.replace(/(^|\s)#.*$/, '').trim(), lastLine: index };
  let text = rest.slice(1);
  for (let last = index; last < lines.length; last += 1) {
    if (last > index) text += `\n${lines[last] ?? ''}`;
    const end = closing(text, quote);
    if (end >= 0) return { value: quote === '"' ? unescaped(text.slice(0, end)) : text.slice(0, end), lastLine: last };
  }
  return undefined;
}

function closing(text: string, quote: string): number {
  for (let index = 0; index < text.length; index += 1) {
    if (quote === '"' && text[index] === '\\') index += 1;
    else if (text[index] === quote) return index;
  }
  return -1;
}

const escapes: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' };
const unescaped = (text: string): string => text.replace(/\\([nrt"\\$])/g, (_, char: string) => escapes[char] ?? char);

const notAnAssignment = (file: string, line: number): Problem => ({
  file,
  line,
  message: 'this line is not NAME=value',
  fix: 'write it as NAME=value, or put # in front of a remark',
});
const openQuote = (file: string, line: number, variable: string): Problem => ({
  variable,
  file,
  line,
  message: `the quote that begins the value of ${variable} is never closed`,
  fix: 'add the closing quote; the lines below could not be read because of it',
});
